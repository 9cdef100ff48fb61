#include "suppress_file.h"
#include "err.h"
#include "event.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char suppress_heading[] = "address,scope,reason,time,expires,event\n";

static const char *const names[SUPPRESS_FIELDS] = { "address", "scope", "reason", "time", "expires",
	"event" };

void
suppress_reader_init(struct suppress_reader *r, struct span scope, struct span reason)
{
	*r = (struct suppress_reader){
		.columns_n = SUPPRESS_FIELDS, .scope = scope, .reason = reason
	};
	for (int i = 0; i < SUPPRESS_FIELDS; i++)
		r->columns[i] = (enum suppress_field)i;
}

static enum suppress_field
field_named(struct span name)
{
	for (int i = 0; i < SUPPRESS_FIELDS; i++)
		if (span_is_nocase(name, names[i]))
			return (enum suppress_field)i;
	return FIELD_OTHER;
}

/* ---- times ---- */

static int
number(struct span *s, size_t digits, char behind, int *out)
{
	uint64_t n;

	if (s->n < digits || span_u64(span_first(*s, digits), 9999, &n) == -1)
		return -1;
	*out = (int)n;
	*s = span_from(*s, digits);
	if (behind != '\0' && (s->n == 0 || s->p[0] != behind))
		return -1;
	*s = span_from(*s, behind != '\0');
	return 0;
}

/* Seconds since 1970; but 20270101 is a day, and 2027 neither. */
static int
plain_number(struct span s, uint64_t *out)
{
	return s.n > 4 && s.n != 8 ? span_u64(s, UINT32_MAX, out) : -1;
}

static int
day_parse(struct span *s, struct tm *tm)
{
	char between = s->n > 4 && s->p[4] == '-' ? '-' : '\0';
	int year, month;

	if (number(s, 4, between, &year) == -1 || number(s, 2, between, &month) == -1 ||
	    number(s, 2, '\0', &tm->tm_mday) == -1)
		return -1;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return 0;
}

/* timegm() makes a 14th of February of a 45th of January. */
static bool
is_real(const struct tm *said, time_t t)
{
	struct tm is;

	gmtime_r(&t, &is);
	return is.tm_year == said->tm_year && is.tm_mon == said->tm_mon &&
	       is.tm_mday == said->tm_mday && is.tm_hour == said->tm_hour &&
	       is.tm_min == said->tm_min && is.tm_sec == said->tm_sec;
}

/* 2026-11-24, 20261124, 2026-11-24T04:00:00Z, with a fraction or without; always UTC. */
static int
time_parse(struct span s, uint64_t *out)
{
	struct tm tm = { 0 }, said;
	time_t t;

	if (plain_number(s, out) == 0)
		return 0;
	if (day_parse(&s, &tm) == -1)
		return -1;
	if (s.n > 0 && (s.p[0] == 'T' || s.p[0] == ' ')) {
		s = span_from(s, 1);
		if (number(&s, 2, ':', &tm.tm_hour) == -1 || number(&s, 2, ':', &tm.tm_min) == -1 ||
		    number(&s, 2, '\0', &tm.tm_sec) == -1)
			return -1;
		if (s.n > 0 && s.p[0] == '.')
			for (s = span_from(s, 1); s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';)
				s = span_from(s, 1);
	}
	if (s.n > 0 && !span_is(s, "Z"))
		return -1;
	said = tm;
	t = timegm(&tm);
	if (t < 0 || (uint64_t)t > UINT32_MAX || !is_real(&said, t))
		return -1;
	*out = (uint64_t)t;
	return 0;
}

static int
time_put(struct span s, const char *name, struct buf *out, struct err *err)
{
	uint64_t t;

	if (s.n == 0)
		return 0;
	if (span_is_nocase(s, "never") && name == names[FIELD_EXPIRES])
		buf_byte(out, '0');
	else if (time_parse(s, &t) == -1)
		return err_set(err,
		    "%s \"%.*s\" is not a time: write 2026-11-24T04:00:00Z, a date%s", name,
		    SPAN(span_first(s, 40)),
		    name == names[FIELD_EXPIRES] ? ", never, or nothing" : ", or nothing");
	else
		buf_printf(out, "%" PRIu64, t);
	return 0;
}

/* ---- fields ---- */

static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ')
			return true;
	return false;
}

