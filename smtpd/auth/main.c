/* smtpd-auth: says whether a login and a password fit, and whose login it is.
 *
 * It alone sees the password hashes (the file that posthouse user writes); it has no network and no file. The workers of
 * smtpd ask it over their channels. A login waits for its turn (turns.c), which depends on who failed before (guesses.c);
 * then its password is hashed (pool.c), unless it was a short while ago (recent.c). users.c reads the file. */
#include "err.h"
#include "log.h"
#include "loop.h"
#include "pool.h"
#include "proto_auth.h"
#include "recent.h"
#include "role.h"
#include "sandbox.h"
#include "turns.h"
#include "users.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { QUEUE_BYTES = 256 * 1024, THREADS_LEAST = 2, THREADS_MOST = 16, SAID_MS = 1000 };

struct auth {
	struct users users;
	struct guesses *guesses;
	struct turns *turns;
	struct recent *recent;
	struct pool *pool;
	struct timer *again;
	unsigned threads;
	unsigned sent_away; /* since the log said so last */
	uint64_t said_ms;
	struct role *role;
	unsigned workers_n;
	struct timer *deadline;
	bool leaving;
};

struct worker {
	struct auth *auth;
	struct chan *chan;
};

/* A login that waits or is being checked; the ask is first, so that one is the other. */
struct login {
	struct ask ask;
	struct job job;
	const char *hash; /* of the user, or of somebody else where there is none */
	char password[];
};

static void
login_free(struct login *l)
{
	explicit_bzero(l->password, l->ask.password.n);
	free(l);
}

/* ---- answers ---- */

static void
say(struct ask *a, bool ok, bool later)
{
	struct worker *w = a->worker;
	struct auth_answer ans = { a->number, ok, later, ok ? a->user->tenant : span_of(NULL, 0) };

	if (w != NULL)
		auth_answer_put(w->chan, &ans);
}

static void
checked_log(const struct ask *a, bool fits)
{
	log_begin(LOG_LEVEL_INFO, fits ? "login" : "login-refused");
	log_kvs("login", a->login);
	log_kvs("client", a->client);
	if (!fits)
		log_kvs("why", a->user == NULL ? "unknown login" : "wrong password");
	log_end();
}

/* The password fits, or not: everybody learns from it. */
static void
checked(struct auth *auth, struct login *l, bool fits)
{
	if (fits)
		guesses_fitted(auth->guesses, &l->ask.keys, loop_now_ms());
	else
		guesses_failed(auth->guesses, &l->ask.keys, loop_now_ms());
	checked_log(&l->ask, fits);
	say(&l->ask, fits, false);
	login_free(l);
}

/* One line a second, however many there are. */
static void
sent_away(struct auth *auth, struct login *l)
{
	uint64_t now = loop_now_ms();

	auth->sent_away++;
	if (now >= auth->said_ms + SAID_MS) {
		log_begin(LOG_LEVEL_WARN, "logins-busy");
		log_num("count", auth->sent_away);
		log_kvs("login", l->ask.login);
		log_kvs("client", l->ask.client);
		log_end();
		auth->sent_away = 0;
		auth->said_ms = now;
	}
	say(&l->ask, false, true);
	login_free(l);
}

/* ---- checking ---- */

static bool
is_recent(struct auth *auth, const struct login *l)
{
	bool has = recent_has(
	    auth->recent, span_str(l->ask.login), l->ask.password, l->hash, loop_now_ms());

	return has && l->ask.user != NULL;
}

/* As many as there are threads for, each in its turn. */
static void
go_on(void *ctx)
{
	struct auth *auth = ctx;
	uint64_t again_ms, now = loop_now_ms();
	struct ask *a;

	while ((a = turns_next(auth->turns, now, &again_ms)) != NULL) {
		struct login *l = (struct login *)a;

		if (is_recent(auth, l)) {
			turns_over(auth->turns, a);
			checked(auth, l, true);
			continue;
		}
		l->job = (struct job){ .password = l->password, .hash = l->hash, .ctx = l };
		pool_add(auth->pool, &l->job);
	}
	if (again_ms > 0)
		timer_set_ms(auth->again, again_ms - now);
}

static void
hashed(void *ctx, struct job *j)
{
	struct auth *auth = ctx;
	struct login *l = j->ctx;
	bool fits = j->fits && l->ask.user != NULL;

	turns_over(auth->turns, &l->ask);
	if (fits)
		recent_add(
		    auth->recent, span_str(l->ask.login), l->ask.password, l->hash, loop_now_ms());
	checked(auth, l, fits);
	go_on(auth);
}

