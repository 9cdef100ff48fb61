#include "msg.h"
#include "loop.h"

#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* ---- records longer than a packet ---- */

static struct {
	unsigned n;
	size_t length;
	unsigned fds;
	bool wrong;
} whole;

static void
on_whole(void *ctx, struct chan *c, struct msg *m)
{
	struct span text = msg_span(m);
	int a = msg_fd_or_none(m), b = msg_fd_or_none(m);

	(void)ctx;
	(void)c;
	whole.wrong = whole.wrong || m->type != 9 || msg_end(m) == -1;
	for (size_t i = 0; i < text.n; i++)
		whole.wrong = whole.wrong || text.p[i] != (char)(i * 31 >> 8);
	whole.fds += (a >= 0) + (b >= 0);
	close(a);
	close(b);
	whole.length = text.n;
	whole.n++;
}

static char *
pattern(size_t n)
{
	char *p = malloc(n + 8);

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < n + 8; i++)
		p[i] = (char)(i * 31 >> 8);
	return p;
}

static int
put_whole(struct chan *c, const char *bytes, size_t n)
{
	chan_begin(c, 9);
	chan_span(c, span_of(bytes, n));
	chan_fd_or_none(c, dup(0));
	chan_fd_or_none(c, dup(0));
	return chan_end(c);
}

static void
pair(struct chan *of[2])
{
	int fds[2], bytes = 1 << 20;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
	of[0] = chan_new(fds[0], "reader", 64 << 20, on_whole, NULL, NULL);
	of[1] = chan_new(fds[1], "writer", 64 << 20, on_whole, NULL, NULL);
	memset(&whole, 0, sizeof(whole));
}

