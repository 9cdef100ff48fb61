/* smtpd-auth: says whether a login and a password fit. It holds the password hashes, and nothing else.
 *
 * smtpd asks (proto_auth.h). An unknown login costs as much time as a known one. */
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

enum { QUEUE_BYTES = 1024 * 1024, THREADS = 2, SMTPDS_MAX = 128 };

/* Of a password nobody knows: what unknown logins are compared with. */
static const char nobody[] =
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7";

static struct {
	struct users users;
	struct arena *arena;
	struct chan *smtpd[SMTPDS_MAX];
} home;

/* A question whose hash is being computed; its asker may be gone when it is done. */
struct asked {
	struct chan *from;
	uint64_t ask;
	const struct user *user;
};

static void
on_checked(void *ctx, bool ok)
{
	struct asked *a = ctx;
	struct auth_answer answer = { .ask = a->ask, .ok = ok && a->user != NULL };

	if (answer.ok)
		answer.tenant = a->user->tenant;
	for (unsigned i = 0; i < SMTPDS_MAX; i++)
		if (home.smtpd[i] == a->from)
			auth_answer_put(a->from, &answer);
	free(a);
}

static void
check(struct chan *c, const struct auth_ask *ask)
{
	const struct user *user = users_find(&home.users, ask->login);
	struct asked *a = calloc(1, sizeof(*a));
	struct check k = {
		.hash = user == NULL ? nobody : user->hash, .checked = on_checked, .ctx = a
	};

	k.password = strndup(ask->password.p == NULL ? "" : ask->password.p, ask->password.n);
	if (a == NULL || k.password == NULL)
		fatal("out of memory for a password");
	*a = (struct asked){ c, ask->ask, user };
	if (pool_check(&k))
		return;
	auth_answer_put(c, &(struct auth_answer){ .ask = ask->ask, .later = true });
	explicit_bzero(k.password, strlen(k.password));
	free(k.password);
	free(a);
}

static void
on_smtpd(void *ctx, struct chan *c, struct msg *m)
{
	struct auth_ask ask;

	(void)ctx;
	if (m->type != AUTH_ASK || auth_ask_get(m, &ask) == -1)
		chan_bad(c, "a record that is no ASK");
	else
		check(c, &ask);
}

static void
on_smtpd_gone(void *ctx, struct chan *c, const char *why)
{
	(void)ctx;
	(void)why;
	for (unsigned i = 0; i < SMTPDS_MAX; i++)
		if (home.smtpd[i] == c)
			home.smtpd[i] = NULL;
}

static void
smtpd_connected(void *ctx, unsigned instance, int fd)
{
	struct chan *c = chan_new(fd, "smtpd", QUEUE_BYTES, on_smtpd, on_smtpd_gone, NULL);

	(void)ctx;
	(void)instance;
	for (unsigned i = 0; i < SMTPDS_MAX; i++)
		if (home.smtpd[i] == NULL) {
			home.smtpd[i] = c;
			return;
		}
	chan_bad(c, "too many workers");
}

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_AUTH, argc, argv);
	struct err err;

	home.arena = arena_new(0);
	if (users_parse(&home.users, role_secret(role, "users"), home.arena, &err) == -1)
		role_fail(role, EX_CONFIG, "%s", err.text);
	role_on_peer(role, ROLE_SMTPD, smtpd_connected, NULL);
	sandbox_enter(role);
	pool_start(THREADS);
	return role_run(role);
}
