/* report.h: what posthouse check found, a line a finding, each with the record to paste where one is missing. */
#pragma once

#include "span.h"

enum verdict_line { CHECK_PASS, CHECK_WARN, CHECK_FAIL };

struct report {
	bool json;
	unsigned counts[3];
};

/* check: "spf"; the text is what is so, or wrong. May hold bytes of strangers. */
void report(struct report *, enum verdict_line, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same; record: lines of a zone file, or of posthouse.conf(5), that put it right. */
void report_with(struct report *, enum verdict_line, const char *check, struct span record,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The last line; the exit code. */
int report_end(const struct report *, struct span domain);
