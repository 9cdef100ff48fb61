#include "role.h"
#include "err.h"
#include "handed.h"
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
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { MASTER_QUEUE = 1024 * 1024 };

struct given {
	char *name;
	int fd;
};

/* Texts by name, as they came: in the file's order, and in that of their names. */
struct texts {
	struct buf file;
	struct handed *at, **by_name;
	size_t n, cap;
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
	struct arena *arena; /* names, as long as the process */
	unsigned instance;
	uint64_t generation;
	const struct conf_table *table;
	struct given *given;
	size_t given_n, given_cap;
	struct texts texts; /* configuration and secrets, as long as the process */
	struct texts fresh; /* those that came with a reload, until PREPARE was answered */
	struct peer *early; /* that came before GO */
	size_t early_n, early_cap;
	bool gone_ahead, replaced;
	enum log_level log_level_next; /* of the configuration that stands ready */
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
	struct {
		void (*take)(void *);
		void *ctx;
		int append, read; /* that came and were not taken yet; -1 */
	} events;
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

/* Room for one more of those that list holds. */
static void *
grown(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap == 0 ? 16 : *cap * 2;
	list = reallocarray(list, *cap, size);
	if (list == NULL)
		fatal("out of memory for what the master hands over");
	return list;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct handed *const *)a)->name, (*(struct handed *const *)b)->name);
}

static void
texts_forget(struct texts *t)
{
	if (t->file.n > 0)
		explicit_bzero(t->file.p, t->file.n);
	buf_free(&t->file);
	free(t->at);
	free(t->by_name);
	*t = (struct texts){ .n = 0 };
}

static int
texts_read(struct texts *t, int fd, struct err *err)
{
	struct span rest;
	struct handed h;

	texts_forget(t);
	buf_init(&t->file, HANDED_MAX);
	if (handed_read(fd, &t->file, err) == -1)
		return -1;
	rest = buf_all(&t->file);
	while (handed_next(&rest, &h)) {
		t->at = grown(t->at, t->n, &t->cap, sizeof(*t->at));
		t->at[t->n++] = h;
	}
	t->by_name = calloc(t->n + 1, sizeof(struct handed *));
	if (t->by_name == NULL)
		fatal("out of memory for what the master hands over");
	for (size_t i = 0; i < t->n; i++)
		t->by_name[i] = &t->at[i];
	qsort(t->by_name, t->n, sizeof(struct handed *), by_name);
	return rest.n == 0 ? 0 : err_set(err, "what the master hands over was cut");
}

/* Empty: there is none. */
static struct span
texts_find(const struct texts *t, const char *name)
{
	struct handed want = { .name = name };
	const struct handed *key = &want;
	struct handed **found =
	    t->n == 0 ? NULL : bsearch(&key, t->by_name, t->n, sizeof(struct handed *), by_name);

	return found == NULL ? span_of(NULL, 0) : (*found)->bytes;
}

/* What comes while the role runs belongs to the coming configuration: the old one stays what it was. */
static void
handed(struct role *r, int fd)
{
	struct err err;

	if (texts_read(r->gone_ahead ? &r->fresh : &r->texts, fd, &err) == 0)
		return;
	if (!r->gone_ahead)
		role_fail(r, EX_OSERR, "%s", err.text);
	log_error("handed-bad", "why=\"%s\"", err.text);
	texts_forget(&r->fresh); /* which PREPARE then finds without a configuration */
}

static struct given *
given(struct role *r, const char *name)
{
	for (size_t i = 0; i < r->given_n; i++)
		if (strcmp(r->given[i].name, name) == 0)
			return &r->given[i];
	return NULL;
}

static void
replace(int *fd, int by)
{
	if (*fd != -1)
		close(*fd);
	*fd = by;
}

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* "events" and then "events-read", anew. Where the file was not moved they are the one that is open. */
static void
events_came(struct role *r, const struct master_give *g)
{
	if (span_is(g->name, "events")) {
		replace(&r->events.append, g->fd);
		return;
	}
	replace(&r->events.read, g->fd);
	if (r->self.append_fd == -1 || r->events.append == -1 ||
	    same_file(r->self.append_fd, r->events.append)) {
		replace(&r->events.append, -1);
		replace(&r->events.read, -1);
	} else if (r->events.take != NULL)
		r->events.take(r->events.ctx);
	else
		replace(&(int){ role_events_take(r) }, -1);
}

