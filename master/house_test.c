/* The house with children that are no processes: reloads, deaths at every moment of one, and a long walk of whatever may
 * happen, after each step of which nothing may be lost, doubled or left over. */
#include "accepted.h"
#include "control.h"
#include "err.h"
#include "ground.h"
#include "handout.h"
#include "house_run.h"
#include "launch.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "preflight.h"
#include "role_output.h"
#include "seat.h"
#include "sockets.h"
#include "tables.h"

#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 20000, CHILDREN_MAX = 512 };

static struct house house;
static struct child *living[CHILDREN_MAX];
static unsigned living_n;
static pid_t last_pid;
static unsigned asked, answered, refusals;
static bool furnish_fails;
static char conf_path[] = "/tmp/house_test.XXXXXX";

/* ---- what the house calls, without processes ---- */

int
launch(struct house *h, struct child *c, const struct conf *conf, struct err *err)
{
	(void)h, (void)conf, (void)err;
	c->pid = ++last_pid;
	ck_assert_uint_lt(living_n, CHILDREN_MAX);
	living[living_n++] = c;
	return 0;
}

void
role_output_free(struct role_output *o)
{
	(void)o;
}

int
launch_furnish(struct house *h, const struct conf *conf, struct child *c, struct err *err)
{
	(void)h, (void)conf, (void)c;
	return furnish_fails ? err_set(err, "a key cannot be read") : 0;
}

int
handout_fresh(const struct conf *conf, enum role_kind kind, struct chan *c, struct err *err)
{
	(void)conf, (void)kind, (void)c, (void)err;
	return 0;
}

uint8_t
handout_log_level(const struct conf *conf)
{
	(void)conf;
	return LOG_LEVEL_INFO;
}

int
ground_prepare(struct house *h, struct err *err)
{
	(void)err;
	h->sockets = malloc(1);
	return 0;
}

struct sockets *
sockets_bind(
    const struct conf *conf, unsigned workers, const struct sockets *in_force, struct err *err)
{
	(void)conf, (void)workers, (void)in_force, (void)err;
	return malloc(1);
}

void
sockets_free(struct sockets *s)
{
	free(s);
}

int
accepted_keep(const struct conf *conf, struct err *err)
{
	(void)conf, (void)err;
	return 0;
}

/* What the machine lacks is tried by tests/e2e/bad_conf.py. */
void
preflight(struct conf *conf, enum preflight how, const char *libexec)
{
	(void)conf, (void)how, (void)libexec;
}

void
notify(const char *state)
{
	(void)state;
}

void
child_kill(struct child *c)
{
	(void)c;
}

void
child_tell(struct child *c, enum child_event order, const struct child_word *w)
{
	(void)c, (void)order, (void)w;
}

void
child_nonsense(struct child *c, const char *why)
{
	(void)c, (void)why;
}

void
control_row(struct control_call *c)
{
	(void)c;
}

void
control_num(struct control_call *c, const char *key, uint64_t v)
{
	(void)c, (void)key, (void)v;
}

void
control_row_end(struct control_call *c)
{
	(void)c;
}

void
control_end(struct control_call *c)
{
	(void)c;
	answered++;
}

void
control_error(struct control_call *c, int exit_code, const char *fmt, ...)
{
	(void)c, (void)exit_code, (void)fmt;
	answered++;
	refusals++;
}

/* ---- a house ---- */

static void
exits(struct child *c)
{
	unsigned i = 0;

	while (living[i] != c)
		i++;
	child_event(c, CHILD_EXITED, &(struct child_word){ .number = 9 });
	ck_assert_uint_eq(seat_place(c), PLACE_NOWHERE);
	living[i] = living[--living_n];
	free(c);
}

static void
says_ready(struct child *c)
{
	child_event(c, CHILD_SAID_READY, &(struct child_word){ .generation = c->generation });
}

static void
says_prepared(struct child *c)
{
	child_event(c, CHILD_SAID_PREPARED, &(struct child_word){ .generation = c->preparing });
}

static void
house_new(void)
{
	struct err err;

	while (living_n > 0) {
		free(living[--living_n]);
		living[living_n] = NULL;
	}
	for (unsigned i = 0; i < house.seats_n; i++)
		timer_free(house.seats[i].restart);
	conf_free(house.conf);
	sockets_free(house.sockets);
	memset(&house, 0, sizeof(house));
	asked = answered = refusals = 0;
	furnish_fails = false;
	house.libexec = (char *)"/";
	house.conf_path = conf_path;
	house.conf = conf_read(house_table(), conf_path);
	ck_assert_uint_eq(conf_errors(house.conf), 0);
	ck_assert_int_eq(house_start(&house, &err), 0);
}

