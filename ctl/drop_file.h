/* drop_file.h: one message that waits for the relay, as a file: lines that say to whom, an empty line, the message. Pure.
 *
 *	posthouse-drop 1
 *	from ADDRESS            (from alone: the null sender)
 *	to ADDRESS              (a line each)
 *	notify, ret, envid      (what sendmail -N, -R, -V gave, where they did)
 *
 *	the message, with CRLF line ends */
#pragma once

#include "arena.h"
#include "buf.h"
#include "submit.h"

/* The lines and the empty one, for the recipients from `first` on. No value may hold a control byte. */
void drop_head(const struct submit *, size_t first, struct buf *out);
/* What stands in a file; the spans of job look into text, its lists lie in the arena. -1: it is not such a file. */
int drop_parse(struct span text, struct arena *, struct submit *job, struct err *);
