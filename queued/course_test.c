/* Every state of a delivery, and in each of them everything that can happen to one: queued lives, and what becomes of the
 * delivery is something that ends, waits for something, or is held with its reason. All of queued runs, on a spool of its own;
 * the test stands where the master does. */
#include "course.h"
#include "alone_test.h"
#include "aside.h"
#include "doing.h"
#include "err.h"
#include "events.h"
#include "final.h"
#include "intake.h"
#include "lane.h"
#include "loop.h"
#include "notice.h"
#include "peer_bouncd.h"
#include "peer_deliverd.h"
#include "peer_resolve.h"
#include "peer_rewrite.h"
#include "peer_smtpd.h"
#include "pool.h"
#include "queued.h"
#include "role.h"
#include "sandbox.h"
#include "settle.h"
#include "storage.h"
#include "suppressed.h"
#include "tenants.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct session *
session_of(struct delivery *d)
{
	struct session *s = session_new(queued.pool, d->hosts, &worker);

	session_stood(s, NULL);
	return s;
}

static void
is_in(struct delivery *d, enum delivery_state state)
{
	d->message->in[d->state]--;
	d->message->in[state]++;
	d->state = (uint8_t)state;
}

static void
in_transaction(struct delivery *d, enum delivery_state state)
{
	struct transaction *t;

	lane_take_out(d);
	t = transaction_new(queued.pool, session_of(d), d->message, &d, 1);
	is_in(d, state);
	t->rewriting = state == DELIVERY_REWRITING;
	if (t->rewriting)
		peer_rewrite_ask(queued.rewrite, t);
}

/* Out of its lane, in that state and as it stands there in life. */
static struct delivery *
delivery_in(enum delivery_state state, bool old)
{
	struct delivery *d =
	    delivery_new(state == DELIVERY_ROUTING ? "ann@unknown.test" : "ann@good.test", false);
	struct queued *q = &queued;

	if (state == DELIVERY_ROUTING || state == DELIVERY_LANE)
		goto out;
	if (state == DELIVERY_SENDING || state == DELIVERY_REWRITING) {
		in_transaction(d, state);
		goto out;
	}
	lane_take_out(d);
	switch (state) {
	case DELIVERY_CONFIRM:
		is_in(d, DELIVERY_CONFIRM);
		peer_bouncd_confirm(q->bouncd, d);
		break;
	case DELIVERY_RETURNED:
		is_in(d, DELIVERY_RETURNED);
		peer_bouncd_returned(q->bouncd, d);
		break;
	case DELIVERY_VERDICT:
		is_in(d, DELIVERY_VERDICT);
		settle_untried(d, "nobody was asked");
		peer_bouncd_reply(q->bouncd, d);
		break;
	case DELIVERY_DEFERRED:
		settle_deferred(q, d, 3600);
		break;
	case DELIVERY_PAUSED:
		settle_deferred(q, d, 3600);
		is_in(d, DELIVERY_PAUSED);
		break;
	case DELIVERY_HELD:
		ck_assert_int_eq(course_hold(q, d), ACT_DONE);
		break;
	case DELIVERY_NOTICE:
		settle_given_up(q, d, FINAL_BOUNCED);
		break;
	case DELIVERY_ENDING:
		final_end(q, d, FINAL_DELIVERED, span_of(NULL, 0));
		break;
	case DELIVERY_ENDED:
		final_end(q, d, FINAL_DELIVERED, span_of(NULL, 0));
		for (unsigned i = 0; d->state != DELIVERY_ENDED && i < 20000; i++)
			turns(1);
		break;
	default:
		is_in(d, state);
	}
out:
	ck_assert_msg(d->state == state, "it is \"%s\"", delivery_state_name(d->state));
	if (old)
		((struct envelope *)(uintptr_t)d->message->envelope)->received_ms = 1000;
	return d;
}

/* ---- what can happen ---- */

static struct lane *
some_lane(struct delivery *d)
{
	if (d->lane == NULL)
		d->lane = lanes_each(queued.lanes, NULL);
	if (d->hosts == NULL)
		d->hosts = TABLE_OF(table_each(&d->lane->hosts, NULL), struct lane_hosts, by_set);
	return d->lane;
}