static void
house_up(void)
{
	house_new();
	for (unsigned i = 0; i < house.seats_n; i++)
		says_ready(house.seats[i].now);
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
}

static void
reload(void)
{
	asked++;
	house_reload(&house, conf_path, (struct control_call *)&asked);
}

static struct seat *
seat_of(enum role_kind kind)
{
	for (unsigned i = 0; i < house.seats_n; i++)
		if (house.seats[i].kind == kind)
			return &house.seats[i];
	return NULL;
}

/* ---- what must hold after each step ---- */

static unsigned
on_seat(const struct seat *s)
{
	unsigned n = (s->now != NULL) + (s->next != NULL);

	for (const struct child *c = s->leaving; c != NULL; c = c->older)
		n++;
	return n;
}

static void
sound(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < house.seats_n; i++) {
		const struct seat *s = &house.seats[i];
		bool keeps = role_spec(s->kind)->keeps_state;

		n += on_seat(s);
		if (house.state == HOUSE_RELOADING)
			ck_assert((s->next != NULL) == !keeps);
		else
			ck_assert_ptr_null(s->next);
		if (house.state == HOUSE_RUNNING && s->now != NULL)
			ck_assert(
			    s->now->state != CHILD_PREPARING && s->now->state != CHILD_PREPARED);
		if (house.state == HOUSE_RUNNING && s->now != NULL && s->now->state < CHILD_LOST)
			ck_assert(keeps || s->now->generation == house.generation);
	}
	ck_assert_uint_eq(n, living_n);
	ck_assert((house.conf_next != NULL) == (house.state == HOUSE_RELOADING));
	ck_assert((house.sockets_next != NULL) == (house.state == HOUSE_RELOADING));
	ck_assert(house.generation <= house.tried);
	ck_assert_uint_eq(asked - answered, house.reload_asked != NULL);
	if (house.state != HOUSE_RELOADING)
		ck_assert_uint_eq(asked, answered);
}

/* ---- single cases ---- */

static void
new_ones_say_ready(void)
{
	for (unsigned i = 0; i < house.seats_n; i++)
		if (house.seats[i].next != NULL)
			says_ready(house.seats[i].next);
}

static void
old_ones_agree(void)
{
	for (unsigned i = 0; i < house.seats_n; i++)
		if (role_spec(house.seats[i].kind)->keeps_state)
			says_prepared(house.seats[i].now);
}

START_TEST(a_reload_is_taken_when_all_agree)
{
	house_up();
	reload();
	ck_assert_uint_eq(house.state, HOUSE_RELOADING);
	old_ones_agree();
	ck_assert_uint_eq(house.generation, 1);
	new_ones_say_ready();
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
	ck_assert_uint_eq(house.generation, 2);
	ck_assert_uint_eq(refusals, 0);
	sound();
}
END_TEST

/* READY of the last one is read when it is reaped: it takes its seat, and then leaves it. */
START_TEST(the_last_new_one_is_ready_and_dead)
{
	struct seat *web;
	struct child *c;

	house_up();
	web = seat_of(ROLE_WEB);
	reload();
	old_ones_agree();
	c = web->next;
	for (unsigned i = 0; i < house.seats_n; i++)
		if (house.seats[i].next != NULL && house.seats[i].next != c)
			says_ready(house.seats[i].next);
	says_ready(c);
	ck_assert_ptr_eq(web->now, c);
	exits(c);
	ck_assert_ptr_null(web->now);
	ck_assert_ptr_nonnull(web->restart);
	sound();
}
END_TEST

START_TEST(a_second_reload_right_after_a_refused_one)
{
	house_up();
	reload();
	child_event(seat_of(ROLE_QUEUED)->now, CHILD_SAID_REFUSED,
	    &(struct child_word){ .generation = 2, .why = SPAN_LIT("no") });
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
	ck_assert_uint_eq(refusals, 1);
	sound(); /* those of generation 2 are not reaped yet */
	reload();
	ck_assert_uint_eq(house.tried, 3);
	sound();
	says_prepared(seat_of(ROLE_BOUNCD)->now);
	new_ones_say_ready();
	says_prepared(seat_of(ROLE_STATS)->now);
	/* What queued said to the first one is no answer to the second. */
	child_event(seat_of(ROLE_QUEUED)->now, CHILD_SAID_PREPARED,
	    &(struct child_word){ .generation = 2 });
	ck_assert_uint_eq(house.state, HOUSE_RELOADING);
	says_prepared(seat_of(ROLE_QUEUED)->now);
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
	ck_assert_uint_eq(house.generation, 3);
	sound();
}
END_TEST

