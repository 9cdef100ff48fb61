#include "sound.h"
#include "header.h"
#include "transfer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE "DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; h=from; bh=; b=\r\n"

static const struct {
	const char *rule, *message, *sound; /* NULL: it is already */
} cases[] = {
	{ "left alone", "From: a\r\n" SIGNATURE "To: b\r\n\tc\r\n\r\nhi\r\n", NULL },
	{ "the header ends at a line that is no field", "From: a\r\n--x\r\nTo: b\r\n\r\nhi\r\n",
	    "From: a\r\n\r\n--x\r\nTo: b\r\n\r\nhi\r\n" },
	{ "unless From stands behind it", "To: b\r\n--x\r\nFrom: a\r\n\r\nhi\r\n", NULL },
	{ "no empty line", "From: a\r\nTo: b\r\n", "From: a\r\nTo: b\r\n\r\n" },
	{ "neither line end", "From: a", "From: a\r\n\r\n" },
	{ "white space before a colon", "From: a\r\nSubject \t: b\r\n\r\nhi\r\n",
	    "From: a\r\nSubject: b\r\n\r\nhi\r\n" },
	{ "a continuation of white space", "From: a\r\nSubject: b\r\n \r\n\tc\r\n\t \r\n\r\nhi\r\n",
	    "From: a\r\nSubject: b\r\n\tc\r\n\r\nhi\r\n" },
	{ "a signature that is none",
	    "From: a\r\nDKIM-Signature: a=rsa-sha1;\r\n\tb=x\r\n\r\nhi\r\n",
	    "From: a\r\n\r\nhi\r\n" },
	{ "an mbox line", "From a@b Sat Jan 1\r\nFrom: a\r\n\r\nhi\r\n", "From: a\r\n\r\nhi\r\n" },
};

START_TEST(headers)
{
	struct arena *arena = arena_new(0);
	struct buf b;
	bool changed;

	buf_init(&b, 65536);
	buf_str(&b, cases[_i].message);
	changed = sound_make(&b, arena);
	ck_assert_msg(changed == (cases[_i].sound != NULL), "%s", cases[_i].rule);
	ck_assert_msg(span_is(buf_all(&b), changed ? cases[_i].sound : cases[_i].message),
	    "%s: %.*s", cases[_i].rule, SPAN(buf_all(&b)));
	ck_assert_msg(!sound_make(&b, arena), "%s: twice", cases[_i].rule);
	buf_free(&b);
	arena_free(arena);
}
END_TEST

static size_t
longest(struct span s)
{
	size_t most = 0;

	while (s.n > 0) {
		struct span line = span_cut(s, '\n', &s);

		most = line.n > most ? line.n : most;
	}
	return most;
}

/* A message with a line of 3000 octets: "word word ..." in a field, a body or a part. */
static void
long_one(struct buf *b, const char *before, const char *after)
{
	buf_init(b, 65536);
	buf_str(b, before);
	for (int i = 0; i < 600; i++)
		buf_str(b, "word ");
	buf_str(b, after);
}

static const struct {
	const char *rule, *before, *after, *has;
	bool mended;
} lines[] = {
	{ "a field", "From: a\r\nTo: x", "x\r\n\r\nhi\r\n", "word\r\n word", true },
	{ "text", "From: a\r\n\r\n", "\r\nbye\r\n",
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\nword", true },
	{ "a part, and only that",
	    "From: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nok=\r\n--x\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n",
	    "\r\n--x--\r\n", "--x\r\n\r\nok=\r\n--x\r\nContent-Transfer-Encoding: quoted", true },
	{ "what is signed stays",
	    "From: a\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\n",
	    "\r\n--x--\r\n", "multipart/signed", false },
	{ "what is nested stays", "From: a\r\nContent-Type: message/rfc822\r\n\r\nFrom: b\r\n\r\n",
	    "\r\n", "message/rfc822", false },
};

START_TEST(long_lines)
{
	struct arena *arena = arena_new(0);
	struct buf b;

	long_one(&b, lines[_i].before, lines[_i].after);
	ck_assert_msg(sound_make(&b, arena) == lines[_i].mended, "%s", lines[_i].rule);
	ck_assert_msg((longest(buf_all(&b)) <= SOUND_LINE_OCTETS + 1) == lines[_i].mended, "%s",
	    lines[_i].rule);
	ck_assert_msg(span_find_str(buf_all(&b), lines[_i].has) >= 0, "%s: %.*s", lines[_i].rule,
	    SPAN(buf_all(&b)));
	buf_free(&b);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *encoding, *piece;
	enum transfer transfer;
} encodings[] = {
	{ "base64", "d29yZCB3", TRANSFER_BASE64 },
	{ "quoted-printable", "=C3=A4w", TRANSFER_QP },
	{ "quoted-printable", "=20", TRANSFER_QP },
};

/* Its lines are broken, and what it decodes to is the same. */
START_TEST(encoded_lines)
{
	struct arena *arena = arena_new(0);
	struct span body, was;
	struct buf b, before, after;
	struct header_field f;

	buf_init(&b, 65536);
	buf_init(&before, 65536);
	buf_init(&after, 65536);
	buf_printf(&b, "From: a\r\nContent-Transfer-Encoding: %s\r\n\r\n", encodings[_i].encoding);
	for (int i = 0; i < 600; i++)
		buf_str(&b, encodings[_i].piece);
	buf_str(&b, "\r\n");
	header_block(buf_all(&b), &was);
	transfer_decode(encodings[_i].transfer, was, &before);
	ck_assert(sound_make(&b, arena));
	header_block(buf_all(&b), &body);
	ck_assert(transfer_decode(encodings[_i].transfer, body, &after));
	ck_assert(span_eq(buf_all(&before), buf_all(&after)));
	ck_assert_uint_le(longest(body), TRANSFER_LINE + 3);
	ck_assert(header_find(buf_all(&b), "Content-Transfer-Encoding", &f));
	buf_free(&b);
	buf_free(&before);
	buf_free(&after);
	arena_free(arena);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sound");
	TCase *t = tcase_create("sound");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, headers, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, long_lines, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_loop_test(t, encoded_lines, 0, sizeof(encodings) / sizeof(encodings[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
