#include "mail.h"
#include "err.h"
#include "sum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VARIANTS_MAX = 16, VARIANTS_BYTES = 32 << 20, HEAD_BYTES = 420, LINE_BYTES = 72 };

struct variant {
	struct buf body; /* stuffed */
	char sum[40];    /* "LENGTH SUM" of what it is unstuffed */
};

struct mail_maker {
	struct mail_style style;
	char date[64];
	unsigned variants;
	struct variant variant[VARIANTS_MAX];
};

/* A line of 72 letters; now and then one that begins with a dot, so that stuffing is put to the test. */
static void
text_line(struct buf *b, unsigned seed, unsigned line, size_t n)
{
	char text[LINE_BYTES];

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + (seed * 7 + line * 3 + i * (1 + line % 5)) % 26);
	if (line % 40 == 5)
		text[0] = '.';
	buf_add(b, text, n);
	buf_str(b, "\r\n");
}

static void
link_line(struct buf *b, unsigned seed, unsigned line)
{
	buf_printf(b,
	    "<p><a href=\"https://shop.example/offer/%u/%u?ref=mail\">offer %u</a></p>\r\n", seed,
	    line, line);
}

static void
body_plain(const struct mail_style *style, unsigned seed, struct buf *b)
{
	size_t want = style->size_bytes > HEAD_BYTES + 2 ? style->size_bytes - HEAD_BYTES : 2;

	if (style->html)
		buf_str(b, "<!doctype html>\r\n<html><body>\r\n");
	for (unsigned line = 0; b->n + LINE_BYTES + 2 <= want; line++)
		if (style->html && line % 10 == 0)
			link_line(b, seed, line);
		else
			text_line(b, seed, line, LINE_BYTES);
	if (b->n + 3 <= want)
		text_line(b, seed, 1, want - b->n - 2);
	if (style->html)
		buf_str(b, "</body></html>\r\n");
	else if (b->n == 0)
		buf_str(b, "\r\n");
}

static void
stuff(struct span plain, struct buf *out)
{
	while (plain.n > 0) {
		ptrdiff_t end = span_find(plain, '\n');
		struct span line = span_first(plain, end < 0 ? plain.n : (size_t)end + 1);

		if (span_starts(line, "."))
			buf_byte(out, '.');
		buf_span(out, line);
		plain = span_from(plain, line.n);
	}
}

static void
variant_make(struct variant *v, const struct mail_style *style, unsigned seed)
{
	struct buf plain;
	uint64_t sum;

	buf_init(&plain, style->size_bytes + 4096);
	buf_init(&v->body, 2 * style->size_bytes + 8192);
	body_plain(style, seed, &plain);
	must(!buf_over(&plain));
	sum = sum_of(buf_all(&plain));
	snprintf(v->sum, sizeof(v->sum), "%zu %016llx", plain.n, (unsigned long long)sum);
	stuff(buf_all(&plain), &v->body);
	buf_free(&plain);
}

struct mail_maker *
mail_maker_new(const struct mail_style *style)
{
	struct mail_maker *m = calloc(1, sizeof(*m));
	time_t now = time(NULL);
	struct tm tm;

	if (m == NULL)
		fatal("out of memory");
	m->style = *style;
	if (m->style.from == NULL)
		m->style.from = "bench@bench.example";
	if (m->style.domain == NULL)
		m->style.domain = "sink.example";
	gmtime_r(&now, &tm);
	strftime(m->date, sizeof(m->date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	m->variants = VARIANTS_MAX;
	while (m->variants > 2 && m->variants * style->size_bytes > VARIANTS_BYTES)
		m->variants--;
	for (unsigned i = 0; i < m->variants; i++)
		variant_make(&m->variant[i], &m->style, i);
	return m;
}

void
mail_maker_free(struct mail_maker *m)
{
	for (unsigned i = 0; i < m->variants; i++)
		buf_free(&m->variant[i].body);
	free(m);
}

const char *
mail_from(const struct mail_maker *m)
{
	return m->style.from;
}

void
mail_address(const struct mail_maker *m, const struct mail_job *job, unsigned k, struct buf *b)
{
	buf_printf(b, "%u-%llu-%u@", m->style.run, (unsigned long long)job->number, k);
	if (m->style.domains > 0)
		buf_printf(b, "d%llu.", (unsigned long long)((job->number + k) % m->style.domains));
	buf_str(b, m->style.domain);
}

void
mail_head(const struct mail_maker *m, const struct mail_job *job, struct buf *b)
{
	const struct variant *v = &m->variant[job->number % m->variants];
	unsigned long long number = job->number;

	buf_printf(b, "From: Bench <%s>\r\nTo: <", m->style.from);
	mail_address(m, job, 0, b);
	buf_printf(b, ">\r\nSubject: message %llu of run %u\r\nDate: %s\r\n", number, m->style.run,
	    m->date);
	buf_printf(b,
	    "Message-ID: <%u.%llu@bench.example>\r\nX-Bench: %u-%llu\r\nX-Bench-Sum: %s\r\n",
	    m->style.run, number, m->style.run, number, v->sum);
	if (m->style.headers != NULL)
		buf_str(b, m->style.headers);
	buf_printf(b,
	    "MIME-Version: 1.0\r\nContent-Type: text/%s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n",
	    m->style.html ? "html" : "plain");
}

struct span
mail_body(const struct mail_maker *m, uint64_t number)
{
	return buf_all(&m->variant[number % m->variants].body);
}
