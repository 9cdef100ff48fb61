#include "clients.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 3 };

static const struct conf_rate no_rate = { 0 };
static int memory;

static int
memory_new(unsigned workers, int seals)
{
	int fd = memfd_create("clients", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(ftruncate(fd, (off_t)clients_bytes(workers)), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void
setup(void)
{
	memory = memory_new(WORKERS, F_SEAL_SHRINK | F_SEAL_GROW);
}

static struct ip
address(const char *text)
{
	struct ip ip;

	ck_assert_int_eq(ip_read(span_str(text), &ip), 0);
	return ip;
}

static enum client_verdict
came_at(struct clients *c, const char *text, unsigned max, uint64_t now_ms, int *slot)
{
	struct ip ip = address(text);

	return clients_came(c, &ip, max, no_rate, now_ms, slot);
}

static enum client_verdict
came(struct clients *c, const char *text, unsigned max)
{
	int slot;

	return came_at(c, text, max, 5000, &slot);
}

/* Another worker: takes a place for the client and lives until it is killed. */
static pid_t
worker(const char *client)
{
	int told[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		struct clients *other = clients_new(memory);

		if (came(other, client, 100) != CLIENT_WELCOME || write(told[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(told[0], &c, 1), 1);
	close(told[0]);
	close(told[1]);
	return pid;
}

static void
killed(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static const struct {
	const char *rule, *one, *two;
	bool same;
} pairs[] = {
	{ "two IPv4 addresses", "192.0.2.1", "192.0.2.2", false },
	{ "one /64", "2001:db8::1", "2001:db8::2:3", true },
	{ "two of them", "2001:db8::1", "2001:db8:0:1::1", false },
	{ "the bytes of an IPv4 address in front of an IPv6 one", "170.187.204.221", "aabb:ccdd::1",
	    false },
	{ "and as its number", "170.187.204.221", "aabb:ccdd:100::1", false },
	{ "", "170.187.204.221", "0:1:ddcc:bbaa::1", false },
	{ "", "170.187.204.221", "ddcc:bbaa:1::1", false },
	{ "loopback is a client as any other", "::1", "::2", true },
	{ "but no IPv4 one", "::1", "0.0.0.1", false },
	{ "", "::1", "0:0:0:1::1", false },
};

START_TEST(who_is_one_client)
{
	struct clients *c = clients_new(memory);

	ck_assert_int_eq(came(c, pairs[_i].one, 1), CLIENT_WELCOME);
	ck_assert_int_eq(came(c, pairs[_i].one, 1), CLIENT_TOO_MANY);
	ck_assert_int_eq(
	    came(c, pairs[_i].two, 1), pairs[_i].same ? CLIENT_TOO_MANY : CLIENT_WELCOME);
	clients_free(c);
}
END_TEST

START_TEST(who_left_may_come_again)
{
	struct clients *c = clients_new(memory);
	int slot;

	ck_assert_int_eq(came_at(c, "192.0.2.1", 1, 5000, &slot), CLIENT_WELCOME);
	clients_left(c, slot);
	ck_assert_int_eq(came_at(c, "192.0.2.1", 1, 5000, &slot), CLIENT_WELCOME);
	clients_free(c);
}
END_TEST

START_TEST(workers_count_together)
{
	struct clients *c = clients_new(memory);
	pid_t other = worker("192.0.2.1");

	ck_assert_int_eq(came(c, "192.0.2.1", 1), CLIENT_TOO_MANY);
	ck_assert_int_eq(came(c, "192.0.2.1", 2), CLIENT_WELCOME);
	killed(other);
	clients_free(c);
}
END_TEST

/* Nobody takes the dead one's place: who would be refused on its account is not. */
START_TEST(what_a_dead_worker_held_is_given_back)
{
	struct clients *c = clients_new(memory);
	pid_t other = worker("192.0.2.1");
	int slot;

	ck_assert_int_eq(came_at(c, "192.0.2.1", 1, 5000, &slot), CLIENT_TOO_MANY);
	killed(other);
	ck_assert_int_eq(came_at(c, "192.0.2.1", 1, 7000, &slot), CLIENT_WELCOME);
	clients_free(c);
}
END_TEST

START_TEST(a_new_worker_takes_the_place_of_a_dead_one)
{
	struct clients *c = clients_new(memory);

	for (unsigned i = 0; i < 3 * WORKERS; i++)
		killed(worker("192.0.2.1"));
	ck_assert_int_eq(came(c, "192.0.2.1", 1), CLIENT_WELCOME);
	clients_free(c);
}
END_TEST

START_TEST(one_worker_too_many_counts_alone)
{
	struct clients *c = clients_new(memory), *alone;
	pid_t one = worker("192.0.2.1"), two = worker("192.0.2.1"), three = worker("192.0.2.1");

	ck_assert_int_eq(came(c, "192.0.2.1", 3), CLIENT_WELCOME);
	ck_assert_int_eq(came(c, "192.0.2.1", 3), CLIENT_TOO_MANY);
	killed(three); /* it is the one that found no column */
	killed(one);
	killed(two);
	clients_free(c);
	alone = clients_new(-1);
	ck_assert_int_eq(came(alone, "192.0.2.1", 1), CLIENT_WELCOME);
	ck_assert_int_eq(came(alone, "192.0.2.1", 1), CLIENT_TOO_MANY);
	clients_free(alone);
}
END_TEST

START_TEST(memory_that_may_shrink_is_not_mapped)
{
	int loose = memory_new(WORKERS, F_SEAL_GROW);
	struct clients *c = clients_new(loose);
	int slot;

	ck_assert_int_eq(ftruncate(loose, 0), 0);
	ck_assert_int_eq(came_at(c, "192.0.2.1", 1, 5000, &slot), CLIENT_WELCOME);
	clients_left(c, slot);
	clients_free(c);
	close(loose);
}
END_TEST

START_TEST(rates)
{
	struct clients *c = clients_new(memory);
	struct conf_rate twice = { .count = 2, .per_s = 10 };
	struct ip ip = address("192.0.2.1"), other = address("192.0.2.2");
	int slot;

	ck_assert_int_eq(clients_came(c, &ip, 9, twice, 5000, &slot), CLIENT_WELCOME);
	ck_assert_int_eq(clients_came(c, &ip, 9, twice, 5000, &slot), CLIENT_WELCOME);
	ck_assert_int_eq(clients_came(c, &ip, 9, twice, 14999, &slot), CLIENT_TOO_OFTEN);
	ck_assert_int_eq(clients_came(c, &other, 9, twice, 14999, &slot), CLIENT_WELCOME);
	ck_assert_int_eq(clients_came(c, &ip, 9, twice, 15000, &slot), CLIENT_WELCOME);
	clients_free(c);
}
END_TEST

/* Ones that are gone make room; ones that are there keep their count. */
START_TEST(more_clients_than_places)
{
	struct clients *c = clients_new(memory);
	struct ip ip = { .family = AF_INET };
	int slot;

	ck_assert_int_eq(came(c, "192.0.2.1", 1), CLIENT_WELCOME);
	for (uint32_t i = 0; i < 100000; i++) {
		ip.bytes[0] = 10;
		ip.bytes[1] = (uint8_t)(i >> 16), ip.bytes[2] = (uint8_t)(i >> 8),
		ip.bytes[3] = (uint8_t)i;
		ck_assert_int_eq(clients_came(c, &ip, 1, no_rate, 5000, &slot), CLIENT_WELCOME);
		ck_assert_int_ge(slot, 0);
		clients_left(c, slot);
	}
	ck_assert_int_eq(came(c, "192.0.2.1", 1), CLIENT_TOO_MANY);
	clients_free(c);
}
END_TEST

/* What another worker wrote there makes counts wrong, and nothing else. */
START_TEST(memory_full_of_nonsense)
{
	struct clients *c = clients_new(memory);
	size_t n = clients_bytes(WORKERS);
	unsigned char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	struct conf_rate rate = { .count = 2, .per_s = 10 };
	struct ip ip = address("192.0.2.1");
	int slot;

	ck_assert_ptr_ne(p, MAP_FAILED);
	for (size_t i = 0; i < n; i++)
		p[i] = 0xff;
	for (unsigned i = 0; i < 100; i++) {
		(void)clients_came(c, &ip, 9, rate, 5000, &slot);
		clients_left(c, slot);
	}
	munmap(p, n);
	clients_free(c);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clients");
	TCase *t = tcase_create("clients");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 30); /* a busy machine, a sanitised build */
	tcase_add_loop_test(t, who_is_one_client, 0, sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(t, who_left_may_come_again);
	tcase_add_test(t, workers_count_together);
	tcase_add_test(t, what_a_dead_worker_held_is_given_back);
	tcase_add_test(t, a_new_worker_takes_the_place_of_a_dead_one);
	tcase_add_test(t, one_worker_too_many_counts_alone);
	tcase_add_test(t, memory_that_may_shrink_is_not_mapped);
	tcase_add_test(t, rates);
	tcase_add_test(t, more_clients_than_places);
	tcase_add_test(t, memory_full_of_nonsense);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
