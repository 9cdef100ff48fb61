#include "role.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "progress.h"
#include "proto_master.h"
#include "role_inside.h"
#include "role_peers.h"
#include "role_table.h"
#include "sandbox.h"

#include <bsd/unistd.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	CONF_BYTES = 16 * 1024 * 1024,
	GIVEN_MAX = 512,
	FRESH_MAX = 8,
	PEERS_MAX = 512,
	MASTER_QUEUE = 1024 * 1024
};

struct given {
	char *name;
	int fd; /* -1: taken, or a secret */
	struct span secret;
};

struct peer {
	enum role_kind kind;
	unsigned instance;
	int fd;
};

struct role {
	struct role_self self;
	enum role_kind kind;
	struct chan *master;
	struct arena *arena; /* names and secrets, as long as the process */
	unsigned instance;
	uint64_t generation;
	struct buf conf_text;
	const struct conf_table *table;
	struct given given[GIVEN_MAX];
	unsigned given_n;
	struct arena *fresh_arena; /* secrets that came with a reload, until PREPARE was answered */
	struct given fresh[FRESH_MAX];
	unsigned fresh_n;
	struct peer early[PEERS_MAX]; /* that came before GO */
	unsigned early_n;
	bool gone_ahead, conf_whole;
	uint64_t prepared; /* the generation it said PREPARED to, until COMMIT or ABORT; 0: none */
	struct {
		void (*connected)(void *, unsigned, int);
		void *ctx;
	} on_peer[ROLE_KINDS];
	struct {
		int (*prepare)(void *, struct conf *, struct err *);
		void (*commit)(void *);
		void (*abort)(void *);
		void *ctx;
	} reload;
	void (*stop)(void *, unsigned);
	void *stop_ctx;
};

const char *
role_name(enum role_kind kind)
{
	return role_spec(kind)->name;
}

const struct role_self *
role_self(const struct role *r)
{
	return &r->self;
}

void
role_fail(struct role *r, int exit_code, const char *fmt, ...)
{
	char why[4096];
	struct master_failed failed = { .exit_code = (uint8_t)exit_code };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	failed.why = span_str(why);
	master_failed_put(r->master, &failed);
	chan_flush(r->master);
	log_flush();
	_exit(exit_code);
}

/* ---- what the master says ---- */

static void
hello(struct role *r, struct msg *m)
{
	struct master_hello h;

	if (master_hello_get(m, &h) == -1 || h.role != r->kind)
		role_fail(r, EX_PROTOCOL, "this program is %s, the master started it as another",
		    role_name(r->kind));
	r->instance = h.instance;
	r->generation = h.generation;
	r->self.uid = h.uid;
	r->self.gid = h.gid;
	r->self.empty = arena_cstr(r->arena, h.empty);
	r->self.grants = role_spec(r->kind)->grants;
	log_set_level(h.log_level);
	id_init(h.node);
	if (setgroups(0, NULL) == -1 || setegid(h.gid) == -1 || seteuid(h.uid) == -1)
		role_fail(r, EX_OSERR, "become uid %u: %s", h.uid, strerror(errno));
}

static struct given *
given_new(struct role *r, struct span name)
{
	struct given *g = &r->given[r->given_n];

	if (r->given_n == GIVEN_MAX)
		role_fail(r, EX_SOFTWARE, "more than %d descriptors and secrets", GIVEN_MAX);
	r->given_n++;
	*g = (struct given){ .name = arena_cstr(r->arena, name), .fd = -1 };
	return g;
}

static void
give(struct role *r, struct msg *m)
{
	struct master_give g;

	if (master_give_get(m, &g) == -1 || g.fd == -1)
		role_fail(r, EX_OSERR, "a descriptor of the master's got lost");
	if (span_is(g.name, "events"))
		r->self.append_fd = g.fd;
	given_new(r, g.name)->fd = g.fd;
}

