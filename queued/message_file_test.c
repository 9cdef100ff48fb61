#include "message_file.h"

#include <check.h>
#include <string.h>

static struct arena *arena;
static struct buf head;

static const struct facts facts = { .size_bytes = 1234,
	.header_bytes = 200,
	.longest_line = 998,
	.has_8bit = true,
	.has_dots = true,
	.crc32c = 0x89abcdef,
	.drops_n = 2,
	.drops = { { 10, 20 }, { 40, 5 } } };

static struct recipient rcpts[] = {
	{ .address = SPAN_LIT("plain@b.example"), .notify = NOTIFY_FAILURE | NOTIFY_DELAY },
	{ .address = SPAN_LIT("\"with space\"@b.example"), .orcpt = SPAN_LIT("rfc822;x@y") },
	{ .address = SPAN_LIT("per%cent\x01\xff@b.example"), .mark = MARK_FAILED },
};

static struct envelope
envelope(void)
{
	return (struct envelope){ .id = { { 1, 2, 3, 4 } },
		.received_ms = 1795485843123,
		.tenant = SPAN_LIT("news"),
		.client = SPAN_LIT("2001:db8::1"),
		.tags = SPAN_LIT("spring sale"),
		.from = SPAN_LIT(""),
		.ret = RET_HDRS,
		.body_8bit = true,
		.track_opens = true,
		.track_text = true,
		.rcpts_n = 3,
		.rcpts = rcpts };
}

static void
setup(void)
{
	struct envelope e = envelope();

	arena = arena_new(0);
	buf_init(&head, 1 << 20);
	buf_str(&head, "before");
	message_file_head(&head, &e, &facts);
	buf_drop(&head, 6);
}

static void
teardown(void)
{
	buf_free(&head);
	arena_free(arena);
}

START_TEST(what_is_written_is_read)
{
	struct envelope e;
	struct facts f;
	struct err err;

	ck_assert_msg(message_file_parse(buf_all(&head), &e, &f, arena, &err) == 0, "%s", err.text);
	ck_assert(id_eq(e.id, envelope().id));
	ck_assert_uint_eq(e.received_ms, 1795485843123);
	ck_assert(span_is(e.tenant, "news") && span_is(e.tags, "spring sale") && e.login.n == 0);
	ck_assert(
	    e.ret == RET_HDRS && e.body_8bit && e.track_opens && e.track_text && !e.track_clicks);
	ck_assert_uint_eq(e.rcpts_n, 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(span_eq(e.rcpts[i].address, rcpts[i].address));
		ck_assert(span_eq(e.rcpts[i].orcpt, rcpts[i].orcpt));
		ck_assert_uint_eq(e.rcpts[i].notify, rcpts[i].notify);
	}
	ck_assert_int_eq(e.rcpts[0].mark, MARK_OPEN);
	ck_assert_int_eq(e.rcpts[2].mark, MARK_FAILED);
	ck_assert(
	    memcmp(f.drops, facts.drops, sizeof(facts.drops)) == 0 && f.has_8bit && f.has_dots);
	ck_assert_uint_eq(f.crc32c, facts.crc32c);
	ck_assert_uint_eq(f.size_bytes, facts.size_bytes);
}
END_TEST

START_TEST(it_is_readable_and_ends_with_an_empty_line)
{
	for (size_t i = 0; i < head.n; i++)
		ck_assert_msg((head.p[i] >= ' ' && head.p[i] < 127) || head.p[i] == '\n' ||
				  (unsigned char)head.p[i] > 127,
		    "byte %zu", i);
	ck_assert(memcmp(head.p + head.n - 2, "\n\n", 2) == 0);
	ck_assert_int_eq(head.p[MESSAGE_FILE_FIRST - 1], '\n');
}
END_TEST

START_TEST(a_mark_is_outside_the_checksum_and_nothing_else_is)
{
	uint32_t at[3];

	ck_assert_uint_eq(message_file_marks(buf_all(&head), at, 3), 3);
	ck_assert_uint_eq(message_file_marks(buf_all(&head), at, 1), 3);
	for (size_t i = 0; i < head.n; i++) {
		bool mark = i == at[0] || i == at[1] || i == at[2];
		char was = head.p[i];

		head.p[i] = was == 'd' ? 'f' : 'd';
		/* Size, checksum and count of the first line are compared with the message and the lines. */
		if (mark || i >= MESSAGE_FILE_FIRST)
			ck_assert_msg(
			    message_file_head_is_good(buf_all(&head)) == mark, "byte %zu", i);
		head.p[i] = was;
	}
}
END_TEST

START_TEST(half_a_head_is_none)
{
	for (size_t i = 0; i < head.n; i++)
		ck_assert(!message_file_head_is_good(span_of(head.p, i)));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("message_file");
	TCase *t = tcase_create("head");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, it_is_readable_and_ends_with_an_empty_line);
	tcase_add_test(t, a_mark_is_outside_the_checksum_and_nothing_else_is);
	tcase_add_test(t, half_a_head_is_none);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
