#include "auth_client.h"
#include "err.h"
#include "log.h"
#include "proto_auth.h"

#include <stdlib.h>

enum { QUEUE_BYTES = 256 * 1024 };

struct auth_client {
	struct chan *chan; /* NULL: smtpd-auth is away */
	uint64_t next_ask;
	struct waiters waiting;
};

#define LATER SPAN_LIT("4.7.0 logins cannot be checked now, try again")
#define WRONG SPAN_LIT("5.7.8 login or password is wrong")

struct auth_client *
auth_client_new(void)
{
	struct auth_client *a = calloc(1, sizeof(*a));

	if (a == NULL)
		fatal("out of memory for the logins' channel");
	waiters_init(&a->waiting);
	return a;
}

static void
on_auth(void *ctx, struct chan *c, struct msg *m)
{
	struct auth_client *a = ctx;
	struct auth_answer ans;

	if (m->type != AUTH_ANSWER || auth_answer_get(m, &ans) == -1) {
		chan_bad(c, "smtpd-auth said something that is no answer");
		return;
	}
	if (ans.ok)
		waiters_answer(&a->waiting, ans.ask, 0, ans.tenant);
	else if (ans.later)
		waiters_answer(&a->waiting, ans.ask, 454, LATER);
	else
		waiters_answer(&a->waiting, ans.ask, 535, WRONG);
}

static void
on_gone(void *ctx, struct chan *c, const char *why)
{
	struct auth_client *a = ctx;

	if (a->chan != c)
		return;
	log_info("auth-gone", "why=\"%s\"", why);
	a->chan = NULL;
	waiters_answer_all(&a->waiting, 454, LATER);
}

void
auth_client_connected(void *ctx, unsigned instance, int fd)
{
	struct auth_client *a = ctx;
	struct chan *old = a->chan;

	(void)instance;
	if (old != NULL) {
		on_gone(a, old, "a new one takes its place");
		chan_free(old);
	}
	a->chan = chan_new(fd, "smtpd-auth", QUEUE_BYTES, on_auth, on_gone, a);
}

void
auth_client_ask(struct auth_client *a, struct span login, struct span password, struct span client,
    struct waiter *w, waiter_fn *fn, void *ctx)
{
	struct auth_ask ask = { ++a->next_ask, login, password, client };

	if (a->chan == NULL || chan_full(a->chan)) {
		fn(ctx, 454, LATER);
		return;
	}
	auth_ask_put(a->chan, &ask);
	waiter_add(&a->waiting, w, ask.ask, fn, ctx);
}
