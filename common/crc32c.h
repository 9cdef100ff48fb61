/* crc32c.h: the Castagnoli checksum of journal records and messages (RFC 3720 B.4). Uses SSE 4.2 where there is one. */
#pragma once

#include "span.h"

/* crc: 0 at the beginning, then what the last call returned. */
uint32_t crc32c(uint32_t crc, struct span);
