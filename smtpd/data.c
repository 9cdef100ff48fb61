#include "data.h"
#include "crc32c.h"

#include <string.h>

void
data_init(
    struct data *d, const struct data_limits *limits, size_t out_max, data_on_header *fn, void *ctx)
{
	*d = (struct data){ .limits = *limits,
		.on_header = fn,
		.ctx = ctx,
		.after_crlf = true,
		.in_header = true };
	buf_init(&d->out, out_max);
}

void
data_free(struct data *d)
{
	buf_free(&d->out);
}

static void
broken(struct data *d, enum data_fault fault)
{
	if (d->fault == DATA_FINE)
		d->fault = fault;
}

/* Nothing of a faulty content is kept. */
static void
keep(struct data *d, const char *p, size_t n)
{
	if (d->fault != DATA_FINE)
		return;
	buf_add(&d->out, p, n);
	d->facts.size_bytes += n;
	if (buf_over(&d->out) || d->facts.size_bytes > d->limits.max_bytes)
		broken(d, DATA_SIZE);
}

void
data_add(struct data *d, struct span s)
{
	d->limits.max_bytes += s.n;
	d->limits.header_bytes += (uint32_t)s.n;
	keep(d, s.p, s.n);
}

static bool
any_8bit(const char *p, size_t n)
{
	uint64_t word, seen = 0;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		seen |= word;
	}
	for (; n > 0; p++, n--)
		seen |= (uint8_t)*p & 0x80;
	return (seen & 0x8080808080808080u) != 0;
}

static void
header_ended(struct data *d)
{
	d->in_header = false;
	d->facts.header_8bit = d->facts.has_8bit;
	if (d->fault == DATA_FINE)
		d->on_header(d->ctx, d, buf_all(&d->out));
}

/* RFC 5322 2.2 and 2.3 know no NUL: programs written in C stop reading there, others do not. Each becomes a space. */
static void
keep_without_nul(struct data *d, const char *p, size_t n)
{
	size_t from = d->out.n;

	if (!d->limits.nul_to_space)
		broken(d, DATA_NUL);
	keep(d, p, n);
	for (size_t i = from; i < d->out.n; i++)
		if (d->out.p[i] == '\0')
			d->out.p[i] = ' ';
}

/* Part of a line, without its end. */
static void
text(struct data *d, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (d->line_bytes == 0 && p[0] == '.')
		d->facts.has_dots = true;
	d->begun = true;
	d->line_bytes += n;
	if (d->line_bytes > d->limits.line_bytes)
		broken(d, DATA_LINE);
	if (!d->facts.has_8bit)
		d->facts.has_8bit = any_8bit(p, n);
	if (memchr(p, '\0', n) == NULL)
		keep(d, p, n);
	else
		keep_without_nul(d, p, n);
	if (d->in_header && d->facts.size_bytes > d->limits.header_bytes)
		broken(d, DATA_HEADER);
}

static void
line_end(struct data *d, bool crlf)
{
	bool empty_line = d->in_header && d->line_bytes == 0;

	if (!crlf && !d->limits.repair)
		broken(d, DATA_BARE);
	if (empty_line)
		header_ended(d);
	keep(d, "\r\n", 2);
	if (empty_line)
		d->facts.header_bytes = (uint32_t)d->facts.size_bytes;
	if (d->line_bytes > d->facts.longest_line)
		d->facts.longest_line = (uint32_t)d->line_bytes;
	d->line_bytes = 0;
	d->begun = false;
	d->after_crlf = crlf;
}

enum dot { DOT_NONE, DOT_STUFFED, DOT_END, DOT_UNCLEAR };

/* What a dot at the beginning of a line means. A lone one behind a bare line end is content. */
static enum dot
dot_at_front(const struct data *d, struct span in)
{
	if (in.p[0] != '.')
		return DOT_NONE;
	if (in.n == 1 || (in.n == 2 && in.p[1] == '\r'))
		return DOT_UNCLEAR;
	if (in.p[1] == '\r' && in.p[2] == '\n')
		return d->after_crlf ? DOT_END : DOT_NONE;
	return in.p[1] == '\n' || in.p[1] == '\r' ? DOT_NONE : DOT_STUFFED;
}

/* Up to and with the next line end, or all there is; returns what it took. */
static size_t
one_line(struct data *d, struct span in)
{
	const char *lf = memchr(in.p, '\n', in.n), *cr;
	size_t n = lf == NULL ? in.n : (size_t)(lf - in.p);
	bool ends_cr = n > 0 && in.p[n - 1] == '\r';
	size_t body = ends_cr ? n - 1 : n;

	cr = memchr(in.p, '\r', body);
	if (cr != NULL) {
		text(d, in.p, (size_t)(cr - in.p));
		line_end(d, false);
		return (size_t)(cr - in.p) + 1;
	}
	text(d, in.p, body);
	if (lf == NULL)
		return body;
	line_end(d, ends_cr);
	return n + 1;
}

/* Whole lines at the front of a clean body that need no look but for their ends: kept in one piece. */
static size_t
plain_lines(struct data *d, struct span in)
{
	size_t at = 0, longest = d->facts.longest_line;

	while (at < in.n && in.p[at] != '.') {
		const char *line = in.p + at, *lf = memchr(line, '\n', in.n - at);
		size_t n = lf == NULL ? 0 : (size_t)(lf - line);

		if (n == 0 || n - 1 > d->limits.line_bytes || memchr(line, '\r', n) != lf - 1)
			break;
		longest = n - 1 > longest ? n - 1 : longest;
		at += n + 1;
	}
	d->facts.longest_line = (uint32_t)longest;
	keep(d, in.p, at);
	return at;
}

static bool
is_in_plain_body(const struct data *d)
{
	return !d->in_header && !d->begun && d->after_crlf && d->fault == DATA_FINE;
}

/* Neither a NUL nor a byte of 8 bits in it. */
static bool
is_clean(struct span in)
{
	return memchr(in.p, '\0', in.n) == NULL && !any_8bit(in.p, in.n);
}

size_t
data_take(struct data *d, struct span in, bool *done)
{
	size_t all = in.n;
	bool clean = in.n > 0 && is_clean(in);

	*done = false;
	while (in.n > 0) {
		size_t n = clean && is_in_plain_body(d) ? plain_lines(d, in) : 0;
		enum dot dot;

		in = span_from(in, n);
		if (in.n == 0)
			break;
		dot = d->begun ? DOT_NONE : dot_at_front(d, in);

		if (dot == DOT_UNCLEAR)
			break;
		if (dot == DOT_END) {
			*done = true;
			return all - in.n + 3;
		}
		if (dot == DOT_STUFFED) {
			d->begun = true;
			in = span_from(in, 1);
			continue;
		}
		n = one_line(d, in);
		if (n == 0)
			break;
		in = span_from(in, n);
	}
	return all - in.n;
}

void
data_flushed(struct data *d)
{
	d->facts.crc32c = crc32c(d->facts.crc32c, buf_all(&d->out));
	buf_reset(&d->out);
}

void
data_finish(struct data *d)
{
	if (d->in_header) {
		header_ended(d);
		d->facts.header_bytes = (uint32_t)d->facts.size_bytes;
	}
	if (d->fault == DATA_FINE)
		d->facts.crc32c = crc32c(d->facts.crc32c, buf_all(&d->out));
}
