/* charset.h: text in any charset that mail comes in, made UTF-8.
 *
 * A closed list of charsets, each an iconv converter of the C library: its modules are files, so charsets_load() opens all
 * of them before the sandbox closes the file system, and they stay open. Without it a converter is opened at its first use,
 * where files can be reached. Time and memory are linear in the text: a byte becomes at most CHARSET_GROWTH bytes. */
#pragma once

#include "arena.h"

enum { CHARSET_GROWTH = 4 };

/* Opens every converter; how many there are not on this machine. Call it once, before sandbox_enter(). */
unsigned charsets_load(void);

/* s as UTF-8, always well-formed; what is no character becomes U+FFFD. ASCII and good UTF-8 are given back as they are,
 * not copied. name: as a charset parameter has it, "" none; an unknown name, none or a wrong one is guessed at: UTF-8 if
 * it is well-formed, ISO-2022-JP if it has its escapes, else windows-1252. */
struct span charset_to_utf8(struct span name, struct span s, struct arena *);
bool charset_is_utf8(struct span); /* well-formed (RFC 3629) */
