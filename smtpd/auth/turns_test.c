#include "turns.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 2, HASH_MS = 45, GUESSERS = 300 };

/* A world with its own clock: guessers that ask again as soon as they are answered, and a customer. */
struct world {
	struct guesses *guesses;
	struct turns *turns;
	uint64_t now_ms;
	struct ask *checked[THREADS];
	uint64_t over_ms[THREADS];
	unsigned guessed; /* hashes spent on guesses */
	struct ask *goes; /* the last that was sent away */
	struct ask *free[GUESSERS];
	unsigned free_n;
};

static struct world w;

static void
setup(void)
{
	w = (struct world){ .guesses = guesses_new(), .now_ms = 1000 };
	w.turns = turns_new(w.guesses, THREADS);
}

static void
teardown(void)
{
	turns_free(w.turns);
	guesses_free(w.guesses);
}

static void
ask_set(struct ask *a, const char *login, const char *client)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->login, sizeof(a->login), "%s", login);
	snprintf(a->client, sizeof(a->client), "%s", client);
	guesses_keys(w.guesses, span_str(login), span_str(client), &a->keys);
}

/* Gives work to idle threads. */
static void
threads_fill(void)
{
	uint64_t again;

	for (unsigned i = 0; i < THREADS; i++) {
		if (w.checked[i] != NULL)
			continue;
		w.checked[i] = turns_next(w.turns, w.now_ms, &again);
		w.over_ms[i] = w.now_ms + HASH_MS;
	}
}

/* One millisecond; true: the customer was answered. */
static bool
tick(const struct ask *customer)
{
	bool served = false;

	w.now_ms++;
	for (unsigned i = 0; i < THREADS; i++) {
		struct ask *a = w.checked[i];

		if (a == NULL || w.now_ms < w.over_ms[i])
			continue;
		turns_over(w.turns, a);
		w.checked[i] = NULL;
		if (a == customer) {
			guesses_fitted(w.guesses, &a->keys, w.now_ms);
			served = true;
		} else {
			guesses_failed(w.guesses, &a->keys, w.now_ms);
			w.guessed++;
			w.free[w.free_n++] = a;
		}
	}
	threads_fill();
	return served;
}

/* How the i-th guesser's n-th guess is written. */
struct pattern {
	const char *rule, *login, *client; /* formats of n, and of i */
	unsigned guessers;
	const char *customer_login, *customer_client;
	bool was_there; /* the customer logged in before it began */
	unsigned most_ms;
};

static const struct pattern patterns[] = {
	{ "70 connections of one address, one login", "ann", "192.0.2.1", 70, "bob", "198.51.100.1",
	    false, 2 * HASH_MS },
	{ "many logins", "u%u", "192.0.2.1", 70, "bob", "198.51.100.1", false, 2 * HASH_MS },
	{ "beside it in one network", "u%u", "192.0.2.1", 70, "bob", "192.0.2.2", false,
	    2 * HASH_MS },
	{ "at the customer's own login from elsewhere", "bob", "192.0.2.1", 70, "bob",
	    "198.51.100.1", false, 2 * HASH_MS },
	{ "the same, next to it", "bob", "192.0.2.1", 70, "bob", "192.0.2.2", false, 2 * HASH_MS },
	{ "one login at the customer's own address", "ann", "192.0.2.1", 70, "bob", "192.0.2.1",
	    false, 2 * HASH_MS },
	{ "many there, the customer is known", "u%u", "192.0.2.1", 70, "bob", "192.0.2.1", true,
	    2 * HASH_MS },
	{ "many addresses of a /24", "u%u", "192.0.2.%u", 200, "bob", "198.51.100.1", false,
	    2 * HASH_MS },
	{ "the customer among them", "u%u", "192.0.2.%u", 200, "bob", "192.0.2.250", false,
	    4 * HASH_MS },
	{ "many addresses of a /64", "u%u", "2001:db8::%x", 200, "bob", "2001:db9::1", false,
	    2 * HASH_MS },
	{ "many /64 of a /48", "u%u", "2001:db8:0:%x::1", 200, "bob", "2001:db9::1", false,
	    2 * HASH_MS },
	{ "300 networks at the customer's login, which is known", "bob", "10.%u.0.1", 300, "bob",
	    "198.51.100.1", true, 2 * HASH_MS },
	{ "300 networks, the customer is known", "u%u", "10.%u.0.1", 300, "bob", "198.51.100.1",
	    true, 2 * HASH_MS },
};

