#include "message_file.h"
#include "hex.h"
#include "crc32c.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char first_format[] = "PH1 %08zx %08u %012" PRIu64 " %08x %08x\n";

static bool
plain(char c)
{
	return (unsigned char)c > ' ' && c != '%' && c != 127;
}

static void
escaped(struct buf *out, struct span s)
{
	size_t n = 0;

	while (n < s.n && plain(s.p[n]))
		n++;
	buf_add(out, s.p, n);
	for (; n < s.n; n++) {
		if (plain(s.p[n]))
			buf_byte(out, s.p[n]);
		else
			buf_printf(out, "%%%02X", (unsigned char)s.p[n]);
	}
}

static void
line(struct buf *out, const char *key, struct span value)
{
	if (value.n == 0)
		return;
	buf_str(out, key);
	buf_byte(out, ' ');
	escaped(out, value);
	buf_byte(out, '\n');
}

static void
facts_line(struct buf *out, const struct facts *f)
{
	buf_str(out, "facts ");
	buf_num(out, f->header_bytes);
	buf_byte(out, ' ');
	buf_num(out, f->longest_line);
	buf_byte(out, ' ');
	buf_byte(out, f->header_8bit ? 'h' : f->has_8bit ? '8' : '-');
	buf_byte(out, f->has_dots ? '.' : '-');
	for (unsigned i = 0; i < f->drops_n; i++)
		buf_printf(out, " %u+%u", f->drops[i].start, f->drops[i].length);
	buf_byte(out, '\n');
}

/* Links of HTML, of plain text, of both. */
static char
track_letter(const struct envelope *e)
{
	return e->track_clicks && e->track_text ? 'b'
	       : e->track_text                  ? 't'
	       : e->track_clicks                ? 'c'
						: '-';
}

static void
envelope_lines(struct buf *out, const struct envelope *e)
{
	char number[24];

	line(out, "id", span_str(id_text(e->id).c));
	snprintf(number, sizeof(number), "%" PRIu64, e->received_ms);
	line(out, "received", span_str(number));
	buf_printf(out, "flags %c%c%c%c%c%c%c\n", e->body_8bit ? '8' : '-', e->smtputf8 ? 'u' : '-',
	    track_letter(e), e->track_opens ? 'o' : '-',
	    e->is_notice ? 'n'
	    : e->is_bulk ? 'b'
			 : '-',
	    e->ret == RET_FULL   ? 'F'
	    : e->ret == RET_HDRS ? 'H'
				 : '-',
	    e->from_outside ? 'x' : '-');
	line(out, "tenant", e->tenant);
	line(out, "login", e->login);
	line(out, "client", e->client);
	line(out, "helo", e->helo);
	line(out, "listener", e->listener);
	line(out, "campaign", e->campaign);
	line(out, "stream", e->stream);
	line(out, "tags", e->tags);
	line(out, "from", e->from);
	line(out, "envid", e->envid);
}

static void
rcpt_line(struct buf *out, const struct recipient *r)
{
	char start[12] = { 'r', 'c', 'p', 't', ' ', r->mark == 0 ? MARK_OPEN : r->mark, ' ',
		(char)('0' + (r->notify & 15)), ' ' };

	buf_add(out, start, 9);
	escaped(out, r->orcpt);
	buf_byte(out, ' ');
	escaped(out, r->address);
	buf_byte(out, '\n');
}

enum { RCPT_MARK_AT = 5 };

/* Over all but the first line, with every mark as open: what may change in place does not count. */
static uint32_t
head_crc(struct span rest)
{
	uint32_t crc = 0;

	while (rest.n > 0) {
		ptrdiff_t end = span_find(rest, '\n');
		struct span l = span_first(rest, end < 0 ? rest.n : (size_t)end + 1);

		if (l.n > RCPT_MARK_AT && span_starts(l, "rcpt ")) {
			crc = crc32c(crc, SPAN_LIT("rcpt o"));
			crc = crc32c(crc, span_from(l, RCPT_MARK_AT + 1));
		} else
			crc = crc32c(crc, l);
		rest = span_from(rest, l.n);
	}
	return crc;
}

bool
message_file_takes(const struct envelope *e)
{
	/* A byte is three where it is escaped; facts and the first line are a few hundred. */
	return envelope_bytes(e) * 3 + 1024 <= MESSAGE_FILE_HEAD_MAX;
}