static enum suppress_line
relay_line(const struct span f[SUPPRESS_FIELDS], struct buf *out, struct err *err)
{
	size_t at = out->n;

	if (f[FIELD_ADDRESS].n == 0)
		return err_set(err, "no address in the line"), LINE_BAD;
	for (int i = 0; i < SUPPRESS_FIELDS; i++) {
		int r = 0;

		if (i > 0)
			buf_byte(out, '\t');
		if (has_control(f[i]))
			r = err_set(err, "control bytes in the %s", names[i]);
		else if (i == FIELD_TIME || i == FIELD_EXPIRES)
			r = time_put(f[i], names[i], out, err);
		else
			buf_span(out, f[i]);
		if (r == -1) {
			out->n = at;
			return LINE_BAD;
		}
	}
	buf_byte(out, '\n');
	return LINE_ENTRY;
}

/* The next field of a line; in quotes a comma is none, and "" is a quote. -1: the quotes are wrong. */
static int
csv_take(struct span *line, char **room, struct span *field)
{
	struct span s = span_trim(*line);
	char *to = *room;
	bool closed = false;
	size_t i;

	if (s.n == 0 || s.p[0] != '"') {
		*field = span_trim(span_cut(*line, ',', line));
		return 0;
	}
	for (i = 1; i < s.n && !closed; i++) {
		closed = s.p[i] == '"' && (++i >= s.n || s.p[i] != '"');
		if (!closed)
			*to++ = s.p[i];
	}
	if (!closed)
		return -1;
	i--; /* onto what is behind the quote */
	*field = span_of(*room, (size_t)(to - *room));
	*room = to;
	s = span_trim(span_from(s, i));
	if (s.n > 0 && s.p[0] != ',')
		return -1;
	*line = span_from(s, 1);
	return 0;
}

static void
heading(struct suppress_reader *r, struct span line)
{
	for (r->columns_n = 0; line.n > 0 && r->columns_n < 16; r->columns_n++) {
		struct span name = span_trim(span_cut(line, ',', &line));

		if (name.n > 1 && name.p[0] == '"')
			name = span_of(name.p + 1, name.n - 2);
		r->columns[r->columns_n] = field_named(name);
	}
}

static enum suppress_line
csv_line(struct suppress_reader *r, struct span line, struct buf *out, struct err *err)
{
	struct span f[FIELD_OTHER + 1] = { { NULL, 0 } };
	char *room = malloc(line.n + 1),
	     *at = room; /* of quoted fields, which are shorter than the line */
	enum suppress_line what = LINE_ENTRY;

	if (room == NULL)
		fatal("out of memory for a line");
	for (unsigned i = 0; i < r->columns_n && line.n > 0 && what == LINE_ENTRY; i++)
		if (csv_take(&line, &at, &f[r->columns[i]]) == -1) {
			err_set(err, "a quote is not closed, or something follows it");
			what = LINE_BAD;
		}
	if (f[FIELD_SCOPE].n == 0)
		f[FIELD_SCOPE] = r->scope;
	if (f[FIELD_REASON].n == 0)
		f[FIELD_REASON] = r->reason;
	if (what == LINE_ENTRY)
		what = relay_line(f, out, err);
	free(room);
	return what;
}

