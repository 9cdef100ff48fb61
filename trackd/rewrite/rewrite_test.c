#include "rewrite.h"
#include "mime.h"
#include "pixel.h"
#include "transfer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BASE  "https://t.example/"
#define HTML  "Content-Type: text/html\r\n\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
#define LINK  "<a href=\"https://a.example/?b&amp;c\">x</a>"

static struct charsets *charsets;
static struct token_sealer *sealer;

/* The message with each tracking link shown as {where it leads}, each pixel as {}. */
static void
rewrite(const struct rewrite_options *o, struct span message, struct buf *out)
{
	struct arena *arena = arena_new(0);
	struct rewrite_recipient to = { .recipient = 7 };
	struct rewrite_plan plan;

	rewrite_plan(o, message, arena, &plan);
	rewrite_render(&plan, sealer, &to, out);
	ck_assert_uint_le(out->n, plan.size_bytes);
	arena_free(arena);
}

static void
show(struct span text, struct buf *out)
{
	ptrdiff_t at;

	while ((at = span_find_str(text, BASE)) >= 0) {
		struct span url = span_from(text, (size_t)at), token;
		struct token_facts facts;
		enum token_kind kind;
		struct buf scratch;
		size_t n = strlen(BASE);

		while (n < url.n && memchr("\"' >", url.p[n], 4) == NULL)
			n++;
		buf_init(&scratch, 4096);
		buf_span(out, span_first(text, (size_t)at));
		ck_assert(pixel_token_of(span_first(url, n), SPAN_LIT(BASE), &kind, &token));
		ck_assert_int_eq(token_open(sealer, token, &scratch, &facts), 0);
		ck_assert(facts.kind == kind && facts.recipient == 7);
		buf_printf(out, "{%.*s}", SPAN(facts.url));
		buf_free(&scratch);
		text = span_from(url, n);
	}
	buf_span(out, text);
}

#define PIXEL "<img src=\"{}\" width=\"1\" height=\"1\" alt=\"\">"

