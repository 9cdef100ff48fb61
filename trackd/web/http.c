#include "http.h"

#include <string.h>

static enum http_step
refused(struct http_request *r, unsigned status, const char *why)
{
	r->status = status;
	r->why = why;
	r->keep = false;
	return HTTP_REFUSED;
}

/* tchar of RFC 9110 5.6.2. */
static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
			return false;
	}
	return s.n > 0;
}

/* ---- the request line ---- */

/* http://host/path: the host is the target's, whatever the field says (RFC 9112 3.2.2). */
static struct span
absolute(struct span target, struct http_request *r)
{
	size_t n = 0;

	if (!span_starts_nocase(target, "http://") && !span_starts_nocase(target, "https://"))
		return target;
	target = span_from(target, (size_t)span_find_str(target, "//") + 2);
	while (n < target.n && strchr("/?#", target.p[n]) == NULL)
		n++;
	r->host = span_first(target, n);
	target = span_from(target, n);
	return target.n == 0 || target.p[0] != '/' ? SPAN_LIT("/") : target;
}

static enum http_step
read_target(struct span target, struct http_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < target.n; i++)
		if ((unsigned char)target.p[i] <= ' ' || target.p[i] == 0x7f)
			return refused(r, 400, "target");
	target = absolute(target, r);
	if (target.n == 0 || target.p[0] != '/')
		return refused(r, 400, "target");
	while (n < target.n && target.p[n] != '?' && target.p[n] != '#')
		n++;
	r->path = span_first(target, n);
	return HTTP_READY;
}

static bool
is_served(struct span method)
{
	return span_is(method, "GET") || span_is(method, "HEAD") || span_is(method, "POST");
}

static enum http_step
read_line(struct span line, struct http_request *r)
{
	struct span rest, target;

	r->method = span_cut(line, ' ', &rest);
	target = span_cut(rest, ' ', &rest);
	if (!is_token(r->method))
		return refused(r, 400, "method");
	if (rest.n != 8 || !span_starts(rest, "HTTP/") || rest.p[6] != '.' || rest.p[5] < '0' ||
	    rest.p[5] > '9' || rest.p[7] < '0' || rest.p[7] > '9')
		return refused(r, 400, "request line");
	r->http2 = span_is(r->method, "PRI") && span_is(rest, "HTTP/2.0");
	if (rest.p[5] != '1')
		return refused(r, 505, "version");
	r->minor = (unsigned)(rest.p[7] - '0');
	r->keep = r->minor > 0;
	if (!is_served(r->method))
		return refused(r, 405, "method");
	return read_target(target, r);
}

/* ---- the fields ---- */

static enum http_step
read_field(struct span line, struct http_request *r)
{
	struct http_field *f = &r->fields[r->fields_n];
	ptrdiff_t colon = span_find(line, ':');

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refused(r, 400, "folded line");
	if (colon < 0 || !is_token(span_first(line, (size_t)colon)))
		return refused(r, 400, "field name");
	if (r->fields_n == HTTP_FIELDS_MAX)
		return refused(r, 431, "number of fields");
	f->name = span_first(line, (size_t)colon);
	f->value = span_from(line, (size_t)colon + 1);
	for (size_t i = 0; i < f->value.n; i++)
		if (((unsigned char)f->value.p[i] < ' ' && f->value.p[i] != '\t') ||
		    f->value.p[i] == 0x7f)
			return refused(r, 400, "control byte");
	f->value = span_trim(f->value);
	r->fields_n++;
	return HTTP_READY;
}

static unsigned
field_count(const struct http_request *r, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->fields_n; i++)
		n += span_is_nocase(r->fields[i].name, name);
	return n;
}

/* Has some field of that name the word in its list? */
static bool
list_has(const struct http_request *r, const char *name, const char *word)
{
	for (size_t i = 0; i < r->fields_n; i++) {
		struct span list = r->fields[i].value;

		while (span_is_nocase(r->fields[i].name, name) && list.n > 0)
			if (span_is_nocase(span_trim(span_cut(list, ',', &list)), word))
				return true;
	}
	return false;
}

