#include "body.h"
#include "buf.h"
#include "crc32c.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *rule, *in;
	struct facts_drop drops[3];
	unsigned drops_n;
	const char *out;
} cases[] = {
	{ "empty", "", { { 0, 0 } }, 0, ".\r\n" },
	{ "plain", "a\r\nb\r\n", { { 0, 0 } }, 0, "a\r\nb\r\n.\r\n" },
	{ "no line end", "a\r\nb", { { 0, 0 } }, 0, "a\r\nb\r\n.\r\n" },
	{ "a dot first", ".\r\n", { { 0, 0 } }, 0, "..\r\n.\r\n" },
	{ "dots", ".a\r\n..\r\nb.\r\n.", { { 0, 0 } }, 0, "..a\r\n...\r\nb.\r\n..\r\n.\r\n" },
	{ "a dot after a bare LF or CR begins no line", "a\n.\rb\r.\r\n", { { 0, 0 } }, 0,
	    "a\n.\rb\r.\r\n.\r\n" },
	{ "a range left out", "B: x\r\nS: y\r\n\r\nz\r\n", { { 0, 6 } }, 1,
	    "S: y\r\n\r\nz\r\n.\r\n" },
	{ "ranges in the middle and at the end", "a\r\nb\r\n.c\r\nd\r\n", { { 3, 3 }, { 10, 3 } },
	    2, "a\r\n..c\r\n.\r\n" },
	{ "ranges side by side", "a\r\nb\r\nc\r\n", { { 0, 3 }, { 3, 3 } }, 2, "c\r\n.\r\n" },
	{ "all left out", "a\r\nb\r\n", { { 0, 6 } }, 1, ".\r\n" },
	{ "an empty range", "a\r\n.b\r\n", { { 3, 0 } }, 1, "a\r\n..b\r\n.\r\n" },
};

static struct body_source
source(struct span in, int i, int fd)
{
	struct body_source s = { .has_fd = fd >= 0,
		.bytes = fd >= 0 ? span_of(NULL, 0) : in,
		.fd = fd,
		.size_bytes = in.n,
		.has_dots = true,
		.check_crc = true,
		.crc32c = crc32c(0, in),
		.drops = cases[i].drops,
		.drops_n = cases[i].drops_n };

	if (fd >= 0)
		s.start = 3;
	return s;
}

/* Takes at most step bytes at a time, as a slow peer does. */
static void
drain(struct body *b, size_t step, struct buf *out)
{
	struct span piece[2];
	struct err err;

	while (body_piece(b, piece, &err) == BODY_PIECE) {
		struct span s = piece[0].n > 0 ? piece[0] : piece[1];
		size_t n = s.n < step ? s.n : step;

		buf_add(out, s.p, n);
		body_sent(b, n);
	}
	ck_assert(body_is_last(b));
}

static int
file_of(struct span in)
{
	char path[] = "/tmp/body_test.XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	ck_assert(write(fd, "xyz", 3) == 3);
	ck_assert(write(fd, in.p, in.n) == (ssize_t)in.n);
	return fd;
}

START_TEST(every_split)
{
	struct span in = span_str(cases[_i].in);
	int fds[2] = { -1, file_of(in) };
	struct buf out;

	buf_init(&out, 1000);
	for (int f = 0; f < 2; f++)
		for (size_t step = 1; step < 20; step++) {
			struct body_source s = source(in, _i, fds[f]);
			struct body *b = body_new(&s);

			ck_assert(body_source_ok(&s));
			buf_reset(&out);
			drain(b, step, &out);
			ck_assert_msg(span_is(buf_all(&out), cases[_i].out), "%s, %zu: \"%.*s\"",
			    cases[_i].rule, step, SPAN(buf_all(&out)));
			body_free(b);
		}
	buf_free(&out);
	close(fds[1]);
}
END_TEST

/* Long content through blocks, shifted so that each line end meets the block's edge once. */
START_TEST(edges_of_blocks)
{
	size_t n = 32 * 1024 + 64;
	char *in = malloc(n + 16), *want = malloc(2 * n + 64);

	for (size_t shift = 0; shift < 8; shift++) {
		size_t in_n = 0, want_n = 0;
		struct body_source s;
		struct body *b;
		struct buf out;
		int fd;

		for (size_t i = 0; i < shift; i++)
			in[in_n++] = want[want_n++] = 'x';
		while (in_n < n) {
			memcpy(in + in_n, "\r\n.ab", 5);
			memcpy(want + want_n, "\r\n..ab", 6);
			in_n += 5, want_n += 6;
		}
		memcpy(want + want_n, "\r\n.\r\n", 5);
		want_n += 5;
		fd = file_of(span_of(in, in_n));
		for (int f = 0; f < 2; f++) {
			s = source(span_of(in, in_n), 0, f == 0 ? -1 : fd);
			b = body_new(&s);
			buf_init(&out, 2 * n + 64);
			drain(b, 1000, &out);
			ck_assert(span_eq(buf_all(&out), span_of(want, want_n)));
			buf_free(&out);
			body_free(b);
		}
		close(fd);
	}
	free(in);
	free(want);
}
END_TEST

START_TEST(without_dots_nothing_is_copied)
{
	struct span in = SPAN_LIT("a\r\nb\r\n"), piece[2];
	struct body_source s = source(in, 0, -1);
	struct body *b;
	struct err err;

	s.has_dots = false;
	b = body_new(&s);
	ck_assert_int_eq(body_piece(b, piece, &err), BODY_PIECE);
	ck_assert_ptr_eq(piece[0].p, in.p);
	ck_assert_uint_eq(piece[0].n, in.n);
	ck_assert(span_is(piece[1], ".\r\n"));
	body_free(b);
}
END_TEST

START_TEST(damage_is_known_before_the_dot)
{
	struct span in = SPAN_LIT("a\r\nb\r\n"), piece[2];
	int fds[2] = { -1, file_of(in) };
	struct err err;

	for (int f = 0; f < 2; f++) {
		struct body_source s = source(in, 0, fds[f]);
		struct body *b;
		enum body_step step;

		s.crc32c ^= 1;
		b = body_new(&s);
		while ((step = body_piece(b, piece, &err)) == BODY_PIECE) {
			ck_assert_uint_eq(piece[1].n, 0);
			body_sent(b, piece[0].n);
		}
		ck_assert_int_eq(step, BODY_DAMAGED);
		body_free(b);
	}
	close(fds[1]);
}
END_TEST

START_TEST(ranges_must_be_in_order_and_inside)
{
	struct span in = SPAN_LIT("0123456789");
	struct facts_drop apart[2] = { { 5, 2 }, { 1, 2 } }, over[1] = { { 8, 3 } },
			  huge[1] = { { 8, UINT32_MAX } };
	struct body_source s = source(in, 0, -1);

	s.drops = apart, s.drops_n = 2;
	ck_assert(!body_source_ok(&s));
	s.drops = over, s.drops_n = 1;
	ck_assert(!body_source_ok(&s));
	s.drops = huge;
	ck_assert(!body_source_ok(&s));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("body");
	TCase *t = tcase_create("body");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, every_split, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, edges_of_blocks);
	tcase_add_test(t, without_dots_nothing_is_copied);
	tcase_add_test(t, damage_is_known_before_the_dot);
	tcase_add_test(t, ranges_must_be_in_order_and_inside);
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
