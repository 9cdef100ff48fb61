#include "report.h"
#include "buf.h"

#include "../table.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

enum { TEXT_BYTES = 1024 };

static const char *const words[] = { "pass", "warn", "fail" };

static void
printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || (unsigned char)*s > 126)
			*s = '?';
}

static void
json_print(enum verdict_line v, const char *check, const char *text, struct span record)
{
	json_t *row = json_pack("{ssssss}", "check", check, "result", words[v], "text", text);

	if (record.n > 0)
		json_object_set_new(row, "record", json_stringn_nocheck(record.p, record.n));
	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(row);
}

static void
text_line(enum verdict_line v, const char *check, const char *text, struct span record)
{
	printf("%s  %-9s ", words[v], check);
	text_print(span_str(text), stdout);
	putchar('\n');
	while (record.n > 0) {
		fputs("                ", stdout);
		text_print(span_cut(record, '\n', &record), stdout);
		putchar('\n');
	}
}

static void __attribute__((format(printf, 5, 0))) say(struct report *r, enum verdict_line v,
    const char *check, struct span record, const char *fmt, va_list ap)
{
	char text[TEXT_BYTES];

	vsnprintf(text, sizeof(text), fmt, ap);
	printable(text);
	r->counts[v]++;
	if (r->json)
		json_print(v, check, text, record);
	else
		text_line(v, check, text, record);
}

void
report(struct report *r, enum verdict_line v, const char *check, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, v, check, span_of(NULL, 0), fmt, ap);
	va_end(ap);
}

void
report_with(struct report *r, enum verdict_line v, const char *check, struct span record,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, v, check, record, fmt, ap);
	va_end(ap);
}

int
report_end(const struct report *r, struct span domain)
{
	if (!r->json)
		printf("%.*s: %u pass, %u warn, %u fail.\n", SPAN(domain), r->counts[CHECK_PASS],
		    r->counts[CHECK_WARN], r->counts[CHECK_FAIL]);
	return r->counts[CHECK_FAIL] > 0;
}
