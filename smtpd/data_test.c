#include "data.h"
#include "crc32c.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_BYTES = 1 << 20 };

static const struct {
	const char *rule, *in, *out;
	enum data_fault fault;
	size_t left; /* bytes behind the final dot */
	bool repair, dots, has_8bit;
	uint32_t header, longest;
} cases[] = {
	{ "plain", "A: b\r\n\r\nhi\r\n.\r\n", "A: b\r\n\r\nhi\r\n", .header = 8, .longest = 4 },
	{ "empty", ".\r\n", "", .left = 0 },
	{ "commands behind it are left", "x: y\r\n.\r\nQUIT\r\n", "x: y\r\n", .left = 6,
	    .header = 6, .longest = 4 },
	{ "dots", "\r\n..\r\n...a\r\n.b\r\n.\r\n", "\r\n.\r\n..a\r\nb\r\n", .dots = true,
	    .header = 2, .longest = 3 },
	{ "8 bits", "\r\nabcdefgh\xe9\r\n.\r\n", "\r\nabcdefgh\xe9\r\n", .has_8bit = true,
	    .header = 2, .longest = 9 },
	{ "bare LF", "a\nb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "bare CR", "a\rb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "two CR", "a\r\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "dot between LFs does not end it", "a\n.\nb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "LF dot CRLF does not end it", "a\n.\r\nb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "CRLF dot LF does not end it", "a\r\n.\nb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "CRLF dot CR does not end it", "a\r\n.\rb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "CR dot CR does not end it", "a\r.\r\nb\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "repaired", "a\n\nb\rc\r\n.\r\n", "a\r\n\r\nb\r\nc\r\n", .repair = true, .header = 5,
	    .longest = 1 },
	{ "repaired dots", "\n.\n.\r\n..x\r\n.\r\n", "\r\n.\r\n.\r\n.x\r\n", .repair = true,
	    .dots = true, .header = 2, .longest = 2 },
	{ "repaired, a lone dot before CR", "\r\n.\rb\r\n.\r\n", "\r\n.\r\nb\r\n", .repair = true,
	    .dots = true, .header = 2, .longest = 1 },
	{ "bare LF among plain lines", "\r\nab\r\ncd\nef\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "bare CR among plain lines", "\r\nab\r\nc\rd\r\n.\r\n", NULL, .fault = DATA_BARE },
	{ "a dot among plain lines", "\r\nab\r\n..cd\r\nefg\r\n\r\nh\r\n.\r\n",
	    "\r\nab\r\n.cd\r\nefg\r\n\r\nh\r\n", .dots = true, .header = 2, .longest = 3 },
	{ "line too long among plain lines",
	    "\r\nab\r\naaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee!\r\n.\r\n", NULL,
	    .fault = DATA_LINE },
	{ "line too long", "\r\naaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee!\r\n.\r\n", NULL,
	    .fault = DATA_LINE },
	{ "header too large",
	    "aaaaaaaaaabbbbbbbbbbcccccccccc: ddd\r\naaaaaaaaaabbbbbbbbbbccccc\r\n\r\n.\r\n", NULL,
	    .fault = DATA_HEADER },
	{ "too large",
	    "\r\naaaaaaaaaabbbbbbbbbbcccccccccc\r\naaaaaaaaaabbbbbbbbbbcccccccccc\r\n"
	    "aaaaaaaaaabbbbbbbbbbcccccccccc\r\n.\r\n",
	    NULL, .fault = DATA_SIZE },
};

static const struct data_limits limits = { .max_bytes = 80, .line_bytes = 50, .header_bytes = 60 };

static void
ignore(void *ctx, struct data *d, struct span header)
{
	unsigned *calls = ctx;

	(void)d;
	(void)header;
	(*calls)++;
}

/* Feeds in two pieces, or byte by byte with step 1; what is not taken comes again in front of the next. */
static size_t
feed(struct data *d, const char *in, size_t n, size_t first, size_t step)
{
	size_t at = 0, end = first;
	bool done = false;

	for (;;) {
		char *exact = memcpy(malloc(end - at + 1), in + at, end - at);

		at += data_take(d, span_of(exact, end - at), &done);
		free(exact);
		if (done || end == n)
			break;
		end = end + step > n ? n : end + step;
	}
	ck_assert(done);
	data_finish(d);
	return n - at;
}

static void
one(int i, size_t first, size_t step)
{
	struct data_limits l = limits;
	unsigned calls = 0;
	struct data d;
	size_t left;

	l.repair = cases[i].repair;
	data_init(&d, &l, OUT_BYTES, ignore, &calls);
	left = feed(&d, cases[i].in, strlen(cases[i].in), first, step);
	ck_assert_msg(d.fault == cases[i].fault, "%s: fault %d", cases[i].rule, (int)d.fault);
	if (d.fault == DATA_FINE) {
		ck_assert_msg(span_is(buf_all(&d.out), cases[i].out), "%s", cases[i].rule);
		ck_assert_uint_eq(d.facts.size_bytes, d.out.n);
		ck_assert_uint_eq(d.facts.crc32c, crc32c(0, buf_all(&d.out)));
		ck_assert_uint_eq(d.facts.header_bytes, cases[i].header);
		ck_assert_uint_eq(d.facts.longest_line, cases[i].longest);
		ck_assert(
		    d.facts.has_dots == cases[i].dots && d.facts.has_8bit == cases[i].has_8bit);
		ck_assert_uint_eq(calls, 1);
		ck_assert_uint_eq(
		    left, step == 0 || first + step >= strlen(cases[i].in) ? cases[i].left : left);
	}
	data_free(&d);
}

START_TEST(split_anywhere)
{
	size_t n = strlen(cases[_i].in);

	for (size_t first = 0; first <= n; first++)
		one(_i, first, n);
	one(_i, 0, 1);
	one(_i, 0, 2);
	one(_i, 0, 3);
}
END_TEST

static void
add_two(void *ctx, struct data *d, struct span header)
{
	(void)ctx;
	ck_assert(span_is(header, "Ours: 1\r\nA: b\r\n"));
	data_add(d, span_str("Added: 2\r\n"));
}

START_TEST(lines_of_ours)
{
	static const char in[] = "A: b\r\n\r\nhi\r\n.\r\n";
	struct data d;

	data_init(&d, &limits, OUT_BYTES, add_two, NULL);
	data_add(&d, span_str("Ours: 1\r\n"));
	feed(&d, in, strlen(in), 3, 2);
	ck_assert(span_is(buf_all(&d.out), "Ours: 1\r\nA: b\r\nAdded: 2\r\n\r\nhi\r\n"));
	ck_assert_uint_eq(d.facts.header_bytes, d.out.n - 4);
	data_free(&d);
}
END_TEST

START_TEST(checksum_over_pieces)
{
	static const char in[] = "A: b\r\n\r\none\r\ntwo\r\n.\r\n";
	unsigned calls = 0;
	struct data d;
	bool done;

	data_init(&d, &limits, OUT_BYTES, ignore, &calls);
	data_take(&d, span_of(in, 13), &done);
	data_flushed(&d);
	data_take(&d, span_of(in + 13, strlen(in) - 13), &done);
	ck_assert(done);
	data_finish(&d);
	ck_assert_uint_eq(d.facts.crc32c, crc32c(0, span_of(in, strlen(in) - 3)));
	ck_assert_uint_eq(d.facts.size_bytes, strlen(in) - 3);
	data_free(&d);
}
END_TEST

/* In one piece or split, in the header or behind it. */
START_TEST(nul_bytes)
{
	static const char in[] = "A: \0b\r\n\r\n\0\r\nh\0\0i\r\n.\r\n";
	struct data_limits l = limits;
	unsigned calls;

	for (size_t first = 0; first < sizeof(in) - 1; first++) {
		struct data d;

		l.nul_to_space = false;
		data_init(&d, &l, OUT_BYTES, ignore, &calls);
		feed(&d, in, sizeof(in) - 1, first, sizeof(in));
		ck_assert_int_eq(d.fault, DATA_NUL);
		data_free(&d);
		l.nul_to_space = true;
		data_init(&d, &l, OUT_BYTES, ignore, &calls);
		feed(&d, in, sizeof(in) - 1, first, sizeof(in));
		ck_assert_int_eq(d.fault, DATA_FINE);
		ck_assert(span_is(buf_all(&d.out), "A:  b\r\n\r\n \r\nh  i\r\n"));
		data_free(&d);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("data");
	TCase *t = tcase_create("data");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, split_anywhere, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, nul_bytes);
	tcase_add_test(t, lines_of_ours);
	tcase_add_test(t, checksum_over_pieces);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