static const struct {
	const char *rule, *in, *out; /* out NULL: unchanged */
} cases[] = {
	{ "link and pixel", HTML "<body>" LINK "</body>\r\n",
	    HTML "<body><a href=\"{https://a.example/?b&c}\">x</a>" PIXEL "</body>\r\n" },
	{ "unquoted, single quoted, area",
	    HTML "<a href=http://a.example/>1</a><area href='//b.example/'>",
	    HTML "<a href={http://a.example/}>1</a><area href='{https://b.example/}'>" PIXEL },
	{ "white space in a link", HTML "<a href=\" https://a.example/\r\nx y \">1</a>",
	    HTML "<a href=\"{https://a.example/x%20y}\">1</a>" PIXEL },
	{ "other elements, schemes, opt-outs",
	    HTML "<link href=https://a.example><a href=mailto:a@b>1</a><a href=https://a.example "
		 "data-track=off>2</a>"
		 "<a clicktracking=' O&#102;F ' href=https://a.example>3</a><a ses:no-track "
		 "href=https://a.example>4</a>",
	    HTML "<link href=https://a.example><a href=mailto:a@b>1</a><a href=https://a.example "
		 "data-track=off>2</a>"
		 "<a clicktracking=' O&#102;F ' href=https://a.example>3</a><a ses:no-track "
		 "href=https://a.example>4</a>" PIXEL },
	{ "Outlook's comments",
	    HTML "<!--[if mso]><v:rect href=\"https://a.example/\"><![endif]-->x",
	    HTML "<!--[if mso]><v:rect href=\"{https://a.example/}\"><![endif]-->x" PIXEL },
	{ "other comments", HTML "<!-- " LINK " -->x", HTML "<!-- " LINK " -->x" PIXEL },
	{ "excluded host", HTML "<a href=https://www.quiet.example/>1</a>",
	    HTML "<a href=https://www.quiet.example/>1</a>" PIXEL },
	{ "before </html>, before the last </body>", HTML "a</body>b</body></html>",
	    HTML "a</body>b" PIXEL "</body></html>" },
	{ "at the end, not behind its line end", HTML "a\r\n\r\n", HTML "a" PIXEL "\r\n\r\n" },
	{ "unclosed comment: links before it, no pixel", HTML LINK "<!-- ",
	    HTML "<a href=\"{https://a.example/?b&c}\">x</a><!-- " },
	{ "frameset", HTML "<frameset><frame></frameset>", NULL },
	{ "no frameset after text", HTML "a<frameset>", HTML "a<frameset>" PIXEL },
	{ "inside select", HTML "<select>", NULL },
	{ "text", "Content-Type: text/plain\r\n\r\n" LINK, NULL },
	{ "attachment", "Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n" LINK,
	    NULL },
	{ "with a file name", "Content-Type: text/html; name=x.html\r\n\r\n" LINK, NULL },
	{ "forwarded", "Content-Type: message/rfc822\r\n\r\n" HTML LINK, NULL },
	{ "signed",
	    "Content-Type: multipart/signed; boundary=B\r\n\r\n--B\r\n" HTML LINK "\r\n--B--\r\n",
	    NULL },
	{ "multipart never closed", MIXED "--B\r\n" HTML LINK "\r\n", NULL },
	{ "two types", "Content-Type: text/plain\r\n" HTML LINK, NULL },
	{ "empty", HTML "\r\n", NULL },
	{ "all but the part stays",
	    MIXED "pre\r\n--B \r\nX:  y\r\n" HTML LINK "\r\n--B\r\n\r\n" LINK "\r\n--B--\r\nepi",
	    MIXED "pre\r\n--B \r\nX:  y\r\n" HTML "<a href=\"{https://a.example/?b&c}\">x</a>" PIXEL
		  "\r\n--B\r\n\r\n" LINK "\r\n--B--\r\nepi" },
	{ "charset not known", "Content-Type: text/html; charset=x-none\r\n\r\n" LINK, NULL },
	{ "query in the document's charset",
	    "Content-Type: text/html; charset=koi8-r\r\n\r\n<a "
	    "href=\"http://a.example/\xc1?\xc1\">",
	    "Content-Type: text/html; charset=koi8-r\r\n\r\n<a "
	    "href=\"{http://a.example/%D0%B0?%C1}\">" PIXEL },
	{ "half a character looks like markup",
	    "Content-Type: text/html; charset=iso-2022-jp\r\n\r\n\033$B$<A\"$>\033(B" LINK,
	    "Content-Type: text/html; charset=iso-2022-jp\r\n\r\n\033$B$<A\"$>\033(B<a "
	    "href=\"{https://a.example/?b&c}\">x</a>" PIXEL },
	{ "base64 that is none",
	    "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" LINK, NULL },
};

static struct rewrite_options
options(void)
{
	static const struct span exclude[] = { { "quiet.example", 13 } };

	return (struct rewrite_options){ .rules = { .clicks = true,
					     .opens = true,
					     .base = SPAN_LIT(BASE),
					     .exclude = exclude,
					     .excludes = 1,
					     .charsets = charsets } };
}

START_TEST(rewrites)
{
	struct rewrite_options o = options();
	const char *want = cases[_i].out == NULL ? cases[_i].in : cases[_i].out;
	struct buf out, seen;

	buf_init(&out, 1 << 20);
	buf_init(&seen, 1 << 20);
	rewrite(&o, span_str(cases[_i].in), &out);
	show(buf_all(&out), &seen);
	ck_assert_msg(span_is(buf_all(&seen), want), "%s:\n%.*s\nnot\n%s", cases[_i].rule,
	    SPAN(buf_all(&seen)), want);
	buf_free(&out);
	buf_free(&seen);
}
END_TEST

#define QP    "Content-Transfer-Encoding: quoted-printable\r\n"
#define ALT   "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=B\r\n"
#define MOVED "<a href=\"{https://a.example/?b&c}\">x</a>"

