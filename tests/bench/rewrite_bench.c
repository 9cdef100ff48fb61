/* bench-rewrite: what tracking costs a mail above its signature alone: make bench-rewrite.
 *
 * A mail of 50 KB of HTML is signed (rsa-2048), and then rewritten and signed, many times each; then growth: as many
 * links and as much HTML again must cost twice as much, no more. All in processor time of one core. */
#include "../../trackd/rewrite/rewrite.h"
#include "../../trackd/sign/dkim.h"
#include "err.h"
#include "header.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RUNS = 400, MAIL_BYTES = 50 * 1024, MAIL_LINKS = 40, OUT_MAX = 128 << 20 };

static struct charsets *charsets;
static struct token_sealer *sealer;
static struct dkim_key *key;
static struct buf out;

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* HTML as a newsletter has it: tables, styles, words, and links among them; of about that size. */
static void
make_mail(struct buf *mail, const char *encoding, size_t bytes, unsigned links)
{
	static const char row[] =
	    "<tr><td align=3D\"left\" style=3D\"padding:0 20px\">The quick brown fox =\r\n"
	    "jumps over the lazy dog &amp; runs away, says the news of today.</td>=\r\n</tr>\r\n";
	bool qp = strcmp(encoding, "quoted-printable") == 0;
	struct span text =
	    qp ? SPAN_LIT(row)
	       : SPAN_LIT("<tr><td align=\"left\" style=\"padding:0 20px\">The quick brown "
			  "fox jumps over the lazy dog &amp; runs away.</td></tr>\r\n");
	size_t rows = bytes / text.n, every = rows / links + 1;

	buf_printf(mail,
	    "From: News <news@shop.example>\r\nTo: a@b.example\r\nSubject: News\r\nDate: Tue, 24 "
	    "Nov 2026 "
	    "08:00:00 +0000\r\nMessage-ID: <1@shop.example>\r\nMIME-Version: 1.0\r\nContent-Type: "
	    "text/html; "
	    "charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n<html><body><table>\r\n",
	    encoding);
	for (size_t i = 0; i < rows; i++) {
		buf_span(mail, text);
		if (i % every == 0)
			buf_printf(mail,
			    "<a href%s\"https://shop.example/%s?p%s%zu&amp;l%s1\">look</a>\r\n",
			    qp ? "=3D" : "=", "sale/autumn", qp ? "=3D" : "=", i, qp ? "=3D" : "=");
	}
	buf_str(mail, "</table></body></html>\r\n");
}

static void
sign(struct span message, struct arena *arena)
{
	struct dkim_options options = { .algorithm = DKIM_RSA_SHA256,
		.domain = SPAN_LIT("shop.example"),
		.selector = SPAN_LIT("s1") };
	uint8_t hash[DKIM_DIGEST_BYTES];
	struct dkim_draft draft;
	struct buf signature;
	struct span body;
	struct err err;

	buf_init(&signature, DKIM_SIGNATURE_MAX);
	(void)header_block(message, &body);
	if (dkim_body_hash(DKIM_RELAXED, body, hash, &err) == -1 ||
	    dkim_prepare(&options, message, hash, arena, &draft, &err) == -1 ||
	    dkim_key_sign(key, draft.digest, &signature, &err) == -1)
		fatal("%s", err.text);
	buf_free(&signature);
}

static unsigned
rewrite(struct span message, struct arena *arena)
{
	struct rewrite_options options = { .rules = { .clicks = true,
					       .opens = true,
					       .base = SPAN_LIT("https://t.shop.example/"),
					       .charsets = charsets } };
	struct rewrite_recipient to = { .recipient = 1 };
	struct rewrite_plan plan;

	buf_reset(&out);
	rewrite_plan(&options, message, arena, &plan);
	rewrite_render(&plan, sealer, &to, &out);
	must(!buf_over(&out));
	return plan.links;
}

enum work { SIGN, REWRITE, BOTH };

/* Milliseconds of a core for one message. */
static double
cost(struct span mail, enum work work, unsigned runs)
{
	double start = cpu_ms();

	for (unsigned i = 0; i < runs; i++) {
		struct arena *arena = arena_new(0);

		if (work != SIGN)
			rewrite(mail, arena);
		if (work != REWRITE)
			sign(work == SIGN ? mail : buf_all(&out), arena);
		arena_free(arena);
	}
	return (cpu_ms() - start) / runs;
}

static void
compare(const char *encoding)
{
	struct buf mail;
	double bare, both;

	buf_init(&mail, 1 << 20);
	make_mail(&mail, encoding, MAIL_BYTES, MAIL_LINKS);
	cost(buf_all(&mail), BOTH, RUNS / 10);
	bare = cost(buf_all(&mail), SIGN, RUNS);
	both = cost(buf_all(&mail), BOTH, RUNS);
	printf("%-18s %7zu %6d %9.3f %9.3f %9.3f %6.2f\n", encoding, mail.n, MAIL_LINKS, bare, both,
	    both - bare, both / bare);
	buf_free(&mail);
}

static void
growth(const char *what, size_t bytes, unsigned links)
{
	struct buf mail;
	double once, twice;

	buf_init(&mail, OUT_MAX);
	make_mail(&mail, "8bit", bytes, links);
	once = cost(buf_all(&mail), REWRITE, 3);
	buf_reset(&mail);
	make_mail(&mail, "8bit", 2 * bytes, 2 * links);
	twice = cost(buf_all(&mail), REWRITE, 3);
	printf("%-38s %9.2f %9.2f %6.2f\n", what, once, twice, twice / once);
	buf_free(&mail);
}

int
main(void)
{
	struct token_key token;
	struct err err;

	charsets = charsets_open();
	key = dkim_key_new(DKIM_RSA_SHA256, &err);
	if (key == NULL || token_key_derive((const uint8_t[TOKEN_MASTER_BYTES]){ 1 }, 0,
			       SPAN_LIT("shop"), &token, &err) == -1)
		fatal("%s", err.text);
	sealer = token_sealer_new(&token);
	buf_init(&out, OUT_MAX);
	puts("ENCODING             BYTES  LINKS   SIGN MS   BOTH MS  ABOVE MS  RATIO");
	compare("quoted-printable");
	compare("8bit");
	puts("\nGROWTH                                   ONCE MS  TWICE MS  RATIO");
	growth("2 000 links in 300 KB", 300 << 10, 2000);
	growth("10 MB of HTML, 2 000 links", 10 << 20, 2000);
	return 0;
}