/* A long secret comes in pieces of one name, one behind the other. */
static struct span
joined(struct arena *a, struct span head, struct span tail)
{
	char *p = arena_alloc(a, head.n + tail.n + 1);

	memcpy(p, head.p, head.n);
	memcpy(p + head.n, tail.p, tail.n);
	return span_of(p, head.n + tail.n);
}

/* One of the coming configuration: the old one stays what it was. */
static void
fresh_secret(struct role *r, const struct master_secret *s)
{
	struct given *last = r->fresh_n > 0 ? &r->fresh[r->fresh_n - 1] : NULL;

	if (r->fresh_arena == NULL)
		r->fresh_arena = arena_new(0);
	if (last != NULL && span_is(s->name, last->name))
		last->secret = joined(r->fresh_arena, last->secret, s->bytes);
	else if (r->fresh_n < FRESH_MAX)
		r->fresh[r->fresh_n++] =
		    (struct given){ .name = arena_cstr(r->fresh_arena, s->name),
			    .fd = -1,
			    .secret = arena_span(r->fresh_arena, s->bytes) };
}

static void
fresh_forget(struct role *r)
{
	arena_free(r->fresh_arena);
	r->fresh_arena = NULL;
	r->fresh_n = 0;
}

static void
secret(struct role *r, struct msg *m)
{
	struct given *last = r->given_n > 0 ? &r->given[r->given_n - 1] : NULL;
	struct master_secret s;

	if (master_secret_get(m, &s) == -1)
		role_fail(r, EX_PROTOCOL, "a secret of the master's was cut");
	if (r->gone_ahead)
		fresh_secret(r, &s);
	else if (last != NULL && last->secret.p != NULL && span_is(s.name, last->name))
		last->secret = joined(r->arena, last->secret, s.bytes);
	else
		given_new(r, s.name)->secret = arena_span(r->arena, s.bytes);
}

static void
peer_arrived(struct role *r, const struct peer *p)
{
	if (r->on_peer[p->kind].connected == NULL) {
		close(p->fd);
		return;
	}
	role_peers_add(p->kind, p->instance, p->fd);
	r->on_peer[p->kind].connected(r->on_peer[p->kind].ctx, p->instance, p->fd);
}

static void
peer(struct role *r, struct msg *m)
{
	struct master_peer mp;
	struct peer p;

	if (master_peer_get(m, &mp) == -1 || mp.fd == -1 || mp.role >= ROLE_KINDS)
		return;
	p = (struct peer){ mp.role, mp.instance, mp.fd };
	if (r->gone_ahead)
		peer_arrived(r, &p);
	else if (r->early_n < PEERS_MAX)
		r->early[r->early_n++] = p;
	else
		close(p.fd);
}

static void
conf_piece(struct role *r, struct msg *m)
{
	struct master_conf c;

	if (r->conf_whole) {
		buf_reset(&r->conf_text);
		r->conf_whole = false;
	}
	if (master_conf_get(m, &c) == 0)
		buf_span(&r->conf_text, c.text);
	r->conf_whole = c.last;
}

/* Whatever of the coming configuration stands ready, or a refusal left half ready, is forgotten. */
static void
reload_forget(struct role *r)
{
	if (r->reload.abort != NULL)
		r->reload.abort(r->reload.ctx);
	r->prepared = 0;
}

static int
prepare_conf(struct role *r, struct err *err)
{
	struct conf *conf = conf_read_text(r->table, "posthouse.conf", buf_all(&r->conf_text));

	if (conf_errors(conf) != 0) {
		err_set(err, "%.*s", SPAN(conf_messages(conf)));
		conf_free(conf);
		return -1;
	}
	if (r->reload.prepare == NULL)
		return err_set(err, "this role takes no new configuration while it runs");
	return r->reload.prepare(r->reload.ctx, conf, err);
}

