/* suppress_file.h: the suppression list as a file: CSV (RFC 4180, one entry a line) or JSON lines. Pure.
 *
 * Columns of CSV are address, scope, reason, time, expires, event, or those that a first line names; the keys of JSON are the
 * same. A time is 2026-11-24T04:00:00Z, a date alone, or seconds since 1970; expires may be "never". What is missing is
 * empty. The relay is told, and tells, lines of these six fields with tabs between them, times in seconds, 0 for never. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "err.h"

enum { SUPPRESS_FIELDS = 6, SUPPRESS_LINE_MAX = 4096 };
enum suppress_field {
	FIELD_ADDRESS,
	FIELD_SCOPE,
	FIELD_REASON,
	FIELD_TIME,
	FIELD_EXPIRES,
	FIELD_EVENT,
	FIELD_OTHER
};

struct suppress_reader {
	enum suppress_field columns[16];
	unsigned columns_n;
	bool begun;
	struct span scope, reason; /* of lines that have none */
};

enum suppress_line { LINE_ENTRY, LINE_NOTHING, LINE_BAD };

void suppress_reader_init(struct suppress_reader *, struct span scope, struct span reason);
/* Takes one line without its end and appends the relay's line to out. Empty lines and the heading are nothing; BAD: err says
 * why, and nothing is appended. */
enum suppress_line
suppress_line(struct suppress_reader *, struct span line, struct buf *out, struct err *);

/* One line of the relay as one of the file. */
void suppress_csv(struct span relay_line, struct buf *out);
void suppress_json(struct span relay_line, struct buf *out);
extern const char suppress_heading[];