static enum suppress_line
json_line(struct suppress_reader *r, struct span line, struct buf *out, struct err *err)
{
	json_error_t why;
	json_t *o = json_loadb(line.p, line.n, 0, &why);
	struct span f[SUPPRESS_FIELDS];
	enum suppress_line what;
	char seconds[2][24];

	if (!json_is_object(o)) {
		err_set(err, "no JSON object: %s", o == NULL ? why.text : "something else");
		json_decref(o);
		return LINE_BAD;
	}
	for (int i = 0; i < SUPPRESS_FIELDS; i++) {
		const json_t *v = json_object_get(o, names[i]);

		f[i] = span_of(json_string_value(v), json_string_length(v));
		if (json_is_integer(v) && (i == FIELD_TIME || i == FIELD_EXPIRES)) {
			snprintf(seconds[i == FIELD_TIME], sizeof(seconds[0]),
			    "%010" JSON_INTEGER_FORMAT, json_integer_value(v));
			f[i] = span_str(seconds[i == FIELD_TIME]);
		}
	}
	if (f[FIELD_SCOPE].n == 0)
		f[FIELD_SCOPE] = r->scope;
	if (f[FIELD_REASON].n == 0)
		f[FIELD_REASON] = r->reason;
	what = relay_line(f, out, err);
	json_decref(o);
	return what;
}

enum suppress_line
suppress_line(struct suppress_reader *r, struct span line, struct buf *out, struct err *err)
{
	bool first = !r->begun;

	r->begun = true;
	if (first && span_starts(line, "\xef\xbb\xbf")) /* a mark of byte order */
		line = span_from(line, 3);
	line = span_trim(line);
	if (line.n == 0)
		return LINE_NOTHING;
	if (line.n > SUPPRESS_LINE_MAX)
		return err_set(err, "longer than %d bytes", SUPPRESS_LINE_MAX), LINE_BAD;
	if (line.p[0] == '{')
		return json_line(r, line, out, err);
	if (first && span_find(line, '@') < 0 && span_find_nocase(line, "address") >= 0) {
		heading(r, line);
		return LINE_NOTHING;
	}
	return csv_line(r, line, out, err);
}

/* ---- writing ---- */

static void
fields_of(struct span line, struct span f[SUPPRESS_FIELDS])
{
	for (int i = 0; i < SUPPRESS_FIELDS; i++)
		f[i] = span_cut(line, '\t', &line);
}

static struct span
time_shown(struct span seconds, bool expires, char text[32])
{
	uint64_t t;

	if (span_u64(seconds, UINT32_MAX, &t) == -1)
		return span_of(NULL, 0);
	if (expires && t == 0)
		return SPAN_LIT("never");
	{
		time_t when = (time_t)t;
		struct tm tm;

		gmtime_r(&when, &tm);
		return span_of(text, strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm));
	}
}

static void
csv_field(struct span s, struct buf *out)
{
	if (span_find(s, ',') < 0 && span_find(s, '"') < 0) {
		buf_span(out, s);
		return;
	}
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_byte(out, '"');
		buf_byte(out, s.p[i]);
	}
	buf_byte(out, '"');
}

void
suppress_csv(struct span relay, struct buf *out)
{
	struct span f[SUPPRESS_FIELDS];
	char text[32];

	fields_of(relay, f);
	for (int i = 0; i < SUPPRESS_FIELDS; i++) {
		if (i > 0)
			buf_byte(out, ',');
		if (i == FIELD_TIME || i == FIELD_EXPIRES)
			buf_span(out, time_shown(f[i], i == FIELD_EXPIRES, text));
		else
			csv_field(f[i], out);
	}
	buf_byte(out, '\n');
}

void
suppress_json(struct span relay, struct buf *out)
{
	struct span f[SUPPRESS_FIELDS];
	char text[32];

	fields_of(relay, f);
	for (int i = 0; i < SUPPRESS_FIELDS; i++) {
		buf_printf(out, "%s\"%s\":", i == 0 ? "{" : ",", names[i]);
		json_span(out, i == FIELD_TIME || i == FIELD_EXPIRES
				   ? time_shown(f[i], i == FIELD_EXPIRES, text)
				   : f[i]);
	}
	buf_str(out, "}\n");
}
