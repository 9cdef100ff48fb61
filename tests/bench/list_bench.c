/* bench-list FOLDER [ENTRIES] [plain]: what a suppression list of that size costs: make bench-list.
 *
 * Adds the entries as an import does (10,000 a transaction, merges between), then opens the list anew, as a start does, and
 * asks it: as queued does, of the memory file of hashes, and as bouncd does, of the list itself. */
#include "../../bouncd/suppression.h"
#include "../../queued/suppressed.h"
#include "err.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CALL = 10000, LOOKUPS = 1000000, GROUPS = 200, GROUP = 20 };

static struct err err;
static double worst_step_s;
static unsigned merges;

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
good(bool ok)
{
	if (!ok)
		fatal("%s", err.text);
}

static double
rss_mb(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long all, resident = 0;

	if (f == NULL || fscanf(f, "%lu %lu", &all, &resident) != 2)
		fatal("no /proc/self/statm");
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static double
disk_mb(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	struct stat st;
	double bytes = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
			bytes += (double)st.st_blocks * 512;
	if (d != NULL)
		closedir(d);
	return bytes / 1e6;
}

static size_t
address(char out[64], uint64_t i)
{
	return (size_t)snprintf(out, 64, "person.%" PRIu64 "@mail%" PRIu64 ".example", i, i % 1000);
}

static void
merge(struct suppression *s, bool whole)
{
	int r;

	do {
		double began = now_s(), took;

		r = suppression_merge_step(s, 1000, &err);
		took = now_s() - began;
		worst_step_s = took > worst_step_s ? took : worst_step_s;
		good(r >= 0);
		merges += r == 1;
	} while (r == 0 && whole);
}

static void
fill(struct suppression *s, uint64_t from, uint64_t to, unsigned a_group)
{
	for (uint64_t i = from; i < to;) {
		good(suppression_begin(s, &err) == 0);
		for (unsigned k = 0; k < a_group && i < to; k++, i++) {
			struct suppression_entry e = { .reason = SUPPRESSED_IMPORTED,
				.time_s = 1800000000 };
			char a[64];
			size_t n = address(a, i);

			good(suppression_name(&e, SPAN_LIT("shop"), span_of(a, n), &err) == 0 &&
			     suppression_add(s, &e, &err) == 0);
		}
		good(suppression_commit(s, &err) == 0);
		if (suppression_merge_lags(s))
			merge(s, true);
		else if (suppression_merging(s) || suppression_merge_due(s, 0))
			merge(s, false);
	}
}

static uint64_t
random64(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static void
change(void *queued, uint64_t published, bool suppressed)
{
	suppressed_change(queued, &(struct bounce_change){ published, suppressed });
}

static struct suppressed *
told(struct suppression *s)
{
	struct siphash_key key = suppression_key(s);
	struct bounce_list l = { .seed = key.k0, .seed2 = key.k1 };
	struct suppressed *q = suppressed_new();

	l.fd = suppression_hashes(s, &l.count);
	if (suppressed_list(q, &l) == -1)
		fatal("queued does not take the list");
	good(suppression_changes(s, change, q, &err) == 0);
	return q;
}

/* Nanoseconds a look-up; all of them must be hits, or misses. */
static double
look(const struct suppressed *q, uint64_t from, uint64_t n, bool hits)
{
	double began = now_s();
	unsigned found = 0;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		char a[64];
		size_t k = address(a, from + random64() % n);

		found += suppressed_maybe(q, SPAN_LIT("shop"), SPAN_LIT("spring"), span_of(a, k));
	}
	if (found != (hits ? LOOKUPS : 0))
		fatal("%u hits of %d", found, LOOKUPS);
	return (now_s() - began) / LOOKUPS * 1e9;
}

static double
spelling(uint64_t n)
{
	double began = now_s();
	size_t sum = 0;
	char a[64];

	for (unsigned i = 0; i < LOOKUPS; i++)
		sum += address(a, random64() % n);
	return sum == 0 ? 0 : (now_s() - began) / LOOKUPS * 1e9;
}

static double
confirm_us(struct suppression *s, uint64_t n)
{
	double began = now_s();

	for (unsigned i = 0; i < LOOKUPS / 10; i++) {
		struct suppression_entry e;
		char a[64];
		size_t k = address(a, random64() % n);

		good(suppression_why(s, SPAN_LIT("shop/spring"), span_of(a, k), 1000, &e, &err) ==
		     1);
	}
	return (now_s() - began) * 10 / LOOKUPS * 1e6;
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
	struct suppression_options o = { .max_bytes = (uint64_t)8 << 30,
		.hashed = argc < 4 || strcmp(argv[3], "plain") != 0 };
	uint64_t first = n < 1000000 ? n : 1000000;
	struct suppressed *q;
	struct suppression *s;
	double began, before, spelt;

	if (argc < 2) {
		fprintf(stderr, "usage: bench-list FOLDER [ENTRIES] [plain]\n");
		return 2;
	}
	s = suppression_open(argv[1], &o, &err);
	good(s != NULL);
	began = now_s();
	fill(s, 0, first, CALL);
	printf("added %9" PRIu64 "            %10.0f entries/s\n", first,
	    (double)first / (now_s() - began));
	began = now_s();
	fill(s, first, n, CALL);
	if (n > first)
		printf("added %9" PRIu64 " more       %10.0f entries/s\n", n - first,
		    (double)(n - first) / (now_s() - began));
	suppression_merge_want(s);
	began = now_s();
	while (suppression_merging(s) || suppression_merge_due(s, 0))
		merge(s, true);
	printf("last merge                %12.2f s, longest step %.0f ms, %u merges\n",
	    now_s() - began, worst_step_s * 1e3, merges);
	began = now_s();
	fill(s, n, n + GROUPS * GROUP, GROUP);
	printf("groups of %d              %12.2f ms each, synced\n", GROUP,
	    (now_s() - began) / GROUPS * 1e3);
	while (suppression_merging(s))
		merge(s, true);
	suppression_close(s);
	printf("on disk                   %12.1f MB (%s)\n", disk_mb(argv[1]),
	    o.hashed ? "hashed" : "plain");

	before = rss_mb();
	began = now_s();
	s = suppression_open(argv[1], &o, &err);
	good(s != NULL);
	printf("opened and checked in     %12.2f s\n", now_s() - began);
	printf("confirmed by bouncd in    %12.2f us\n", confirm_us(s, n));
	printf("bouncd's memory           %12.1f MB\n", rss_mb() - before);
	before = rss_mb();
	q = told(s);
	spelt = spelling(n);
	printf("looked up, on the list    %12.0f ns\n", look(q, 0, n, true) - spelt);
	printf("looked up, not on it      %12.0f ns\n", look(q, 2 * n, n, false) - spelt);
	printf("queued's memory           %12.1f MB\n", rss_mb() - before);
	suppression_close(s);
	return 0;
}