START_TEST(an_old_one_without_state_dies_meanwhile)
{
	struct seat *smtpd;

	house_up();
	smtpd = seat_of(ROLE_SMTPD);
	reload();
	exits(smtpd->now);
	ck_assert_uint_eq(house.state, HOUSE_RELOADING);
	sound();
	old_ones_agree();
	new_ones_say_ready();
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
	sound();
}
END_TEST

START_TEST(one_with_state_dies_meanwhile)
{
	house_up();
	reload();
	old_ones_agree();
	exits(seat_of(ROLE_QUEUED)->now);
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
	ck_assert_uint_eq(house.generation, 1);
	ck_assert_uint_eq(refusals, 1);
	sound();
}
END_TEST

START_TEST(a_signal_during_a_reload_is_served_after_it)
{
	house_up();
	reload();
	house_reload(&house, conf_path, NULL);
	old_ones_agree();
	new_ones_say_ready();
	ck_assert_uint_eq(house.state, HOUSE_RELOADING);
	ck_assert_uint_eq(house.generation, 2);
	ck_assert_uint_eq(house.tried, 3);
	sound();
}
END_TEST

START_TEST(a_stop_answers_the_reload_it_ends)
{
	house_up();
	reload();
	house_stop(&house);
	ck_assert_uint_eq(house.state, HOUSE_STOPPING);
	ck_assert_uint_eq(refusals, 1);
	sound();
}
END_TEST

START_TEST(a_reload_that_cannot_be_begun)
{
	house_up();
	furnish_fails = true;
	reload();
	ck_assert_uint_eq(house.state, HOUSE_RUNNING);
	ck_assert_uint_eq(refusals, 1);
	sound();
	furnish_fails = false;
	reload();
	ck_assert_uint_eq(house.state, HOUSE_RELOADING);
	sound();
}
END_TEST

/* ---- the walk ---- */

static void
something_happens(struct child *c)
{
	uint64_t stale = rand() % 4 == 0;
	struct child_word w = { .generation = c->state == CHILD_STARTING ? c->generation
									 : c->preparing - stale,
		.why = SPAN_LIT("why") };
	static const enum child_event mostly[] = { CHILD_SAID_READY, CHILD_SAID_READY,
		CHILD_SAID_READY, CHILD_SAID_PREPARED, CHILD_SAID_PREPARED, CHILD_SAID_PREPARED };
	unsigned n = sizeof(mostly) / sizeof(mostly[0]);
	unsigned which = (unsigned)rand() % (n + 4);

	if (which < n)
		child_event(c, mostly[which], &w);
	else if (c->state >= CHILD_DRAINING || rand() % 20 == 0)
		exits(c);
	else if (rand() % 20 == 0)
		child_event(c, rand() % CHILD_EXITED, &w);
}

START_TEST(whatever_happens_nothing_is_lost)
{
	srand((unsigned)_i);
	house_up();
	for (unsigned i = 0; i < STEPS; i++) {
		if (rand() % 100 == 0)
			reload();
		else if (rand() % 1000 == 0)
			house_reload(&house, conf_path, NULL);
		else if (living_n > 0)
			something_happens(living[(unsigned)rand() % living_n]);
		for (unsigned k = 0; k < house.seats_n; k++)
			house.seats[k].failures = 0; /* the next one comes at once */
		if (i % 8 == 0)
			event_base_loop(loop_base(), EVLOOP_NONBLOCK);
		sound();
	}
	ck_assert_uint_eq(house.state == HOUSE_STARTING, 0);
	ck_assert_uint_gt(house.tried, 10);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("house");
	TCase *t = tcase_create("house");
	int failed, fd = mkstemp(conf_path);
	SRunner *r;

	if (fd == -1 || write(fd, "workers 2\n", 10) != 10)
		return 1;
	close(fd);
	loop_init();
	log_init(
	    "house", open("/dev/null", O_WRONLY | O_CLOEXEC)); /* tens of thousands of deaths */
	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_reload_is_taken_when_all_agree);
	tcase_add_test(t, the_last_new_one_is_ready_and_dead);
	tcase_add_test(t, a_second_reload_right_after_a_refused_one);
	tcase_add_test(t, an_old_one_without_state_dies_meanwhile);
	tcase_add_test(t, one_with_state_dies_meanwhile);
	tcase_add_test(t, a_signal_during_a_reload_is_served_after_it);
	tcase_add_test(t, a_stop_answers_the_reload_it_ends);
	tcase_add_test(t, a_reload_that_cannot_be_begun);
	tcase_add_loop_test(t, whatever_happens_nothing_is_lost, 1, 4);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	unlink(conf_path);
	return failed == 0 ? 0 : 1;
}