static void
copy(char *to, size_t room, struct span from)
{
	from = span_first(from, room - 1);
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
}

static struct login *
login_new(struct worker *w, const struct auth_ask *ask)
{
	struct login *l = calloc(1, sizeof(*l) + ask->password.n + 1);
	struct auth *auth = w->auth;

	if (l == NULL)
		fatal("out of memory for a login");
	memcpy(l->password, ask->password.p, ask->password.n);
	l->ask.worker = w;
	l->ask.number = ask->ask;
	l->ask.password = span_of(l->password, ask->password.n);
	l->ask.user = users_find(&auth->users, ask->login);
	l->hash = users_hash_of(&auth->users, l->ask.user, ask->login);
	copy(l->ask.login, sizeof(l->ask.login), ask->login);
	copy(l->ask.client, sizeof(l->ask.client), ask->client);
	guesses_keys(auth->guesses, ask->login, ask->client, &l->ask.keys);
	return l;
}

static bool
is_sound(const struct auth_ask *ask)
{
	return ask->login.n > 0 && ask->login.n < ASK_LOGIN_BYTES && ask->password.n > 0 &&
	       span_find(ask->login, '\0') < 0 && span_find(ask->password, '\0') < 0;
}

static void
on_ask(void *ctx, struct chan *c, struct msg *m)
{
	struct worker *w = ctx;
	struct auth *auth = w->auth;
	struct ask *goes;
	struct auth_ask ask;
	struct login *l;

	if (m->type != AUTH_ASK || auth_ask_get(m, &ask) == -1 || !is_sound(&ask)) {
		chan_bad(c, "a worker said something that is no question");
		return;
	}
	l = login_new(w, &ask);
	if (guesses_open_ms(auth->guesses, &l->ask.keys, loop_now_ms()) <= loop_now_ms() &&
	    is_recent(auth, l)) {
		checked(auth, l, true);
		return;
	}
	goes = turns_add(auth->turns, &l->ask, loop_now_ms());
	if (goes != NULL)
		sent_away(auth, (struct login *)goes);
	go_on(auth);
}

/* ---- workers ---- */

static void
on_gone(void *ctx, struct chan *c, const char *why)
{
	struct worker *w = ctx;

	(void)c;
	log_debug("worker-gone", "why=\"%s\"", why);
	turns_forget(w->auth->turns, w);
	if (--w->auth->workers_n == 0 && w->auth->leaving)
		role_done(w->auth->role);
	free(w);
}

static void
connected(void *ctx, unsigned instance, int fd)
{
	struct worker *w = calloc(1, sizeof(*w));

	(void)instance;
	if (w == NULL)
		fatal("out of memory for a worker");
	w->auth = ctx;
	w->auth->workers_n++;
	w->chan = chan_new(fd, "smtpd", QUEUE_BYTES, on_ask, on_gone, w);
}

static void
on_deadline(void *ctx)
{
	struct auth *auth = ctx;

	role_done(auth->role);
}

/* Sessions go on with the workers that have them, and may log in yet: it leaves when these have. */
static void
stop(void *ctx, unsigned deadline_s)
{
	struct auth *auth = ctx;

	auth->leaving = true;
	if (auth->workers_n == 0)
		role_done(auth->role);
	else
		timer_set_ms(auth->deadline, deadline_s * 1000ULL);
}

/* ---- beginning ---- */

/* One a core; two on a small machine, so that who is known need not wait for who is not. */
static unsigned
threads_wanted(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (cores < THREADS_LEAST)
		return THREADS_LEAST;
	return cores > THREADS_MOST ? THREADS_MOST : (unsigned)cores;
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
	auth->threads = threads_wanted();
	auth->guesses = guesses_new();
	auth->turns = turns_new(auth->guesses, auth->threads);
	auth->recent = recent_new();
	auth->again = timer_new(go_on, auth);
	auth->role = role;
	auth->deadline = timer_new(on_deadline, auth);
	role_on_peer(role, ROLE_SMTPD, connected, auth);
	role_on_stop(role, stop, auth);
	sandbox_enter(role);
	/* Threads of a sandboxed process are sandboxed. */
	auth->pool = pool_new(auth->threads, hashed, auth);
	return role_run(role);
}
