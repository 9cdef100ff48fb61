/* hex.h: hexadecimal digits of either case. Pure. */
#pragma once

#include "span.h"

#include <stdint.h>

/* 0 to 15; -1: no hex digit. */
int hex_digit(char c);
/* Two digits a byte. -1: not exactly 2 * n digits, and out holds nothing of use. */
int hex_bytes(struct span digits, uint8_t *out, size_t n);