/* What may stand behind a host: nothing, or a colon and a port, which may be empty (RFC 3986 3.2.3). */
static bool
is_port(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (i == 0 ? s.p[i] != ':' : s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

bool
http_host_cut(struct span *host)
{
	ptrdiff_t colon = span_find(*host, ':'), end = span_find(*host, ']');
	bool literal = host->n > 0 && host->p[0] == '[';
	size_t n = literal ? (size_t)(end + 1) : colon < 0 ? host->n : (size_t)colon;

	if (literal != (end >= 0) || !is_port(span_from(*host, n)))
		return false;
	*host = span_first(*host, n);
	if (n > 1 && host->p[n - 1] == '.')
		host->n--;
	return true;
}

static enum http_step
read_host(struct http_request *r)
{
	struct span field = http_field(r, "Host"), host = r->host.n > 0 ? r->host : field;
	unsigned n = field_count(r, "Host");

	if (n > 1 || (n == 0 && r->minor > 0))
		return refused(r, 400, "host");
	for (size_t i = 0; i < host.n; i++)
		if ((unsigned char)host.p[i] >= 0x80 || strchr(" \t@/\\?#\"<>", host.p[i]) != NULL)
			return refused(r, 400, "host");
	r->host = host;
	return http_host_cut(&r->host) ? HTTP_READY : refused(r, 400, "host");
}

/* RFC 9112 6.3: what says how long the body is must say it once. */
static enum http_step
read_length(struct http_request *r)
{
	unsigned lengths = field_count(r, "Content-Length");
	unsigned codings = field_count(r, "Transfer-Encoding");
	struct span length = http_field(r, "Content-Length");

	if (lengths + codings > 1)
		return refused(r, 400, "two lengths");
	if (codings == 1 &&
	    (r->minor == 0 || !span_is_nocase(http_field(r, "Transfer-Encoding"), "chunked")))
		return refused(r, 400, "transfer coding");
	r->chunked = codings == 1;
	if (lengths == 0)
		return HTTP_READY;
	for (size_t i = 0; i < length.n; i++)
		if (length.p[i] < '0' || length.p[i] > '9')
			return refused(r, 400, "length");
	if (length.n == 0)
		return refused(r, 400, "length");
	if (span_u64(length, HTTP_BODY_MAX, &r->body_bytes) == -1)
		return refused(r, 413, "body");
	return HTTP_READY;
}

static enum http_step
read_meaning(struct http_request *r)
{
	if (read_host(r) != HTTP_READY || read_length(r) != HTTP_READY)
		return HTTP_REFUSED;
	if (r->minor == 0)
		r->keep = list_has(r, "Connection", "keep-alive");
	if (list_has(r, "Connection", "close"))
		r->keep = false;
	if (field_count(r, "Expect") == 0 || r->minor == 0)
		return HTTP_READY;
	r->expects = span_is_nocase(http_field(r, "Expect"), "100-continue");
	return r->expects ? HTTP_READY : refused(r, 417, "expectation");
}

/* ---- the head ---- */

/* The line without its CRLF; false: it does not end so, or has a CR inside. */
static bool
line_cut(struct span *head, struct span *line)
{
	ptrdiff_t lf = span_find(*head, '\n');

	if (lf < 1 || head->p[lf - 1] != '\r')
		return false;
	*line = span_first(*head, (size_t)lf - 1);
	*head = span_from(*head, (size_t)lf + 1);
	return span_find(*line, '\r') < 0;
}

static enum http_step
read_head(struct span head, struct http_request *r)
{
	struct span line;

	if (!line_cut(&head, &line))
		return refused(r, 400, "line end");
	if (read_line(line, r) != HTTP_READY)
		return HTTP_REFUSED;
	while (line_cut(&head, &line) && line.n > 0)
		if (read_field(line, r) != HTTP_READY)
			return HTTP_REFUSED;
	return head.n > 0 || line.n > 0 ? refused(r, 400, "line end") : read_meaning(r);
}

/* Bytes up to behind the empty line, 0: not there yet. A bare LF ends a line here too, so that it is seen and refused. */
static size_t
head_end(struct span in, size_t from)
{
	const char *end = in.p + in.n;

	for (const char *p = in.p + from; p < end; p++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			return 0;
		if (end - p > 1 && p[1] == '\n')
			return (size_t)(p + 2 - in.p);
		if (end - p > 2 && p[1] == '\r' && p[2] == '\n')
			return (size_t)(p + 3 - in.p);
	}
	return 0;
}

enum http_step
http_head(struct span in, struct http_scan *scan, struct http_request *r)
{
	size_t from = scan->seen < 2 ? 0 : scan->seen - 2, end;

	*r = (struct http_request){ .status = 0 };
	if (in.n == 0)
		return HTTP_MORE;
	if (scan->line == 0) {
		ptrdiff_t lf = span_find(span_from(in, scan->seen), '\n');

		scan->line = lf < 0 ? 0 : scan->seen + (size_t)lf + 1;
	}
	end = head_end(in, from);
	scan->seen = in.n;
	if (scan->line > HTTP_LINE_MAX || (scan->line == 0 && in.n > HTTP_LINE_MAX))
		return refused(r, 414, "request line");
	if (scan->line > 0 && (end > 0 ? end : in.n) - scan->line > HTTP_FIELDS_BYTES)
		return refused(r, 431, "fields");
	if (end == 0)
		return HTTP_MORE;
	r->head_bytes = end;
	return read_head(span_first(in, end), r);
}

size_t
http_empty_lines(struct span in)
{
	size_t n = 0;

	while (in.n - n >= 2 && in.p[n] == '\r' && in.p[n + 1] == '\n')
		n += 2;
	return n;
}

struct span
http_field(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->fields_n; i++)
		if (span_is_nocase(r->fields[i].name, name))
			return r->fields[i].value;
	return span_of(NULL, 0);
}

/* The end of the list, from an element's beginning on. */
static struct span
list_end(struct span list, size_t most)
{
	struct span end = span_from(list, list.n > most ? list.n - most : 0);

	if (end.n < list.n && list.p[list.n - end.n - 1] != ',')
		(void)span_cut(end, ',', &end);
	return end;
}

struct span
http_field_list(const struct http_request *r, const char *name, char *room, size_t room_bytes)
{
	size_t at = room_bytes;

	if (field_count(r, name) < 2)
		return http_field(r, name);
	for (size_t i = r->fields_n; i > 0 && at > 1; i--) {
		struct span v = r->fields[i - 1].value;

		if (!span_is_nocase(r->fields[i - 1].name, name))
			continue;
		if (at < room_bytes)
			room[--at] = ',';
		v = list_end(v, at);
		at -= v.n;
		if (v.n > 0)
			memcpy(room + at, v.p, v.n);
	}
	return span_of(room + at, room_bytes - at);
}