void
message_file_head(struct buf *out, const struct envelope *e, const struct facts *f)
{
	size_t start = out->n, head;
	char first[MESSAGE_FILE_FIRST + 2];

	buf_add(out, "                                                                ",
	    MESSAGE_FILE_FIRST);
	facts_line(out, f);
	envelope_lines(out, e);
	for (uint32_t i = 0; i < e->rcpts_n; i++)
		rcpt_line(out, &e->rcpts[i]);
	buf_byte(out, '\n');
	if (buf_over(out))
		return;
	head = out->n - start;
	snprintf(first, sizeof(first), first_format, head, e->rcpts_n, f->size_bytes, f->crc32c,
	    head_crc(span_from(span_of(out->p + start, head), MESSAGE_FILE_FIRST)));
	memcpy(out->p + start, first, MESSAGE_FILE_FIRST);
}

/* ---- reading ---- */

static int
hex(struct span s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);

		if (d == -1)
			return -1;
		v = v << 4 | (unsigned)d;
	}
	*out = v;
	return s.n > 0 && s.n <= 16 ? 0 : -1;
}

static int
first_parse(struct span s, struct message_file *f, uint32_t *crc_of_head)
{
	struct span rest = span_first(s, MESSAGE_FILE_FIRST - 1), word[6];
	uint64_t head, rcpts, size, crc, head_sum;

	if (s.n < MESSAGE_FILE_FIRST || s.p[MESSAGE_FILE_FIRST - 1] != '\n')
		return -1;
	for (unsigned i = 0; i < 6; i++)
		word[i] = span_word(rest, &rest);
	if (!span_is(word[0], "PH1") || hex(word[1], &head) == -1 ||
	    span_u64(word[2], ENVELOPE_RCPTS_MAX, &rcpts) == -1 ||
	    span_u64(word[3], UINT64_MAX / 16, &size) == -1 || hex(word[4], &crc) == -1 ||
	    hex(word[5], &head_sum) == -1)
		return -1;
	if (head <= MESSAGE_FILE_FIRST || head > MESSAGE_FILE_HEAD_MAX)
		return -1;
	*f = (struct message_file){ .head_bytes = head,
		.size_bytes = size,
		.crc32c = (uint32_t)crc,
		.rcpts_n = (uint32_t)rcpts };
	*crc_of_head = (uint32_t)head_sum;
	return 0;
}

int
message_file_first(struct span s, struct message_file *f)
{
	uint32_t crc;

	return first_parse(s, f, &crc);
}

static struct span
unescaped(struct span s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		uint64_t v;

		if (s.p[i] == '%' && hex(span_first(span_from(s, i + 1), 2), &v) == 0) {
			out[n++] = (char)v;
			i += 2;
		} else
			out[n++] = s.p[i];
	}
	return span_of(out, n);
}

static int
facts_parse(struct span rest, struct facts *f)
{
	struct span flags;
	uint64_t header, longest, start, length;

	if (span_u64(span_word(rest, &rest), UINT32_MAX, &header) == -1 ||
	    span_u64(span_word(rest, &rest), UINT32_MAX, &longest) == -1)
		return -1;
	f->header_bytes = (uint32_t)header;
	f->longest_line = (uint32_t)longest;
	flags = span_word(rest, &rest);
	f->header_8bit = flags.n == 2 && flags.p[0] == 'h';
	f->has_8bit = f->header_8bit || (flags.n == 2 && flags.p[0] == '8');
	f->has_dots = flags.n == 2 && flags.p[1] == '.';
	for (struct span w = span_word(rest, &rest); w.n > 0; w = span_word(rest, &rest)) {
		struct span tail, head = span_cut(w, '+', &tail);

		if (f->drops_n == FACTS_DROPS_MAX || span_u64(head, UINT32_MAX, &start) == -1 ||
		    span_u64(tail, UINT32_MAX, &length) == -1)
			return -1;
		f->drops[f->drops_n++] = (struct facts_drop){ (uint32_t)start, (uint32_t)length };
	}
	return 0;
}

static void
flags_parse(struct span s, struct envelope *e)
{
	if (s.n < 6)
		return;
	e->body_8bit = s.p[0] == '8';
	e->smtputf8 = s.p[1] == 'u';
	e->track_clicks = s.p[2] == 'c' || s.p[2] == 'b';
	e->track_text = s.p[2] == 't' || s.p[2] == 'b';
	e->track_opens = s.p[3] == 'o';
	e->is_notice = s.p[4] == 'n';
	e->is_bulk = s.p[4] == 'b';
	e->from_outside = s.n > 6 && s.p[6] == 'x'; /* files of before have six */
	e->ret = s.p[5] == 'F' ? RET_FULL : s.p[5] == 'H' ? RET_HDRS : RET_UNSET;
}