/* Not as the RFCs have it, and rewritten. body: the HTML once decoded, links shown. kept: bytes of the message that stay. */
static const struct {
	const char *rule, *in, *body, *kept, *odd;
	const char *place; /* the oddity's: where this first stands */
} odd_cases[] = {
	{ "nothing in it is escaped", QP HTML LINK, MOVED PIXEL, QP HTML "<a href=3D\"", "escape",
	    "=\"https" },
	{ "a stray = far from the link", QP HTML "a=zb =\r\n=3Dc=\r\n4=\r\n" LINK "\r\nd=4",
	    "a=zb =c4" MOVED "\r\nd=4" PIXEL, QP HTML "a=zb =\r\n=3Dc=\r\n4=\r\n<a href=3D\"",
	    "escape", "=zb" },
	{ "a stray = before the link, unquoted", QP HTML "<a href=http://a.example/>x</a>\r\n=",
	    "<a href={http://a.example/}>x</a>" PIXEL "\r\n", QP HTML "<a href=3Dhttps:", "escape",
	    "=http:" },
	{ "half an escape where a line is broken anew",
	    QP HTML "<b title=3D\"0123456789 0123456789 0123456789 =3 =A\">" LINK "=4=\r\n1",
	    "<b title=\"0123456789 0123456789 0123456789 =3 =A\">" MOVED "=41" PIXEL, QP HTML,
	    "escape", "=3 =A" },
	{ "a multipart that says quoted-printable", ALT QP "\r\n--B\r\n" HTML LINK "\r\n--B--\r\n",
	    MOVED PIXEL, ALT QP "\r\n--B\r\n" HTML "<a href=\"", "multipart", "Content-Transfer" },
	{ "a multipart that says base64",
	    ALT "Content-Transfer-Encoding: base64\r\n\r\n--B\r\n" QP HTML LINK "\r\n--B--\r\n",
	    MOVED PIXEL,
	    ALT "Content-Transfer-Encoding: base64\r\n\r\n--B\r\n" QP HTML "<a href=3D",
	    "multipart", "Content-Transfer" },
};

static void
decoded_html(struct span message, struct arena *arena, struct buf *out)
{
	struct mime_part *p;

	ck_assert_int_eq(mime_parse(message, arena, &p, NULL), 0);
	while (p != NULL && !mime_type_is(p, "text/html"))
		p = mime_walk(p);
	ck_assert_ptr_nonnull(p);
	transfer_decode(p->transfer, p->body, out);
}

START_TEST(reads_as_mail_programs_do)
{
	struct rewrite_options o = options();
	struct arena *arena = arena_new(0);
	struct span in = span_str(odd_cases[_i].in);
	struct buf out, body, seen;
	struct rewrite_plan plan;

	buf_init(&out, 1 << 20);
	buf_init(&body, 1 << 20);
	buf_init(&seen, 1 << 20);
	rewrite(&o, in, &out);
	ck_assert_msg(span_starts(buf_all(&out), odd_cases[_i].kept), "%s:\n%.*s",
	    odd_cases[_i].rule, SPAN(buf_all(&out)));
	decoded_html(buf_all(&out), arena, &body);
	show(buf_all(&body), &seen);
	ck_assert_msg(span_is(buf_all(&seen), odd_cases[_i].body), "%s:\n%.*s\nnot\n%s",
	    odd_cases[_i].rule, SPAN(buf_all(&seen)), odd_cases[_i].body);
	rewrite_plan(&o, in, arena, &plan);
	ck_assert_ptr_nonnull(plan.oddities.first);
	ck_assert(!plan.oddities.first->left);
	ck_assert_uint_eq(oddity_place(&plan.oddities, plan.oddities.first),
	    (size_t)span_find_str(in, odd_cases[_i].place));
	ck_assert_ptr_nonnull(strstr(plan.oddities.first->what, odd_cases[_i].odd));
	buf_free(&out);
	buf_free(&body);
	buf_free(&seen);
	arena_free(arena);
}
END_TEST

/* Where a body is left alone for its form, the place is named. */
START_TEST(says_what_leaves_a_body_alone)
{
	static const struct {
		const char *in, *what;
		size_t at;
	} left[] = {
		{ MIXED "--B\r\n" HTML LINK "\r\n", "last boundary", 0 },
		{ "X: y\r\nContent-Transfer-Encoding: x-uue\r\n" HTML LINK, "encoding", 6 },
		{ "Content-Type: text/html; charset=x-none\r\n\r\n" LINK, "charset", 43 },
		{ "Content-Transfer-Encoding: base64\r\n" HTML LINK, "base64", 62 },
	};
	struct rewrite_options o = options();

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		struct arena *arena = arena_new(0);
		struct rewrite_plan plan;

		rewrite_plan(&o, span_str(left[i].in), arena, &plan);
		ck_assert_int_eq(plan.verdict, REWRITE_MALFORMED);
		ck_assert_ptr_nonnull(plan.oddities.first);
		ck_assert(plan.oddities.first->left);
		ck_assert_uint_eq(oddity_place(&plan.oddities, plan.oddities.first), left[i].at);
		ck_assert_ptr_nonnull(strstr(plan.oddities.first->what, left[i].what));
		arena_free(arena);
	}
}
END_TEST

