#include "msg.h"
#include "loop.h"

#include <check.h>
#include <sys/socket.h>

/* Records of every length that ends near the end of a packet, where the next one's head may not fit any more. */
enum { RECORDS = 2000 };

static struct {
	unsigned n;
	size_t length;
	bool wrong;
} got;

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	uint32_t number = msg_u32(m);
	struct span text = msg_span(m);

	(void)ctx;
	(void)c;
	got.wrong = got.wrong || m->type != 7 || msg_end(m) == -1 || number != got.n ||
		    text.n != got.length;
	got.n++;
}

static void
records_of(size_t length)
{
	static char text[512];
	struct chan *from, *to;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	from = chan_new(fds[0], "reader", 1 << 20, on_msg, NULL, NULL);
	to = chan_new(fds[1], "writer", 1 << 20, on_msg, NULL, NULL);
	got.n = 0;
	got.length = length;
	for (uint32_t i = 0; i < RECORDS; i++) {
		chan_begin(from, 7);
		chan_u32(from, i);
		chan_span(from, span_of(text, length));
		chan_end(from);
		while (chan_read_pending(to))
			;
	}
	chan_flush(from);
	while (chan_read_pending(to))
		;
	ck_assert_msg(got.n == RECORDS && !got.wrong, "length %zu: %u records", length, got.n);
	chan_free(from);
	chan_free(to);
}

/* A process that exits at once has not read what we sent; what it said before is heard all the same. */
START_TEST(last_words_of_a_peer_that_did_not_read)
{
	struct chan *us, *it;
	int fds[2];

	loop_init();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	us = chan_new(fds[0], "role", 1 << 20, on_msg, NULL, NULL);
	it = chan_new(fds[1], "master", 1 << 20, on_msg, NULL, NULL);
	got.n = 0;
	got.length = 5;
	got.wrong = false;
	chan_begin(us, 7);
	chan_end(us);
	chan_flush(us);
	chan_begin(it, 7);
	chan_u32(it, 0);
	chan_span(it, SPAN_LIT("leaks"));
	chan_end(it);
	chan_flush(it);
	chan_free(it);
	while (chan_read_pending(us))
		;
	ck_assert_msg(got.n == 1 && !got.wrong, "%u records", got.n);
	chan_free(us);
}
END_TEST

START_TEST(heads_at_the_end_of_a_packet)
{
	loop_init();
	for (size_t length = 200; length < 300; length++)
		records_of(length);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("msg");
	TCase *t = tcase_create("msg");
	SRunner *r;
	int failed;

	tcase_add_test(t, heads_at_the_end_of_a_packet);
	tcase_add_test(t, last_words_of_a_peer_that_did_not_read);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