/* "M notify orcpt address": the third may be empty, so the spaces are counted, not skipped. */
static int
rcpt_parse(struct span s, struct recipient *r, struct arena *a)
{
	struct span mark = span_cut(s, ' ', &s), notify = span_cut(s, ' ', &s),
		    orcpt = span_cut(s, ' ', &s);

	if (mark.n != 1 || notify.n != 1 || notify.p[0] < '0' || notify.p[0] > '0' + 15)
		return -1;
	if (mark.p[0] != MARK_OPEN && mark.p[0] != MARK_DONE && mark.p[0] != MARK_FAILED &&
	    mark.p[0] != MARK_DROPPED)
		return -1;
	r->mark = mark.p[0];
	r->notify = (uint8_t)(notify.p[0] - '0');
	r->orcpt = unescaped(orcpt, a);
	r->address = unescaped(s, a);
	return 0;
}

static int
line_parse(struct span l, struct envelope *e, struct facts *f, uint32_t *rcpts, struct arena *a)
{
	struct span value, key = span_cut(l, ' ', &value);
	struct {
		const char *name;
		struct span *to;
	} texts[] = { { "tenant", &e->tenant }, { "login", &e->login }, { "client", &e->client },
		{ "helo", &e->helo }, { "listener", &e->listener }, { "campaign", &e->campaign },
		{ "stream", &e->stream }, { "tags", &e->tags }, { "from", &e->from },
		{ "envid", &e->envid } };

	if (span_is(key, "rcpt"))
		return *rcpts < e->rcpts_n ? rcpt_parse(value, &e->rcpts[(*rcpts)++], a) : -1;
	if (span_is(key, "facts"))
		return facts_parse(value, f);
	if (span_is(key, "id"))
		return id_parse(value, &e->id);
	if (span_is(key, "received"))
		return span_u64(value, UINT64_MAX, &e->received_ms);
	if (span_is(key, "flags"))
		flags_parse(value, e);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (span_is(key, texts[i].name))
			*texts[i].to = unescaped(value, a);
	return 0;
}

int
message_file_parse(
    struct span head, struct envelope *e, struct facts *f, struct arena *a, struct err *err)
{
	struct message_file file;
	struct span rest;
	uint32_t crc, rcpts = 0;

	if (first_parse(head, &file, &crc) == -1 || file.head_bytes != head.n)
		return err_set(err, "its first line is damaged");
	rest = span_from(head, MESSAGE_FILE_FIRST);
	if (head_crc(rest) != crc)
		return err_set(err, "its head does not match its checksum");
	*e = (struct envelope){ .rcpts_n = file.rcpts_n,
		.rcpts = arena_alloc(a, sizeof(*e->rcpts) * file.rcpts_n) };
	*f = (struct facts){ .size_bytes = file.size_bytes, .crc32c = file.crc32c };
	while (rest.n > 1)
		if (line_parse(span_cut(rest, '\n', &rest), e, f, &rcpts, a) == -1)
			return err_set(err, "a line of its head is damaged");
	return rcpts == e->rcpts_n ? 0 : err_set(err, "it names fewer recipients than it says");
}

static uint32_t
rcpt_lines(struct span rest)
{
	uint32_t n = 0;

	while (rest.n > 0 && n < ENVELOPE_RCPTS_MAX) {
		struct span l = span_cut(rest, '\n', &rest);

		if (l.n == 0)
			break;
		n += span_starts(l, "rcpt ");
	}
	return n;
}

void
message_file_salvage(struct span head, struct envelope *e, struct arena *a)
{
	uint32_t most = rcpt_lines(head), rcpts = 0;
	struct span rest = head;
	struct facts ignored = { 0 };
	struct id id = e->id;

	*e = (struct envelope){ .rcpts_n = most,
		.rcpts = arena_alloc(a, sizeof(*e->rcpts) * (most + 1)) };
	while (rest.n > 0) {
		struct span l = span_cut(rest, '\n', &rest);
		uint32_t before = rcpts;

		if (l.n == 0)
			break;
		if (line_parse(l, e, &ignored, &rcpts, a) == -1 && rcpts > before)
			rcpts--;
	}
	e->rcpts_n = rcpts;
	e->id = id; /* the file's name says so */
}

bool
message_file_head_is_good(struct span head)
{
	struct message_file f;
	uint32_t crc;

	return first_parse(head, &f, &crc) == 0 && f.head_bytes == head.n &&
	       head_crc(span_from(head, MESSAGE_FILE_FIRST)) == crc;
}

uint32_t
message_file_marks(struct span head, uint32_t *at, uint32_t max)
{
	struct span rest = span_from(head, MESSAGE_FILE_FIRST);
	uint32_t n = 0;

	while (rest.n > 0) {
		ptrdiff_t end = span_find(rest, '\n');

		if (span_starts(rest, "rcpt ")) {
			if (n < max)
				at[n] = (uint32_t)(rest.p - head.p) + RCPT_MARK_AT;
			n++;
		}
		rest = span_from(rest, end < 0 ? rest.n : (size_t)end + 1);
	}
	return n;
}