static void
guess(struct ask *a, const struct pattern *p, unsigned i, unsigned n)
{
	char login[32], client[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(login, sizeof(login), p->login, n);
	snprintf(client, sizeof(client), p->client, i % 256);
#pragma GCC diagnostic pop
	ask_set(a, login, client);
}

static void
customer_known(struct ask *customer)
{
	turns_add(w.turns, customer, w.now_ms);
	threads_fill();
	while (!tick(customer))
		;
}

START_TEST(who_guesses_delays_nobody)
{
	const struct pattern *p = &patterns[_i];
	struct ask *asks = calloc(p->guessers, sizeof(*asks));
	struct ask customer;
	unsigned n = 0, waited = 0;

	ask_set(&customer, p->customer_login, p->customer_client);
	if (p->was_there)
		customer_known(&customer);
	for (w.free_n = 0; w.free_n < p->guessers; w.free_n++)
		w.free[w.free_n] = &asks[w.free_n];
	for (unsigned ms = 0; ms < 30000; ms++) {
		while (w.free_n > 0) {
			struct ask *a = w.free[--w.free_n], *goes;

			guess(a, p, (unsigned)(a - asks), n++);
			goes = turns_add(w.turns, a, w.now_ms);
			if (goes != NULL) { /* it tries again in the next millisecond */
				w.free[w.free_n++] = goes;
				break;
			}
		}
		(void)tick(NULL);
	}
	ask_set(&customer, p->customer_login, p->customer_client);
	for (struct ask *goes = turns_add(w.turns, &customer, w.now_ms); goes != NULL;) {
		ck_assert_msg(goes != &customer, "%s: the customer was sent away", p->rule);
		break;
	}
	for (waited = 1; !tick(&customer); waited++)
		ck_assert_msg(waited < 10000, "%s: the customer waits for ever", p->rule);
	ck_assert_msg(waited <= p->most_ms, "%s: the customer waited %u ms", p->rule, waited);
	free(asks);
}
END_TEST

/* What one address can try in ten minutes, whatever it does. */
START_TEST(who_fails_gets_slow)
{
	struct ask a;
	uint64_t again;

	for (; w.now_ms < 600 * 1000; w.now_ms++) {
		char login[32];
		struct ask *next;

		snprintf(login, sizeof(login), _i == 0 ? "ann" : "u%u", w.guessed);
		ask_set(&a, login, "192.0.2.1");
		ck_assert_ptr_null(turns_add(w.turns, &a, w.now_ms));
		while ((next = turns_next(w.turns, w.now_ms, &again)) == NULL && again > 0)
			w.now_ms = again;
		ck_assert_ptr_eq(next, &a);
		w.now_ms += HASH_MS;
		turns_over(w.turns, &a);
		guesses_failed(w.guesses, &a.keys, w.now_ms);
		w.guessed++;
	}
	ck_assert_uint_lt(w.guessed, 80);
}
END_TEST

START_TEST(a_mistake_costs_nothing)
{
	struct guess_keys k;

	guesses_keys(w.guesses, SPAN_LIT("ann"), SPAN_LIT("192.0.2.1"), &k);
	for (unsigned i = 0; i < 3; i++) {
		guesses_failed(w.guesses, &k, w.now_ms);
		ck_assert_uint_le(guesses_open_ms(w.guesses, &k, w.now_ms), w.now_ms);
	}
	guesses_failed(w.guesses, &k, w.now_ms);
	ck_assert_uint_gt(guesses_open_ms(w.guesses, &k, w.now_ms), w.now_ms);
	guesses_fitted(w.guesses, &k, w.now_ms);
	ck_assert_uint_le(guesses_open_ms(w.guesses, &k, w.now_ms), w.now_ms);
	ck_assert_int_eq(guesses_standing(w.guesses, &k, w.now_ms), STANDING_HOME);
}
END_TEST

START_TEST(failures_are_forgiven)
{
	struct guess_keys k;

	guesses_keys(w.guesses, SPAN_LIT("ann"), SPAN_LIT("192.0.2.1"), &k);
	for (unsigned i = 0; i < 100; i++)
		guesses_failed(w.guesses, &k, w.now_ms);
	ck_assert_int_eq(guesses_standing(w.guesses, &k, w.now_ms), STANDING_FAILED);
	ck_assert_int_eq(guesses_standing(w.guesses, &k, w.now_ms + 11 * 60000), STANDING_CLEAN);
}
END_TEST

START_TEST(places_of_a_client)
{
	struct ask asks[TURNS_CLIENT_PLACES + 1], other;

	for (unsigned i = 0; i < TURNS_CLIENT_PLACES; i++) {
		ask_set(&asks[i], "ann", "192.0.2.1");
		ck_assert_ptr_null(turns_add(w.turns, &asks[i], w.now_ms));
	}
	ask_set(&asks[TURNS_CLIENT_PLACES], "ann", "192.0.2.1");
	ck_assert_ptr_eq(
	    turns_add(w.turns, &asks[TURNS_CLIENT_PLACES], w.now_ms), &asks[TURNS_CLIENT_PLACES]);
	ask_set(&other, "bob", "192.0.2.1"); /* another login there: the crowd gives way */
	ck_assert_ptr_ne(turns_add(w.turns, &other, w.now_ms), &other);
	ask_set(&asks[TURNS_CLIENT_PLACES], "ann", "192.0.2.2");
	ck_assert_ptr_null(turns_add(w.turns, &asks[TURNS_CLIENT_PLACES], w.now_ms));
}
END_TEST

/* Every place is taken by networks of one login each; one network takes more. */
START_TEST(places_of_all)
{
	struct ask *asks = calloc(TURNS_PLACES, sizeof(*asks)), other, *goes;
	char client[64];

	for (unsigned i = 0; i < TURNS_PLACES; i++) {
		if (i % 2 == 0)
			snprintf(client, sizeof(client), "192.0.2.%u", i % 256);
		else
			snprintf(client, sizeof(client), "10.%u.%u.1", i / 256, i % 256);
		ask_set(&asks[i], "ann", client);
		ck_assert_ptr_null(turns_add(w.turns, &asks[i], w.now_ms));
	}
	ask_set(&other, "bob", "198.51.100.1");
	goes = turns_add(w.turns, &other, w.now_ms);
	ck_assert_ptr_nonnull(goes);
	ck_assert_msg(strncmp(goes->client, "192.0.2.", 8) == 0, "%s", goes->client);
	free(asks);
}
END_TEST

START_TEST(a_worker_that_is_gone_is_not_answered)
{
	struct ask a;
	uint64_t again;
	int worker;

	ask_set(&a, "ann", "192.0.2.1");
	a.worker = &worker;
	ck_assert_ptr_null(turns_add(w.turns, &a, w.now_ms));
	ck_assert_ptr_eq(turns_next(w.turns, w.now_ms, &again), &a);
	turns_forget(w.turns, &worker);
	ck_assert_ptr_null(a.worker);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("turns");
	TCase *t = tcase_create("turns");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 60); /* minutes of a crowded world, on a busy machine */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, who_guesses_delays_nobody, 0, sizeof(patterns) / sizeof(patterns[0]));
	tcase_add_loop_test(t, who_fails_gets_slow, 0, 2);
	tcase_add_test(t, a_mistake_costs_nothing);
	tcase_add_test(t, failures_are_forgiven);
	tcase_add_test(t, places_of_a_client);
	tcase_add_test(t, places_of_all);
	tcase_add_test(t, a_worker_that_is_gone_is_not_answered);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