#define EVENT(name) static void name(struct queued *q, struct delivery *d)

EVENT(begin)
{
	course_begin(q, d);
}
EVENT(routed)
{
	if (d->state == DELIVERY_ROUTING)
		domain_unwait(d);
	course_routed(q, d);
}
EVENT(unconfirmed)
{
	course_unconfirmed(q, d);
}
EVENT(not_suppressed)
{
	course_confirmed(q, d, false, &(struct final_why){ .reason = span_of(NULL, 0) });
}
EVENT(suppressed)
{
	course_confirmed(q, d, true, &(struct final_why){ .reason = SPAN_LIT("hard") });
}
EVENT(not_judged)
{
	course_judged(q, d);
}
EVENT(noticed)
{
	course_noticed(q, d);
}
EVENT(not_returned)
{
	course_returned(q, d, NULL);
}
EVENT(returned)
{
	course_returned(q, d, &(struct bounce_stored){ .ok = true, .kind = SPAN_LIT("bounce") });
}
EVENT(unreadable)
{
	course_returned(
	    q, d, &(struct bounce_stored){ .ok = true, .kind = SPAN_LIT("unreadable") });
}
EVENT(a_person_wrote)
{
	course_returned(
	    q, d, &(struct bounce_stored){ .ok = true, .forward = SPAN_LIT("me@good.test") });
}
EVENT(forwarded)
{
	course_forwarded(q, d, FORWARD_DONE);
}
EVENT(not_forwarded)
{
	course_forwarded(q, d, FORWARD_FAILED);
}
EVENT(recheck)
{
	some_lane(d);
	(void)course_recheck(q, d);
}
EVENT(lane_away)
{
	some_lane(d);
	course_lane_away(q, d);
}
EVENT(tenant_away)
{
	some_lane(d);
	course_tenant_away(q, d);
}
EVENT(expired)
{
	course_expired(q, d);
}
EVENT(tenant_paused)
{
	(void)d;
	course_tenant_paused(q, SPAN_LIT("other"));
}
EVENT(tenant_released)
{
	(void)d;
	course_tenant_released(q, SPAN_LIT("other"));
}
EVENT(lane_released)
{
	course_lane_released(q, some_lane(d));
}
EVENT(hold)
{
	(void)course_hold(q, d);
}
EVENT(release)
{
	(void)course_release(q, d);
}
EVENT(retry)
{
	(void)course_retry(q, d);
}
EVENT(drop)
{
	(void)course_drop(q, d);
}
EVENT(worker_gone)
{
	d->result_worker = d->state == DELIVERY_SENDING ? &worker : NULL;
	pool_worker_gone(q->pool, &worker);
}

static void
judged_as(struct delivery *d, enum verdict_class class, enum advice advice)
{
	settle_untried(d, "so");
	delivery_judged(d, class, CATEGORY_OTHER, advice, 60, SPAN_LIT("5.0.0"), SPAN_LIT("words"));
	course_judged(&queued, d);
}

EVENT(judged_hard)
{
	(void)q;
	judged_as(d, CLASS_HARD, ADVICE_NONE);
}
EVENT(judged_soft)
{
	(void)q;
	judged_as(d, CLASS_SOFT, ADVICE_RETRY);
}
EVENT(judged_slow)
{
	(void)q;
	some_lane(d);
	judged_as(d, CLASS_SOFT, ADVICE_SLOW_LANE);
}

/* As a worker says it: of its transaction, of another, or of a time before this queued. */
static void
result(struct delivery *d, enum deliver_outcome outcome, uint64_t transaction)
{
	static uint64_t number;
	struct deliver_result r = { .number = ++number,
		.transaction = transaction,
		.id = d->message->envelope->id,
		.index = d->index,
		.outcome = outcome,
		.stage = STAGE_DOT,
		.code = outcome == OUTCOME_DELIVERED ? 250 : 451,
		.text = SPAN_LIT("so be it") };

	pool_result(queued.pool, &worker, &r);
}

static uint64_t
own(const struct delivery *d)
{
	return d->transaction == NULL ? UINT64_MAX : d->transaction->number;
}

