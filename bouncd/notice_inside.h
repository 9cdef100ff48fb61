/* notice_inside.h: what the files of the notice share: notice.c (the message), notice_fields.c (for a machine),
 * notice_text.c (for a person), notice_value.c (values made harmless). */
#pragma once

#include "notice.h"

/* One line's worth of a value from outside: no control byte, nothing that is no UTF-8, cut at some hundred bytes; where
 * utf8 is false all of it ASCII. */
void notice_value(struct buf *, struct span, bool utf8);
/* "Name: Tue, 14 Nov 2023 22:15:00 +0000" CRLF; nothing with 0. */
void notice_date_field(struct buf *, const char *name, uint64_t when_s);
void notice_date(struct buf *, uint64_t when_s);
/* An address as a person knows it: a domain in A-labels in its own letters. Lives in the arena, or is the address. */
struct span notice_address_shown(struct span address, struct arena *);
/* A field of the original's header on one line, as it stands there; empty: it has none. Lives in the arena. */
struct span notice_original_field(const struct notice_original *, const char *name, struct arena *);

/* The fields of message/delivery-status. utf8: message/global-delivery-status. */
void notice_fields(const struct notice *, bool utf8, struct buf *out);
/* The paragraphs, in UTF-8. */
void notice_text(const struct notice *, struct buf *out);
/* A Subject with its encoded words in UTF-8 and US-ASCII read; others stay as they are. */
struct span notice_subject_read(struct span, struct arena *);