static void
prepare(struct role *r, struct msg *m)
{
	struct master_prepare p;
	struct err err = { "" };

	if (master_prepare_get(m, &p) == -1)
		return chan_bad(r->master, "PREPARE was cut");
	if (r->prepared != 0)
		reload_forget(r); /* never with this master: it aborts first */
	if (prepare_conf(r, &err) == 0) {
		r->prepared = p.generation;
		master_prepared_put(r->master, &(struct master_prepared){ p.generation });
	} else {
		reload_forget(r);
		master_refused_put(
		    r->master, &(struct master_refused){ p.generation, span_str(err.text) });
	}
	fresh_forget(r);
}

/* Also of what came and was never followed by PREPARE: what comes next begins anew. */
static void
prepare_abort(struct role *r)
{
	if (r->prepared != 0)
		reload_forget(r);
	fresh_forget(r);
	r->conf_whole = true;
}

static void
commit(struct role *r, struct msg *m)
{
	struct master_commit c;

	if (master_commit_get(m, &c) == -1 || r->reload.commit == NULL ||
	    c.generation != r->prepared)
		return;
	r->prepared = 0;
	r->generation = c.generation;
	r->reload.commit(r->reload.ctx);
}

static void
stop(struct role *r, unsigned deadline_s)
{
	if (r->stop == NULL)
		role_done(r);
	else
		r->stop(r->stop_ctx, deadline_s);
}

static void
ping(struct role *r, struct msg *m)
{
	struct master_ping p;

	if (master_ping_get(m, &p) == 0)
		master_ping_put(r->master, &p);
}

static void
on_master(void *ctx, struct chan *c, struct msg *m)
{
	struct role *r = ctx;
	struct master_stop s = { .deadline_s = 0 };

	(void)c;
	switch (m->type) {
	case MASTER_HELLO:
		hello(r, m);
		break;
	case MASTER_CONF:
		conf_piece(r, m);
		break;
	case MASTER_GIVE:
		give(r, m);
		break;
	case MASTER_SECRET:
		secret(r, m);
		break;
	case MASTER_PEER:
		peer(r, m);
		break;
	case MASTER_GO:
		r->gone_ahead = true;
		break;
	case MASTER_PING:
		ping(r, m);
		break;
	case MASTER_PREPARE:
		prepare(r, m);
		break;
	case MASTER_COMMIT:
		commit(r, m);
		break;
	case MASTER_ABORT:
		prepare_abort(r);
		break;
	case MASTER_STOP:
		(void)master_stop_get(m, &s);
		stop(r, s.deadline_s);
		break;
	default:
		chan_bad(r->master, "the master said something unknown");
	}
}

/* Without a master nobody would restart or stop us; what is journaled is safe. */
static void
on_master_gone(void *ctx, struct chan *c, const char *why)
{
	(void)ctx;
	(void)c;
	log_error("master-gone", "why=\"%s\"", why);
	log_flush();
	_exit(EX_UNAVAILABLE);
}

static void
log_flush_hook(void *unused)
{
	(void)unused;
	log_flush();
}

/* A long start. */
static void
working(void *ctx, const char *what)
{
	struct role *r = ctx;

	master_working_put(r->master, &(struct master_working){ span_str(what) });
	chan_flush(r->master);
}

/* ---- what the role's program calls ---- */

