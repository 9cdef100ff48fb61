#include "worker.h"
#include "auth_client.h"
#include "clients.h"
#include "err.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "role.h"
#include "session_inside.h"
#include "submit_client.h"

#include <stdlib.h>

enum { ACK_MS = 5000 }; /* the queue answers soon; the master gives more beyond the deadline */

/* Who waits for the queue's word that a message is on disk would send it again: he waits a little longer. */
static void
worker_end(void *ctx)
{
	struct worker *w = ctx;
	struct session *s, *next;
	bool last = w->over;

	w->stopping = w->over = true;
	TAILQ_FOREACH_SAFE (s, &w->sessions, link, next)
		if (last || s->state != AWAIT_ACK)
			session_abandon(s);
	if (last || w->sessions_n == 0)
		role_done(w->role);
	else
		timer_set_ms(w->deadline, ACK_MS);
}

/* The master names the domains that keys are there for, never a key: "dkim TENANT DOMAIN SELECTOR". */
static void
gates_load(struct role *role, struct policy *p)
{
	struct span url;
	const char *name;
	size_t at = 0;

	while (role_secret_next(role, "dkim ", &at, &name, &url)) {
		struct span rest, tenant = span_word(span_from(span_str(name), 5), &rest);

		policy_signs_for(p, tenant, span_word(rest, &rest));
	}
	at = 0;
	while (role_secret_next(role, "tracking-url ", &at, &name, &url))
		policy_tracking_url(p, span_from(span_str(name), 13), url);
	policy_ready(p);
}

struct worker *
worker_new(struct role *role, const struct conf *conf)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for the worker");
	w->role = role;
	w->hostname = conf_str(conf_top(conf), "hostname");
	w->policy = policy_new(conf);
	gates_load(role, w->policy);
	w->submit = submit_new();
	w->auth = auth_client_new();
	w->clients = clients_new(role_fd(role, "clients"));
	TAILQ_INIT(&w->sessions);
	w->deadline = timer_new(worker_end, w);
	return w;
}

void
worker_stop(void *ctx, unsigned deadline_s)
{
	struct worker *w = ctx;
	struct session *s, *next;

	if (w->leaving)
		return;
	w->leaving = true;
	w->stopping = !role_is_replaced(w->role);
	listeners_close();
	if (w->stopping)
		TAILQ_FOREACH_SAFE (s, &w->sessions, link, next)
			session_stop(s);
	log_info("stopping", "sessions=%u deadline_s=%u", w->sessions_n, deadline_s);
	timer_set_ms(w->deadline, w->sessions_n == 0 ? 0 : deadline_s * 1000ULL);
}

void
worker_left(struct worker *w)
{
	w->sessions_n--;
	if (w->leaving && w->sessions_n == 0)
		timer_set_ms(w->deadline, 0);
}