int
role_events_coming(const struct role *r)
{
	return r->events.read;
}

int
role_events_take(struct role *r)
{
	struct given *read = given(r, "events-read");
	int old = -1;

	if (r->events.append == -1)
		return -1;
	if (dup3(r->events.append, r->self.append_fd, O_CLOEXEC) == -1)
		log_error("events-not-reopened", "why=\"%s\"", strerror(errno));
	else if (read != NULL) {
		old = read->fd;
		read->fd = r->events.read;
		r->events.read = -1;
	}
	replace(&r->events.append, -1);
	replace(&r->events.read, -1);
	return old;
}

void
role_on_events(struct role *r, void (*take)(void *), void *ctx)
{
	r->events.take = take;
	r->events.ctx = ctx;
}

static void
give(struct role *r, struct msg *m)
{
	struct master_give g;

	if (master_give_get(m, &g) == -1 || g.fd == -1)
		role_fail(r, EX_OSERR, "a descriptor of the master's got lost");
	if (r->gone_ahead && (span_is(g.name, "events") || span_is(g.name, "events-read"))) {
		events_came(r, &g);
		return;
	}
	if (span_is(g.name, "events"))
		r->self.append_fd = g.fd;
	if (span_is(g.name, "handed"))
		handed(r, g.fd);
	else {
		r->given = grown(r->given, r->given_n, &r->given_cap, sizeof(*r->given));
		r->given[r->given_n++] =
		    (struct given){ .name = arena_cstr(r->arena, g.name), .fd = g.fd };
	}
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
	else {
		r->early = grown(r->early, r->early_n, &r->early_cap, sizeof(*r->early));
		r->early[r->early_n++] = p;
	}
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
	struct conf *conf =
	    conf_read_text(r->table, "posthouse.conf", texts_find(&r->fresh, "conf"));

	if (conf_errors(conf) != 0) {
		err_set(err, "%.*s", SPAN(conf_messages(conf)));
		conf_free(conf);
		return -1;
	}
	if (r->reload.prepare == NULL)
		return err_set(err, "this role takes no new configuration while it runs");
	r->log_level_next = log_level_of(conf_str(conf_top(conf), "log-level"));
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
	texts_forget(&r->fresh);
}

/* Also of what came and was never followed by PREPARE: what comes next begins anew. */
static void
prepare_abort(struct role *r)
{
	if (r->prepared != 0)
		reload_forget(r);
	texts_forget(&r->fresh);
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
	log_set_level(r->log_level_next);
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
	case MASTER_GIVE:
		give(r, m);
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
		r->replaced = s.replaced;
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
	r->self.append_fd = r->events.append = r->events.read = -1;
	r->arena = arena_new(0);
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
	struct conf *conf = conf_read_text(table, "posthouse.conf", texts_find(&r->texts, "conf"));

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
	for (size_t k = 0; k < r->given_n; k++) {
		struct given *g = &r->given[k];

		if (span_starts(span_str(g->name), prefix) && i-- == 0) {
			*name = g->name;
			return g->fd;
		}
	}
	return -1;
}

int
role_fd(struct role *r, const char *name)
{
	for (size_t k = 0; k < r->given_n; k++)
		if (strcmp(r->given[k].name, name) == 0)
			return r->given[k].fd;
	return -1;
}

struct span
role_secret(struct role *r, const char *name)
{
	return texts_find(&r->texts, name);
}

struct span
role_secret_fresh(struct role *r, const char *name)
{
	return texts_find(&r->fresh, name);
}

bool
role_secret_next(
    struct role *r, const char *prefix, size_t *at, const char **name, struct span *bytes)
{
	while (*at < r->texts.n) {
		const struct handed *h = &r->texts.at[(*at)++];

		if (!span_starts(span_str(h->name), prefix))
			continue;
		*name = h->name;
		*bytes = h->bytes;
		return true;
	}
	return false;
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

	for (size_t i = 0; i < r->early_n; i++)
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

bool
role_is_replaced(const struct role *r)
{
	return r->replaced;
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
	for (size_t i = 0; i < r->early_n; i++)
		peer_arrived(r, &r->early[i]);
	progress_to(NULL, NULL);
	log_set_gather(true);
	master_ready_put(
	    r->master, &(struct master_ready){ span_str(sandbox_selftest()), r->generation });
	loop_run();
	log_set_gather(false);
	return 0;
}
