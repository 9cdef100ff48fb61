#include "lookup.h"

#include "../../deliverd/resolve/resolve_conf.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unbound.h>
#include <unistd.h>

/* Name servers that were silent twice are given a second each from then on, so that a check comes to its end. */
enum { WAIT_MS = 8000, WAIT_AGAIN_MS = 1000, SILENT_MAX = 2, NAME_BYTES = 256 };

struct lookup {
	struct ub_ctx *ub;
	unsigned silent; /* questions in a row without an answer */
};

static const struct {
	const char *name, *value;
} options[] = {
	{ "do-not-query-localhost:", "no" }, /* a forwarder on loopback is usual */
	{ "unblock-lan-zones:", "yes" },     /* relays stand behind private addresses too */
	{ "insecure-lan-zones:", "yes" },
	{ "use-syslog:", "no" },
	{ "edns-buffer-size:", "1232" },
};

static int
configure(struct lookup *l, const struct dns_conf *d)
{
	const char *const *zone = resolver_zones_asked(d);
	int r = ub_ctx_async(l->ub, 1);

	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]) && r == 0; i++)
		r = ub_ctx_set_option(l->ub, options[i].name, options[i].value);
	for (unsigned i = 0; i < d->servers_n && r == 0; i++)
		r = ub_ctx_set_fwd(l->ub, d->servers[i]);
	if (d->servers_n == 0 && r == 0 && access(d->resolv_conf, R_OK) == 0)
		r = ub_ctx_resolvconf(l->ub, d->resolv_conf);
	if (d->trust_anchor != NULL && r == 0)
		r = ub_ctx_add_ta_file(l->ub, d->trust_anchor);
	for (; *zone != NULL && r == 0; zone++)
		r = ub_ctx_zone_remove(l->ub, *zone);
	return r;
}

struct lookup *
lookup_new(const struct conf *conf, struct arena *arena, struct err *err)
{
	struct lookup *l = calloc(1, sizeof(*l));
	struct resolver_conf r;
	int code;

	if (l == NULL || (l->ub = ub_ctx_create()) == NULL)
		fatal("out of memory for the resolver");
	resolver_read(conf, &r, arena);
	code = configure(l, &r.dns);
	if (code == 0)
		return l;
	err_set(err, "the resolver does not start: %s", ub_strerror(code));
	lookup_free(l);
	return NULL;
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	ub_ctx_delete(l->ub);
	free(l);
}

/* ---- rdata, as libunbound hands it over: names without compression ---- */

/* Bytes that no name of a host has become ?, so that a dot is always the end of a label. */
static struct span
name_read(struct span wire, struct arena *arena)
{
	char name[NAME_BYTES];
	size_t n = 0;

	while (wire.n > 0 && wire.p[0] != 0) {
		size_t label = (unsigned char)wire.p[0];

		if (label > 63 || label >= wire.n || n + label + 1 >= sizeof(name))
			return span_of(NULL, 0);
		if (n > 0)
			name[n++] = '.';
		for (size_t i = 1; i <= label; i++) {
			char c = wire.p[i];

			name[n++] = c <= ' ' || c > 126 || c == '.' ? '?' : span_low(c);
		}
		wire = span_from(wire, label + 1);
	}
	return arena_span(arena, span_of(name, n));
}

/* A TXT record's strings count as one (RFC 7208 3.3, RFC 6376 3.6.2.2). */
static struct span
strings_read(struct span wire, struct arena *arena)
{
	char *text = arena_alloc(arena, wire.n + 1);
	size_t n = 0;

	while (wire.n > 0) {
		struct span s = span_first(span_from(wire, 1), (unsigned char)wire.p[0]);

		if (s.n > 0)
			memcpy(text + n, s.p, s.n);
		n += s.n;
		wire = span_from(wire, s.n + 1);
	}
	return span_of(text, n);
}

static void
record_add(struct span wire, enum answer_type type, struct arena *arena, struct answer *a)
{
	struct answer_record *r = &a->at[a->n];

	if (a->n == ANSWER_RECORDS_MAX || (type == ANSWER_MX && wire.n < 3) ||
	    (type == ANSWER_A && wire.n != 4) || (type == ANSWER_AAAA && wire.n != 16))
		return;
	*r = (struct answer_record){ 0 };
	if (type == ANSWER_MX) {
		r->preference =
		    (uint16_t)((unsigned char)wire.p[0] << 8 | (unsigned char)wire.p[1]);
		r->data = name_read(span_from(wire, 2), arena);
	} else if (type == ANSWER_PTR || type == ANSWER_CNAME)
		r->data = name_read(wire, arena);
	else
		r->data = type == ANSWER_TXT ? strings_read(wire, arena) : arena_span(arena, wire);
	a->n++;
}

/* ---- a question ---- */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct waiting {
	bool done;
	struct ub_result *result; /* NULL: libunbound failed */
};

static void
on_result(void *ctx, int code, struct ub_result *result)
{
	struct waiting *w = ctx;

	w->done = true;
	w->result = code == 0 ? result : NULL;
	if (code != 0 && result != NULL)
		ub_resolve_free(result);
}

static struct ub_result *
ask(struct lookup *l, const char *name, enum answer_type type)
{
	struct waiting w = { false, NULL };
	struct pollfd fd = { .fd = ub_fd(l->ub), .events = POLLIN };
	uint64_t end = now_ms() + (l->silent < SILENT_MAX ? WAIT_MS : WAIT_AGAIN_MS), now;
	int id;

	if (ub_resolve_async(l->ub, name, (int)type, 1, &w, on_result, &id) != 0)
		return NULL;
	while (!w.done && (now = now_ms()) < end) {
		(void)poll(&fd, 1, (int)(end - now));
		(void)ub_process(l->ub);
	}
	l->silent = w.done ? 0 : l->silent + 1;
	if (!w.done)
		(void)ub_cancel(l->ub, id);
	return w.result;
}

void
lookup_ask(
    void *lookup, struct span name, enum answer_type type, struct arena *arena, struct answer *a)
{
	struct ub_result *r = ask(lookup, arena_cstr(arena, name), type);

	a->status = ANSWER_FAILED;
	a->alias = false;
	a->n = 0;
	if (r == NULL)
		return;
	if (!r->bogus && (r->rcode == 0 || r->nxdomain)) {
		a->status = r->nxdomain ? ANSWER_NONE : ANSWER_OK;
		a->alias = r->canonname != NULL && !span_eq_nocase(span_str(r->canonname), name);
		for (unsigned i = 0; r->havedata && r->data[i] != NULL; i++)
			record_add(span_of(r->data[i], (size_t)r->len[i]), type, arena, a);
	}
	ub_resolve_free(r);
}