#define RESULTS(name, outcome)                                                                     \
	EVENT(name)                                                                                \
	{                                                                                          \
		(void)q;                                                                           \
		result(d, outcome, own(d));                                                        \
	}                                                                                          \
	EVENT(name##_before)                                                                       \
	{                                                                                          \
		(void)q;                                                                           \
		result(d, outcome, 0);                                                             \
	}                                                                                          \
	EVENT(name##_of_another)                                                                   \
	{                                                                                          \
		(void)q;                                                                           \
		result(d, outcome, UINT64_MAX);                                                    \
	}
RESULTS(delivered, OUTCOME_DELIVERED)
RESULTS(replied, OUTCOME_REPLIED)
RESULTS(lost, OUTCOME_LOST)
RESULTS(needs_7bit, OUTCOME_NEEDS_7BIT)
RESULTS(was_damaged, OUTCOME_DAMAGED)
RESULTS(unsent, OUTCOME_UNSENT)

EVENT(underway)
{
	struct deliver_underway u = { .id = d->message->envelope->id, .index = d->index };

	pool_underway(q->pool, &worker, &u);
}

EVENT(rewritten)
{
	pool_rewritten(q->pool, own(d), NULL);
}
EVENT(not_rewritten)
{
	pool_not_rewritten(q->pool, own(d), false, SPAN_LIT("no"));
}
EVENT(rewritten_later)
{
	pool_not_rewritten(q->pool, own(d), true, SPAN_LIT("later"));
}
EVENT(set_aside)
{
	aside_put(q, d, "the test says so");
}

EVENT(closed)
{
	struct deliver_closed c = {
		.session = d->transaction == NULL ? 1 : d->transaction->session->number,
		.stood = true
	};

	pool_closed(q->pool, &worker, &c);
}

static const struct {
	const char *name;
	void (*happens)(struct queued *, struct delivery *);
} events[] = {
#define E(name)                                                                                    \
	{                                                                                          \
#name, name                                                                        \
	}
	E(begin),
	E(routed),
	E(unconfirmed),
	E(not_suppressed),
	E(suppressed),
	E(not_judged),
	E(judged_hard),
	E(judged_soft),
	E(judged_slow),
	E(noticed),
	E(not_returned),
	E(returned),
	E(unreadable),
	E(a_person_wrote),
	E(forwarded),
	E(not_forwarded),
	E(recheck),
	E(lane_away),
	E(tenant_away),
	E(expired),
	E(tenant_paused),
	E(tenant_released),
	E(lane_released),
	E(hold),
	E(release),
	E(retry),
	E(drop),
	E(worker_gone),
	E(delivered),
	E(delivered_before),
	E(delivered_of_another),
	E(replied),
	E(replied_before),
	E(replied_of_another),
	E(lost),
	E(lost_before),
	E(lost_of_another),
	E(needs_7bit),
	E(needs_7bit_before),
	E(needs_7bit_of_another),
	E(was_damaged),
	E(was_damaged_before),
	E(was_damaged_of_another),
	E(unsent),
	E(unsent_before),
	E(unsent_of_another),
	E(underway),
	E(rewritten),
	E(not_rewritten),
	E(rewritten_later),
	E(set_aside),
	E(closed),
#undef E
};

/* What it waits for, so that it does not stay there for ever. */
static bool
goes_on(const struct delivery *d, enum delivery_state was)
{
	switch ((enum delivery_state)d->state) {
	case DELIVERY_NEW:
		return was == DELIVERY_NEW;
	case DELIVERY_CONFIRM:
	case DELIVERY_VERDICT:
	case DELIVERY_DEFERRED:
	case DELIVERY_PAUSED:
		return schedule_has(&d->due);
	case DELIVERY_RETURNED: /* or it is being forwarded: that is with the store */
		return schedule_has(&d->due) || was == DELIVERY_RETURNED;
	case DELIVERY_LANE:
		return d->item.in != NULL;
	case DELIVERY_REWRITING:
		return d->transaction != NULL;
	case DELIVERY_SENDING:
		return d->transaction != NULL || d->result_worker != NULL;
	case DELIVERY_HELD:
		return d->item.in == NULL && d->transaction == NULL && d->job == 0;
	default:
		return true;
	}
}

/* Its message ends, so that the next begins with an empty house. */
static void
clean_up(struct id id)
{
	struct message *m = message_find(&queued.messages, id);

	for (unsigned i = 0; m != NULL && i < 2; i++) {
		struct delivery *d = &m->deliveries[i];

		if (d->state != DELIVERY_ENDED && d->state != DELIVERY_ENDING &&
		    d->state != DELIVERY_NOTICE)
			aside_put(&queued, d, "the test is over");
		(void)course_drop(&queued, d);
	}
	turns(2);
}

/* What an operator said is followed, or stands. What makes no sense is held, whatever was said. */
static bool
is_followed(const struct delivery *d, enum delivery_order order)
{
	if (order == ORDER_NONE || d->order == order || aside_is(d))
		return true;
	return order == ORDER_HOLD ? d->state == DELIVERY_HELD || d->state >= DELIVERY_NOTICE
				   : d->state >= DELIVERY_NOTICE;
}

static bool
takes_it_back(void (*happens)(struct queued *, struct delivery *))
{
	return happens == release || happens == set_aside || happens == drop || happens == hold;
}

static void
walk(enum delivery_state state, bool old, enum delivery_order order)
{
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct delivery *d = delivery_in(state, old);
		struct id id = d->message->envelope->id;

		d->order = (uint8_t)order;
		events[i].happens(&queued, d);
		if (message_find(&queued.messages, id) != NULL)
			ck_assert_msg(goes_on(d, state), "%s while \"%s\": it is \"%s\" for ever",
			    events[i].name, delivery_state_name(state),
			    delivery_state_name(d->state));
		turns(2);
		if (message_find(&queued.messages, id) != NULL)
			ck_assert_msg(goes_on(d, state),
			    "%s while \"%s\": later it is \"%s\" for ever", events[i].name,
			    delivery_state_name(state), delivery_state_name(d->state));
		if (message_find(&queued.messages, id) != NULL && !takes_it_back(events[i].happens))
			ck_assert_msg(is_followed(d, order),
			    "%s while \"%s\": it is \"%s\", though an operator wanted it otherwise",
			    events[i].name, delivery_state_name(state),
			    delivery_state_name(d->state));
		clean_up(id);
	}
}

START_TEST(everything_happens_in_every_state)
{
	queued_make();
	walk((enum delivery_state)_i, false, ORDER_NONE);
	tidy();
}
END_TEST

/* The same after its time: whatever is deferred expires. */
START_TEST(everything_happens_in_every_state_when_it_is_over)
{
	queued_make();
	walk((enum delivery_state)_i, true, ORDER_NONE);
	tidy();
}
END_TEST

static const enum delivery_state in_hand[] = { DELIVERY_REWRITING, DELIVERY_SENDING,
	DELIVERY_VERDICT, DELIVERY_RETURNED };

enum { IN_HAND = sizeof(in_hand) / sizeof(in_hand[0]) };

/* The same to what an operator wanted held, or dropped, while somebody had it. */
START_TEST(everything_happens_to_what_was_ordered)
{
	queued_make();
	walk(in_hand[_i % IN_HAND], false, _i < IN_HAND ? ORDER_HOLD : ORDER_DROP);
	tidy();
}
END_TEST

START_TEST(who_has_it_in_hand_has_it)
{
	struct delivery *d;

	queued_make();
	d = delivery_in(in_hand[_i], false);
	ck_assert_int_eq(course_hold(&queued, d), ACT_LATER);
	ck_assert_int_eq(course_release(&queued, d), ACT_DONE);
	ck_assert_int_eq(d->order, ORDER_NONE);
	ck_assert_int_eq(course_drop(&queued, d), ACT_LATER);
	ck_assert_int_eq(d->state, in_hand[_i]);
	tidy();
}
END_TEST

/* ---- what queued died of ---- */

static void
die(struct id id)
{
	if (fork() == 0) {
		DOING_MESSAGE(id, 0, DOING_JUDGED);

		abort();
	}
}

START_TEST(a_message_that_killed_twice_is_set_aside)
{
	struct delivery *d;
	const char *what;
	int status;

	queued_make();
	d = delivery_new("ann@good.test", false);
	for (unsigned deaths = 1; deaths <= 2; deaths++) {
		die(d->message->envelope->id);
		wait(&status);
		ck_assert(WIFSIGNALED(status));
		doing_open(doing_fd);
		ck_assert_uint_eq(doing_deaths(d->message->envelope->id, &what), deaths);
		aside_if_deadly(&queued, d->message);
		ck_assert_int_eq(d->state, deaths == 1 ? DELIVERY_LANE : DELIVERY_HELD);
	}
	ck_assert(aside_is(d));
	ck_assert_int_eq(course_release(&queued, d), ACT_DONE);
	ck_assert_uint_eq(doing_deaths(d->message->envelope->id, &what), 0);
	ck_assert_int_eq(d->state, DELIVERY_LANE);
	tidy();
}
END_TEST

/* One that was killed from outside is not held against what it had in hand. */
static struct message *
message_to_many(uint32_t n)
{
	struct recipient *to = calloc(n, sizeof(*to));
	struct envelope e = {
		.id = id_new(), .received_ms = loop_wall_ms(), .rcpts_n = n, .rcpts = to
	};
	struct facts f = { .size_bytes = 0 };
	struct message *m;

	ck_assert_ptr_nonnull(to);
	for (uint32_t i = 0; i < n; i++)
		to[i] =
		    (struct recipient){ .address = SPAN_LIT("ann@good.test"), .mark = MARK_OPEN };
	m = message_new(&queued.messages, queued.conf, &e, &f, span_of(NULL, 0));
	free(to);
	return m;
}

static void
counts_are_right(const struct message *m)
{
	uint32_t in[DELIVERY_STATES] = { 0 };

	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		in[m->deliveries[i].state]++;
	ck_assert_mem_eq(in, m->in, sizeof(in));
}

/* Held, released, held again and dropped, one by one: some hundred nanoseconds each, however many there are. */
START_TEST(one_message_may_have_many_recipients)
{
	enum { MANY = 50000, MOST_S = 4 };
	struct message *m;
	clock_t began;

	queued_make();
	m = message_to_many(MANY);
	began = clock();
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < MANY; i++)
			ck_assert_int_eq(course_hold(&queued, &m->deliveries[i]), ACT_DONE);
		counts_are_right(m);
		ck_assert_uint_eq(m->in[DELIVERY_HELD], MANY);
		for (uint32_t i = 0; round < 2 && i < MANY; i++) {
			ck_assert(aside_move(&queued, &m->deliveries[i], DELIVERY_NEW));
			schedule_clear(&queued.schedule, &m->deliveries[i].due);
		}
		m->held = false;
	}
	for (uint32_t i = MANY; i-- > 0;)
		ck_assert_int_eq(course_drop(&queued, &m->deliveries[i]), ACT_DONE);
	counts_are_right(m);
	ck_assert_msg(clock() - began < MOST_S * CLOCKS_PER_SEC, "%.1f s",
	    (double)(clock() - began) / CLOCKS_PER_SEC);
	tidy();
}
END_TEST