struct role *
role_start(enum role_kind kind, int argc, char **argv)
{
	struct role *r = calloc(1, sizeof(*r));

	if (r == NULL)
		fatal("out of memory for the role");
	if (argc > 1 || getenv("POSTHOUSE_ROLE") == NULL) {
		fprintf(stderr, "%s is started by posthoused(8), not by hand.\n", argv[0]);
		exit(EX_USAGE);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	log_init(role_name(kind), STDERR_FILENO);
	setproctitle_init(argc, argv, environ);
	setproctitle("-posthouse: %s", role_name(kind));
	loop_init();
	loop_at_turn_last(log_flush_hook, NULL);
	r->kind = kind;
	r->self.append_fd = -1;
	r->arena = arena_new(0);
	buf_init(&r->conf_text, CONF_BYTES);
	r->master = chan_new(MASTER_FD, "posthoused", MASTER_QUEUE, on_master, on_master_gone, r);
	role_peers_init(kind, r->master);
	while (!r->gone_ahead)
		if (chan_read_blocking(r->master) == -1)
			_exit(EX_UNAVAILABLE);
	progress_to(working, r);
	return r;
}

struct conf *
role_conf(struct role *r, const struct conf_table *table)
{
	struct conf *conf = conf_read_text(table, "posthouse.conf", buf_all(&r->conf_text));

	r->table = table;
	if (conf_errors(conf) != 0)
		role_fail(r, EX_CONFIG, "%.*s", SPAN(conf_messages(conf)));
	return conf;
}

unsigned
role_instance(const struct role *r)
{
	return r->instance;
}

uint64_t
role_generation(const struct role *r)
{
	return r->generation;
}

int
role_fd_at(struct role *r, const char *prefix, unsigned i, const char **name)
{
	for (unsigned k = 0; k < r->given_n; k++) {
		struct given *g = &r->given[k];

		if (g->secret.p == NULL && span_starts(span_str(g->name), prefix) && i-- == 0) {
			*name = g->name;
			return g->fd;
		}
	}
	return -1;
}

int
role_fd(struct role *r, const char *name)
{
	for (unsigned k = 0; k < r->given_n; k++)
		if (r->given[k].secret.p == NULL && strcmp(r->given[k].name, name) == 0)
			return r->given[k].fd;
	return -1;
}

struct span
role_secret(struct role *r, const char *name)
{
	for (unsigned k = 0; k < r->given_n; k++)
		if (r->given[k].secret.p != NULL && strcmp(r->given[k].name, name) == 0)
			return r->given[k].secret;
	return span_of(NULL, 0);
}

struct span
role_secret_fresh(struct role *r, const char *name)
{
	for (unsigned k = 0; k < r->fresh_n; k++)
		if (strcmp(r->fresh[k].name, name) == 0)
			return r->fresh[k].secret;
	return span_of(NULL, 0);
}

struct span
role_secret_at(struct role *r, const char *prefix, unsigned i, const char **name)
{
	for (unsigned k = 0; k < r->given_n; k++) {
		struct given *g = &r->given[k];

		if (g->secret.p != NULL && span_starts(span_str(g->name), prefix) && i-- == 0) {
			*name = g->name;
			return g->secret;
		}
	}
	return span_of(NULL, 0);
}

void
role_on_peer(
    struct role *r, enum role_kind kind, void (*connected)(void *, unsigned, int), void *ctx)
{
	r->on_peer[kind].connected = connected;
	r->on_peer[kind].ctx = ctx;
}

unsigned
role_peers(const struct role *r, enum role_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->early_n; i++)
		n += r->early[i].kind == kind;
	return n;
}

void
role_on_reload(struct role *r, int (*prepare_fn)(void *, struct conf *, struct err *),
    void (*commit_fn)(void *), void (*abort_fn)(void *), void *ctx)
{
	r->reload.prepare = prepare_fn;
	r->reload.commit = commit_fn;
	r->reload.abort = abort_fn;
	r->reload.ctx = ctx;
}

void
role_on_stop(struct role *r, void (*stop_fn)(void *, unsigned), void *ctx)
{
	r->stop = stop_fn;
	r->stop_ctx = ctx;
}

void
role_alive(struct role *r)
{
	master_ping_put(r->master, &(struct master_ping){ loop_now_ms() });
	chan_flush(r->master);
}

void
role_done(struct role *r)
{
	(void)r;
	loop_stop();
}

int
role_run(struct role *r)
{
	setproctitle("-posthouse: %s %u", role_name(r->kind), r->instance);
	for (unsigned i = 0; i < r->early_n; i++)
		peer_arrived(r, &r->early[i]);
	progress_to(NULL, NULL);
	log_set_gather(true);
	master_ready_put(
	    r->master, &(struct master_ready){ span_str(sandbox_selftest()), r->generation });
	loop_run();
	log_set_gather(false);
	return 0;
}