/* The trap stands before the pixel and changes nothing else; without pixels there is none. */
START_TEST(trap_beside_the_pixel)
{
	struct rewrite_options o = options();
	struct buf out, seen;

	buf_init(&out, 1 << 20);
	buf_init(&seen, 1 << 20);
	o.rules.trap = true;
	rewrite(&o, SPAN_LIT(HTML "<body>" LINK "</body>\r\n"), &out);
	show(buf_all(&out), &seen);
	ck_assert(span_is(buf_all(&seen),
	    HTML "<body><a href=\"{https://a.example/?b&c}\">x</a>"
		 "<a href=\"{}\" rel=\"nofollow\" tabindex=\"-1\" aria-hidden=\"true\" "
		 "style=\"display:none\"></a>" PIXEL "</body>\r\n"));
	buf_reset(&out);
	o.rules.opens = false;
	rewrite(&o, SPAN_LIT(HTML "<body>x</body>\r\n"), &out);
	ck_assert(span_is(buf_all(&out), HTML "<body>x</body>\r\n"));
	buf_free(&out);
	buf_free(&seen);
}
END_TEST

/* What a line of the body becomes in each transfer encoding. */
START_TEST(keeps_the_transfer_encoding)
{
	static const char qp[] =
	    "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "<p>=c3=A9 long line that is left as it is  \r\n<a href=3D\"https:=\r\n"
	    "//a.example/\">x</a> and more text behind the link, up to the end of the "
	    "l=\r\nine</body>\r\n";
	struct rewrite_options o = options();
	struct buf out, body, seen;
	struct span rest;

	buf_init(&out, 1 << 20);
	buf_init(&body, 1 << 20);
	buf_init(&seen, 1 << 20);
	rewrite(&o, SPAN_LIT(qp), &out);
	for (rest = buf_all(&out); rest.n > 0;)
		ck_assert_uint_le(span_cut(rest, '\n', &rest).n, TRANSFER_LINE + 1);
	rest = span_from(buf_all(&out), (size_t)span_find_str(buf_all(&out), "\r\n\r\n") + 4);
	ck_assert(span_starts(rest, "<p>=c3=A9 long line that is left as it is  \r\n<a href=3D\""));
	ck_assert(transfer_decode_qp(rest, &body));
	show(buf_all(&body), &seen);
	ck_assert(
	    span_is(buf_all(&seen), "<p>\xc3\xa9 long line that is left as it is\r\n"
				    "<a href=\"{https://a.example/}\">x</a> and more text behind "
				    "the link, up to the end of the line" PIXEL "</body>\r\n"));
	buf_free(&out);
	buf_free(&body);
	buf_free(&seen);
}
END_TEST

/* The pixel comes before the first byte: what was a line of 76 octets is longer now. */
START_TEST(an_edit_at_the_very_beginning)
{
	static const char qp[] =
	    "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "</body><p>a line of quoted-printable that is as long as it may be, but no "
	    "lo=\r\nnger\r\n";
	struct rewrite_options o = options();
	struct buf out;

	buf_init(&out, 1 << 20);
	rewrite(&o, SPAN_LIT(qp), &out);
	for (struct span rest = buf_all(&out); rest.n > 0;)
		ck_assert_uint_le(span_cut(rest, '\n', &rest).n, TRANSFER_LINE + 1);
	buf_free(&out);
}
END_TEST

