/* Every state of a child with every event: what it becomes, and what is done. */
#include "child.h"
#include "loop.h"
#include "seat.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct {
	unsigned kills, tells, nonsenses, heard;
	enum child_event told;
	enum child_state was;
} seen;

void
child_kill(struct child *c)
{
	(void)c;
	seen.kills++;
}

void
child_tell(struct child *c, enum child_event order, const struct child_word *w)
{
	(void)c, (void)w;
	seen.tells++;
	seen.told = order;
}

void
child_nonsense(struct child *c, const char *why)
{
	(void)c, (void)why;
	seen.nonsenses++;
}

void
house_heard(struct house *h, struct child *c, enum child_event event, enum child_state was,
    const struct child_word *w)
{
	(void)h, (void)c, (void)event, (void)w;
	seen.heard++;
	seen.was = was;
}

/* A row a state. A letter an event, in their order: the state it leads to, or '.': the same. Behind the blank what is done:
 * k killed, t told, n closed as nonsense, - nothing. */
static const char *const expected[CHILD_STATES] = {
	/*                    RFPR CXSO PCAsK */
	[CHILD_STARTING] = "REnn LGEE ...DE  --nn k-kk ---tk",
	[CHILD_READY] = "nE.. LGEE P..DE  n--- k-kk t-ttk",
	[CHILD_PREPARING] = "nEpR LGEE ..RDE  n--- k-kk --ttk",
	[CHILD_PREPARED] = "nEnn LGEE .RRDE  n-nn k-kk -tttk",
	[CHILD_DRAINING] = ".E.. .GEE ....E  ---- k-kk ----k",
	[CHILD_LOST] = ".... .GEE ....E  ---- --kk ----k",
	[CHILD_ENDING] = ".... .G.. .....  ---- k-kk ----k",
	[CHILD_GONE] = ".... .... .....  ---- ---- -----",
};
static const char letters[CHILD_STATES] = "SRPpDLEG";

static char
led_to(enum child_state from, enum child_state to)
{
	return seen.nonsenses > 0 ? 'n' : from == to ? '.' : letters[to];
}

static char
done(void)
{
	return seen.kills > 0 ? 'k' : seen.tells > 0 ? 't' : seen.nonsenses > 0 ? 'n' : '-';
}

START_TEST(every_state_with_every_event)
{
	struct seat seat = { .kind = ROLE_QUEUED };
	char leads[32] = "", does[32] = "", row[64];
	unsigned at = 0;

	for (enum child_event e = 0; e < CHILD_EVENTS; e++) {
		struct child c = { .seat = &seat,
			.state = (enum child_state)_i,
			.generation = 7,
			.preparing = 7 };

		memset(&seen, 0, sizeof(seen));
		child_event(&c, e, &(struct child_word){ .generation = 7 });
		ck_assert_uint_eq(seen.heard, e < CHILD_PREPARE);
		if (e < CHILD_PREPARE)
			ck_assert_uint_eq(seen.was, (enum child_state)_i);
		if (e == CHILD_CLOSED || e == CHILD_PREPARE)
			leads[at] = does[at] = ' ', at++;
		leads[at] = led_to((enum child_state)_i, c.state);
		does[at++] = done();
	}
	snprintf(row, sizeof(row), "%s  %s", leads, does);
	ck_assert_msg(strcmp(row, expected[_i]) == 0, "%s: \"%s\", expected \"%s\"",
	    child_state_name((enum child_state)_i), row, expected[_i]);
}
END_TEST

static struct child
with(enum child_state state, uint64_t generation, uint64_t preparing)
{
	static struct seat seat = { .kind = ROLE_QUEUED };

	memset(&seen, 0, sizeof(seen));
	return (struct child){
		.seat = &seat, .state = state, .generation = generation, .preparing = preparing
	};
}

START_TEST(an_answer_to_a_generation_given_up_counts_for_nothing)
{
	struct child c = with(CHILD_PREPARING, 3, 5);

	child_event(&c, CHILD_SAID_PREPARED, &(struct child_word){ .generation = 4 });
	ck_assert_uint_eq(c.state, CHILD_PREPARING);
	child_event(&c, CHILD_SAID_REFUSED, &(struct child_word){ .generation = 4 });
	ck_assert_uint_eq(c.state, CHILD_PREPARING);
	child_event(&c, CHILD_SAID_PREPARED, &(struct child_word){ .generation = 5 });
	ck_assert_uint_eq(c.state, CHILD_PREPARED);
	child_event(&c, CHILD_COMMIT, &(struct child_word){ .generation = 6 });
	ck_assert_uint_eq(c.state, CHILD_PREPARED);
	ck_assert_uint_eq(seen.tells, 0);
	child_event(&c, CHILD_COMMIT, &(struct child_word){ .generation = 5 });
	ck_assert_uint_eq(c.state, CHILD_READY);
	ck_assert_uint_eq(c.generation, 5);
}
END_TEST

START_TEST(ready_answers_the_generation_it_was_started_with)
{
	struct child c = with(CHILD_STARTING, 3, 0);

	child_event(&c, CHILD_SAID_READY, &(struct child_word){ .generation = 2 });
	ck_assert_uint_eq(c.state, CHILD_STARTING);
	ck_assert_uint_eq(seen.nonsenses, 1);
	child_event(&c, CHILD_SAID_READY,
	    &(struct child_word){ .generation = 3, .why = SPAN_LIT("open=ENOENT") });
	ck_assert_uint_eq(c.state, CHILD_READY);
	ck_assert_str_eq(c.selftest, "open=ENOENT");
}
END_TEST

START_TEST(who_is_to_leave_has_a_time_to_be_gone_by)
{
	struct child c = with(CHILD_READY, 3, 0);

	child_event(&c, CHILD_STOP, &(struct child_word){ .number = 30 });
	ck_assert(c.leave_by_ms > loop_now_ms() + 30000);
	ck_assert(c.leave_by_ms < loop_now_ms() + 60000);
	c = with(CHILD_READY, 3, 0);
	child_event(&c, CHILD_SAID_FAILED, NULL);
	ck_assert(c.leave_by_ms > loop_now_ms());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("child");
	TCase *t = tcase_create("table");
	SRunner *r;
	int failed;

	loop_init();
	suite_add_tcase(s, t);
	tcase_add_loop_test(t, every_state_with_every_event, 0, CHILD_STATES);
	tcase_add_test(t, an_answer_to_a_generation_given_up_counts_for_nothing);
	tcase_add_test(t, ready_answers_the_generation_it_was_started_with);
	tcase_add_test(t, who_is_to_leave_has_a_time_to_be_gone_by);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
