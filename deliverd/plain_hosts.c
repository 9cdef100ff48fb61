#include "plain_hosts.h"
#include "err.h"

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HOSTS_MOST = 4096,
	KEY_BYTES = 64
}; /* an IPv6 address has 45 characters, with its port 51 */

struct host {
	RB_ENTRY(host) tree;
	TAILQ_ENTRY(host) age; /* the oldest first */
	uint64_t until_ms;
	char key[KEY_BYTES];
};

static int
host_cmp(const struct host *a, const struct host *b)
{
	return strcmp(a->key, b->key);
}

RB_HEAD(host_tree, host);
RB_PROTOTYPE(host_tree, host, tree, host_cmp);
RB_GENERATE(host_tree, host, tree, host_cmp);

struct plain_hosts {
	struct host_tree tree;
	TAILQ_HEAD(, host) by_age;
	unsigned n;
};

struct plain_hosts *
plain_hosts_new(void)
{
	struct plain_hosts *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for hosts without TLS");
	RB_INIT(&p->tree);
	TAILQ_INIT(&p->by_age);
	return p;
}

static void
forget(struct plain_hosts *p, struct host *h)
{
	RB_REMOVE(host_tree, &p->tree, h);
	TAILQ_REMOVE(&p->by_age, h, age);
	free(h);
	p->n--;
}

void
plain_hosts_free(struct plain_hosts *p)
{
	while (!TAILQ_EMPTY(&p->by_age))
		forget(p, TAILQ_FIRST(&p->by_age));
	free(p);
}

static void
forget_past(struct plain_hosts *p, uint64_t now_ms)
{
	struct host *h;

	while ((h = TAILQ_FIRST(&p->by_age)) != NULL && h->until_ms <= now_ms)
		forget(p, h);
}

static struct host *
find(struct plain_hosts *p, struct span address, uint16_t port)
{
	struct host want;

	snprintf(want.key, sizeof(want.key), "%.*s %u", SPAN(address), port);
	return RB_FIND(host_tree, &p->tree, &want);
}

void
plain_hosts_put(struct plain_hosts *p, struct span address, uint16_t port, uint64_t now_ms)
{
	struct host *h;

	forget_past(p, now_ms);
	if (find(p, address, port) != NULL)
		return;
	if (p->n == HOSTS_MOST)
		forget(p, TAILQ_FIRST(&p->by_age));
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		fatal("out of memory for a host without TLS");
	snprintf(h->key, sizeof(h->key), "%.*s %u", SPAN(address), port);
	h->until_ms = now_ms + PLAIN_HOSTS_MS;
	RB_INSERT(host_tree, &p->tree, h);
	TAILQ_INSERT_TAIL(&p->by_age, h, age);
	p->n++;
}

bool
plain_hosts_has(struct plain_hosts *p, struct span address, uint16_t port, uint64_t now_ms)
{
	forget_past(p, now_ms);
	return find(p, address, port) != NULL;
}
