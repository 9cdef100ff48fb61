/* time_text.h: a time as logs and events have it, 2026-11-23T10:04:07.512Z (RFC 3339, UTC). */
#pragma once

#include <stdint.h>

void time_text(uint64_t time_ms, char out[32]);
