/* word_charset.h: what the bytes of an encoded word (RFC 2047) say of ASCII, in the charset that it names. Pure.
 *
 * Nothing is converted. It is asked where programs find an "@", which in most charsets is the byte 0x40 and nothing else; in
 * some that byte is also half of a character, and in some others stand for "@". */
#pragma once

#include "buf.h"
#include "span.h"

/* Bytes that stand for part of a character, or for no character at all, once the text is seen as ASCII. */
enum { WORD_LETTER = 0xff };

/* Whether ASCII can be seen in it without converting it: those of which that is known, and names that mean none. Not UTF-7,
 * UTF-16, EBCDIC, escapes of programming languages. */
bool word_charset_is_plain(struct span charset);
/* The bytes of out from `from` on, as ASCII: both halves of a character that holds a 0x40 become WORD_LETTER, escape
 * sequences go. Only characters that every program reads as such: of what is none, some show the second byte. */
void word_charset_ascii(struct span charset, struct buf *out, size_t from);