START_TEST(a_kill_from_outside_blames_nothing)
{
	struct id id = id_new();
	const char *what;
	int status;
	pid_t pid;

	queued_make();
	pid = fork();
	if (pid == 0) {
		DOING_MESSAGE(id, 0, DOING_JUDGED);

		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	doing_open(doing_fd);
	ck_assert_uint_eq(doing_deaths(id, &what), 0);
	tidy();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("course");
	TCase *t = tcase_create("course");
	SRunner *r;
	int bad;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, everything_happens_in_every_state, 0, DELIVERY_STATES);
	tcase_add_loop_test(
	    t, everything_happens_in_every_state_when_it_is_over, 0, DELIVERY_STATES);
	tcase_add_loop_test(t, everything_happens_to_what_was_ordered, 0, 2 * IN_HAND);
	tcase_add_loop_test(t, who_has_it_in_hand_has_it, 0, IN_HAND);
#ifndef __SANITIZE_ADDRESS__ /* which takes the signals of a fault for itself */
	tcase_add_test(t, a_message_that_killed_twice_is_set_aside);
	tcase_add_test(t, one_message_may_have_many_recipients);
#else
	(void)a_message_that_killed_twice_is_set_aside;
#endif
	tcase_add_test(t, a_kill_from_outside_blames_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