/* What waits in queues leaves, what arrived is read. */
static void
go_on(struct chan *to, unsigned turns)
{
	while (turns-- > 0) {
		while (chan_read_pending(to))
			;
		event_base_loop(loop_base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
}

static unsigned
descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* Every length around the ends of packets, with a record before and behind it. */
START_TEST(long_records_arrive_whole)
{
	static const size_t lengths[] = { 0, 119 << 10, (120 << 10) + 1, (128 << 10) - 30,
		(128 << 10) - 1, 128 << 10, (128 << 10) + 1, 256 << 10, 700 * 1024 + 7, 1 << 20 };
	unsigned before;

	loop_init();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t shift = 0; shift < 40; shift++) {
			size_t n = lengths[i] + shift;
			char *bytes = pattern(n);
			struct chan *c[2];

			before = descriptors();
			pair(c);
			ck_assert_int_eq(put_whole(c[0], bytes, 3), 0);
			ck_assert_int_eq(put_whole(c[0], bytes, n), 0);
			chan_flush(c[0]);
			go_on(c[1], 20);
			ck_assert_msg(
			    whole.n == 2 && whole.length == n && whole.fds == 4 && !whole.wrong,
			    "length %zu: %u records, the last of %zu", n, whole.n, whole.length);
			chan_free(c[0]);
			chan_free(c[1]);
			free(bytes);
			ck_assert_uint_eq(descriptors(), before);
		}
}
END_TEST

/* Longer than any may be: the sender is told, the reader hears nothing of it and goes on with the next. */
START_TEST(a_record_beyond_all_bounds_is_dropped)
{
	size_t n = MSG_RECORD_MAX + (1 << 20);
	char *bytes = pattern(n);
	struct chan *c[2];

	loop_init();
	pair(c);
	ck_assert_int_eq(put_whole(c[0], bytes, n), -1);
	ck_assert_int_eq(put_whole(c[0], bytes, 5), 0);
	chan_flush(c[0]);
	go_on(c[1], 400);
	ck_assert_msg(whole.n == 1 && whole.length == 5 && whole.fds == 2 && !whole.wrong,
	    "%u records, the last of %zu", whole.n, whole.length);
	chan_free(c[0]);
	chan_free(c[1]);
	free(bytes);
}
END_TEST

/* ---- who only answers ---- */

static void
on_question(void *ctx, struct chan *c, struct msg *m)
{
	static const char bytes[60 * 1024];

	(void)m;
	(*(unsigned *)ctx)++;
	chan_begin(c, 9);
	chan_span(c, span_of(bytes, sizeof(bytes)));
	chan_end(c);
	chan_flush(c);
}

static void
turns(unsigned n)
{
	while (n-- > 0)
		event_base_loop(loop_base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* An asker that does not read is answered as far as the queue goes, and not closed; when it reads, all is answered. */
START_TEST(answers_that_are_not_taken_hold_up_questions)
{
	enum { QUESTIONS = 300 };
	static const char question[8] = { 8, 0 };
	static char answer[MSG_PACKET_MAX];
	unsigned asked = 0, questions = 0, answers = 0;
	struct chan *c;
	int fds[2];

	loop_init();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	c = chan_new(fds[1], "asker", 1 << 20, on_question, NULL, &questions);
	chan_answers(c);
	while (asked < QUESTIONS && send(fds[0], question, sizeof(question), 0) > 0)
		asked++;
	turns(500);
	ck_assert_msg(questions < asked && questions > 10, "%u of %u answered", questions, asked);
	for (unsigned i = 0; answers < asked && i < 100000; i++) {
		while (recv(fds[0], answer, sizeof(answer), 0) > 0)
			answers++;
		turns(1);
	}
	ck_assert_msg(questions == asked && answers == asked, "%u asked, %u came, %u answered",
	    asked, questions, answers);
	chan_free(c);
	close(fds[0]);
}
END_TEST

/* Told to go on, a channel that is full still reads nothing; and one with room reads nothing until it is told to go on. */
START_TEST(a_pause_and_answers_not_taken_hold_each_by_itself)
{
	static const char question[8] = { 8, 0 };
	static char answer[MSG_PACKET_MAX];
	unsigned questions = 0, before;
	struct chan *c;
	int fds[2];

	loop_init();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	c = chan_new(fds[1], "asker", 1 << 20, on_question, NULL, &questions);
	chan_answers(c);
	while (send(fds[0], question, sizeof(question), 0) > 0)
		continue;
	turns(500);
	ck_assert(chan_full(c));
	before = questions;
	chan_hold(c, true);
	chan_hold(c, false);
	turns(100);
	ck_assert_uint_eq(questions, before);
	chan_hold(c, true);
	while (recv(fds[0], answer, sizeof(answer), 0) > 0)
		turns(10);
	ck_assert(!chan_full(c));
	ck_assert_uint_eq(questions, before);
	chan_hold(c, false);
	turns(10);
	ck_assert_uint_gt(questions, before);
	chan_free(c);
	close(fds[0]);
}
END_TEST

/* ---- packets that are not worth anything ---- */

static void
send_raw(int fd, size_t n)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(sizeof(int) * 2)];
	} control = { .bytes = { 0 } };
	char *bytes = calloc(1, n + 1);
	struct iovec iov = { bytes, n };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	int two[2] = { 0, 0 };

	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SCM_RIGHTS;
	control.h.cmsg_len = CMSG_LEN(sizeof(two));
	memcpy(CMSG_DATA(&control.h), two, sizeof(two));
	ck_assert_int_eq((int)sendmsg(fd, &mh, 0), (int)n);
	free(bytes);
}

START_TEST(descriptors_of_bad_packets_are_closed)
{
	static const size_t sizes[] = { 0, 3, MSG_PACKET_MAX + 1 };
	int fds[2], bytes = 1 << 20;
	unsigned before;

	loop_init();
	before = descriptors();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct chan *c;

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
		ck_assert_int_eq(
		    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
		c = chan_new(fds[1], "reader", 1 << 20, on_whole, NULL, NULL);
		send_raw(fds[0], sizes[i]);
		(void)chan_read_pending(c);
		chan_free(c);
		close(fds[0]);
		ck_assert_msg(descriptors() == before, "%zu bytes: %u descriptors, %u before",
		    sizes[i], descriptors(), before);
	}
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
	tcase_add_test(t, long_records_arrive_whole);
	tcase_add_test(t, a_record_beyond_all_bounds_is_dropped);
	tcase_add_test(t, answers_that_are_not_taken_hold_up_questions);
	tcase_add_test(t, a_pause_and_answers_not_taken_hold_each_by_itself);
	tcase_add_test(t, descriptors_of_bad_packets_are_closed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
