/* smtpd-auth: says whether a login and a password fit, and whose login it is.
 *
 * It alone sees the password hashes (the file that posthouse user writes); it has no network and no file. The workers of
 * smtpd ask it over their channels. Read users.c (the file) and pool.c (the threads that hash). */
#include "err.h"
#include "log.h"
#include "pool.h"
#include "proto_auth.h"
#include "role.h"
#include "sandbox.h"
#include "users.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { WORKERS_MAX = 256, QUEUE_BYTES = 256 * 1024 };

/* A password being hashed, and whose it is. The ticket of the pool is the index here. */
struct asked {
	bool used;
	uint64_t ask;
	uint32_t peer;
	const struct user *user;
	char login[256], client[64];
};

struct auth {
	struct users users;
	struct pool *pool;
	struct chan *workers[WORKERS_MAX]; /* NULL: free */
	uint32_t generations
	    [WORKERS_MAX]; /* of the place: an answer for its last holder finds another number */
	struct asked asked[64];
};

static void
say(struct chan *c, uint64_t ask, bool ok, bool later, struct span tenant)
{
	struct auth_answer a = { ask, ok, later, tenant };

	auth_answer_put(c, &a);
}

static void
answered(void *ctx, uint64_t ticket, uint32_t peer, bool fits)
{
	struct auth *auth = ctx;
	struct asked *q = &auth->asked[ticket];
	struct chan *c = auth->workers[peer % WORKERS_MAX];

	log_begin(LOG_LEVEL_INFO, fits ? "login" : "login-refused");
	log_kvs("login", q->login);
	log_kvs("client", q->client);
	if (!fits)
		log_kvs("why", q->user == NULL ? "unknown login" : "wrong password");
	log_end();
	if (c != NULL && auth->generations[peer % WORKERS_MAX] == peer / WORKERS_MAX)
		say(c, q->ask, fits, false, fits ? q->user->tenant : span_of(NULL, 0));
	q->used = false;
}

static struct asked *
place(struct auth *auth)
{
	for (unsigned i = 0; i < sizeof(auth->asked) / sizeof(auth->asked[0]); i++)
		if (!auth->asked[i].used)
			return &auth->asked[i];
	return NULL;
}

static void
copy(char *to, size_t room, struct span from)
{
	from = span_first(from, room - 1);
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
}

static uint32_t
peer_of(const struct auth *auth, const struct chan *c)
{
	for (uint32_t i = 0; i < WORKERS_MAX; i++)
		if (auth->workers[i] == c)
			return i + auth->generations[i] * WORKERS_MAX;
	must(!"a channel of nobody's");
	return 0;
}

static void
on_ask(void *ctx, struct chan *c, struct msg *m)
{
	struct auth *auth = ctx;
	struct asked *q = place(auth);
	struct auth_ask ask;

	if (m->type != AUTH_ASK || auth_ask_get(m, &ask) == -1) {
		chan_bad(c, "a worker said something that is no question");
		return;
	}
	if (q == NULL) {
		say(c, ask.ask, false, true, span_of(NULL, 0));
		return;
	}
	*q = (struct asked){ .ask = ask.ask,
		.peer = peer_of(auth, c),
		.user = users_find(&auth->users, ask.login) };
	copy(q->login, sizeof(q->login), ask.login);
	copy(q->client, sizeof(q->client), ask.client);
	q->used = pool_ask(auth->pool, (uint64_t)(q - auth->asked), q->peer, ask.password,
		      q->user == NULL ? NULL : q->user->hash) == 0;
	if (!q->used)
		say(c, ask.ask, false, true, span_of(NULL, 0));
}

static void
on_gone(void *ctx, struct chan *c, const char *why)
{
	struct auth *auth = ctx;
	uint32_t i = peer_of(auth, c) % WORKERS_MAX;

	log_debug("worker-gone", "why=\"%s\"", why);
	auth->workers[i] = NULL;
	auth->generations[i]++;
}

static void
connected(void *ctx, unsigned instance, int fd)
{
	struct auth *auth = ctx;

	(void)instance;
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		if (auth->workers[i] == NULL) {
			auth->workers[i] =
			    chan_new(fd, "smtpd", QUEUE_BYTES, on_ask, on_gone, auth);
			return;
		}
	fatal("more than %d workers", WORKERS_MAX);
}

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_AUTH, argc, argv);
	struct auth *auth = calloc(1, sizeof(*auth));
	struct err err;

	if (auth == NULL)
		fatal("out of memory for logins");
	if (users_read(role_secret(role, "users"), arena_new(0), &auth->users, &err) == -1)
		role_fail(role, EX_CONFIG, "%s", err.text);
	role_on_peer(role, ROLE_SMTPD, connected, auth);
	sandbox_enter(role);
	auth->pool = pool_new(answered, auth); /* threads of a sandboxed process are sandboxed */
	return role_run(role);
}