START_TEST(long_lines_become_quoted_printable)
{
	struct rewrite_options o = options();
	struct buf in, out;

	buf_init(&in, 4096);
	buf_init(&out, 1 << 20);
	buf_str(&in, "Content-Transfer-Encoding: 7bit\r\n" HTML);
	for (int i = 0; i < 22; i++)
		buf_str(&in, LINK);
	rewrite(&o, buf_all(&in), &out);
	ck_assert(span_starts(
	    buf_all(&out), "Content-Transfer-Encoding: quoted-printable\r\n" HTML "<a href=3D"));
	for (struct span rest = buf_all(&out); rest.n > 0;)
		ck_assert_uint_le(span_cut(rest, '\n', &rest).n, TRANSFER_LINE + 1);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

START_TEST(utf_16)
{
	static const char text[] = "<a href=\"http://a.example/\">\x4c\x4c</a>";
	struct rewrite_options o = options();
	struct buf in, out, decoded, ascii, seen;

	buf_init(&in, 4096);
	buf_init(&out, 1 << 20);
	buf_init(&decoded, 1 << 20);
	buf_init(&ascii, 1 << 20);
	buf_init(&seen, 1 << 20);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		buf_add(&decoded, (const char[]){ text[i], text[i] == 'L' ? 0x30 : 0 }, 2);
	buf_str(&in,
	    "Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	transfer_encode_base64(buf_all(&decoded), 60, &in);
	rewrite(&o, buf_all(&in), &out);
	buf_reset(&decoded);
	ck_assert(transfer_decode_base64(
	    span_from(buf_all(&out), (size_t)span_find_str(buf_all(&out), "\r\n\r\n") + 4),
	    &decoded));
	for (size_t i = 0; i < decoded.n; i += 2)
		buf_byte(&ascii, decoded.p[i]);
	show(buf_all(&ascii), &seen);
	ck_assert(span_is(buf_all(&seen), "<a href=\"{http://a.example/}\">LL</a>" PIXEL));
	buf_free(&in);
	buf_free(&out);
	buf_free(&decoded);
	buf_free(&ascii);
	buf_free(&seen);
}
END_TEST

START_TEST(mail_the_author_signed)
{
	static const char in[] =
	    "From: A <a@news.shop.example>\r\nDKIM-Signature: v=1; d=shop.example; b=\r\n" HTML
		LINK;
	struct rewrite_options o = options();
	struct arena *arena = arena_new(0);
	struct rewrite_plan plan;

	o.keep_signed = true;
	rewrite_plan(&o, SPAN_LIT(in), arena, &plan);
	ck_assert_int_eq(plan.verdict, REWRITE_SIGNED);
	rewrite_plan(&o,
	    SPAN_LIT(
		"From: a@shop.example\r\nDKIM-Signature: d=Mail.Shop.example; b=\r\n" HTML LINK),
	    arena, &plan);
	ck_assert_int_eq(plan.verdict, REWRITE_SIGNED);
	rewrite_plan(&o,
	    SPAN_LIT(
		"From: a@shop.example\r\nDKIM-Signature: d=othershop.example; b=\r\n" HTML LINK),
	    arena, &plan);
	ck_assert_int_eq(plan.verdict, REWRITE_CHANGED);
	o.keep_signed = false;
	rewrite_plan(&o, SPAN_LIT(in), arena, &plan);
	ck_assert_int_eq(plan.verdict, REWRITE_CHANGED);
	ck_assert_uint_eq(plan.links, 1);
	arena_free(arena);
}
END_TEST

static void
open_all(void)
{
	struct token_key key;

	charsets = charsets_open();
	token_key_derive((const uint8_t[TOKEN_MASTER_BYTES]){ 5 }, 0, SPAN_LIT("shop"), &key, NULL);
	sealer = token_sealer_new(&key);
}

static void
close_all(void)
{
	charsets_free(charsets);
	token_sealer_free(sealer);
}

int
main(void)
{
	Suite *suite = suite_create("rewrite");
	TCase *t = tcase_create("rewrite");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_loop_test(t, rewrites, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(
	    t, reads_as_mail_programs_do, 0, sizeof(odd_cases) / sizeof(odd_cases[0]));
	tcase_add_test(t, says_what_leaves_a_body_alone);
	tcase_add_test(t, trap_beside_the_pixel);
	tcase_add_test(t, keeps_the_transfer_encoding);
	tcase_add_test(t, an_edit_at_the_very_beginning);
	tcase_add_test(t, long_lines_become_quoted_printable);
	tcase_add_test(t, utf_16);
	tcase_add_test(t, mail_the_author_signed);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
