#include "bulk.h"
#include "audit.h"
#include "group.h"
#include "loop.h"
#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	IMPORT_BYTES = 16 << 20, /* of one call */
	EXPORT_ROWS = 20000,     /* of one call */
	EXPORT_LOOKED_AT = 100000,
	EXPORT_BYTES = 16 << 20,
	WAITING_MAX = 64,
	FIELDS = 6,
};

/* ---- import ---- */

/* Imports that wait for a merge, and what the one under way has brought so far. */
static struct {
	struct control_call *waiting[WAITING_MAX];
	unsigned waiting_n;
	char name[40];
	unsigned actor;
	uint64_t taken;
} import;

/* An import that waits until what it brought is on disk. */
struct imported {
	struct control_call *call;
	uint64_t taken, kept; /* kept: what stood holds at least as long */
};

/* A time; empty: otherwise. */
static int
time_read(struct span s, uint64_t otherwise, uint64_t *out, struct err *err)
{
	*out = otherwise;
	if (s.n > 0 && span_u64(s, UINT32_MAX, out) == -1)
		return err_set(err, "\"%.*s\" is no time of 1970 to 2106", SPAN(span_first(s, 40)));
	return 0;
}

static int
entry_read(struct bouncd *b, struct span line, struct suppression_entry *e, struct err *err)
{
	uint64_t now_s = loop_wall_ms() / 1000;
	struct span f[FIELDS], rest = line;
	int reason;

	for (int i = 0; i < FIELDS; i++)
		f[i] = span_cut(rest, '\t', &rest);
	if (suppression_name(e, f[1], f[0], err) == -1)
		return -1;
	reason = f[2].n == 0 ? SUPPRESSED_IMPORTED : suppression_reason_of(f[2]);
	if (reason < 0)
		return err_set(err, "\"%.*s\" is no reason: %s", SPAN(span_first(f[2], 40)),
		    suppression_reason_words);
	e->reason = (enum suppression_reason)reason;
	if (time_read(f[3], now_s, &e->time_s, err) == -1 ||
	    time_read(f[4], policy_expiry(&b->policy, e->reason, now_s), &e->expires_s, err) == -1)
		return -1;
	if (f[5].n > 0 &&
	    (f[5].n != SUPPRESSION_EVENT_MAX || id_parse(f[5], &(struct id){ { 0 } }) == -1))
		return err_set(err, "\"%.*s\" is no id of an event of this relay: leave it empty",
		    SPAN(span_first(f[5], 40)));
	snprintf(e->event, sizeof(e->event), "%.*s", SPAN(f[5]));
	return 0;
}

/* Whether what stands for that address and scope holds at least as long. */
struct standing {
	const struct suppression_entry *fresh;
	uint64_t now_s;
	bool holds;
};

static bool
on_standing(void *arg, const struct suppression_entry *e)
{
	struct standing *s = arg;

	if (strcmp(e->scope, s->fresh->scope) != 0)
		return true;
	s->holds = e->expires_s == 0 || (e->expires_s > s->now_s && s->fresh->expires_s != 0 &&
					    e->expires_s >= s->fresh->expires_s);
	return false;
}

static bool
holds_already(struct bouncd *b, const struct suppression_entry *e)
{
	struct standing s = { .fresh = e, .now_s = loop_wall_ms() / 1000 };
	struct err ignored;

	if (e->address[0] == '\0') /* of a hash alone nobody can say */
		return false;
	(void)suppression_person(b->list, span_str(e->address), on_standing, &s, &ignored);
	return s.holds;
}

static void
refused(struct control_call *call, uint64_t line, const char *why)
{
	control_row(call);
	control_num(call, "line", line);
	control_str(call, "why", why);
	control_row_end(call);
}

/* All lines. -1: the list cannot be written. */
static int
lines_take(struct bouncd *b, struct control_call *call, struct span text, struct imported *n,
    struct err *err)
{
	bool dry_run = control_arg_bool(call, "dry_run"),
	     replace = control_arg_bool(call, "replace");
	uint64_t line = 0;

	while (text.n > 0) {
		struct suppression_entry e;
		struct err why = { "" };

		line++;
		if (entry_read(b, span_cut(text, '\n', &text), &e, &why) == -1) {
			refused(call, line, why.text);
			continue;
		}
		if (!replace && holds_already(b, &e)) {
			n->kept++;
			continue;
		}
		if (!dry_run && suppression_add(b->list, &e, err) == -1)
			return -1;
		if (!dry_run)
			group_change(b, &e, true);
		n->taken++;
	}
	return 0;
}

static int
file_read(int fd, struct buf *text, struct err *err)
{
	ssize_t n = 0;

	do {
		char *room = buf_room(text, 65536);

		if (room == NULL)
			return err_set(err, "more than %d bytes in one call", IMPORT_BYTES);
		n = pread(fd, room, 65536, (off_t)text->n);
		if (n > 0)
			buf_grew(text, (size_t)n);
	} while (n > 0);
	return n == 0 ? 0 : err_sys(err, "read what is to be imported");
}

/* One event for all calls of an import. */
static void
import_ended(struct bouncd *b, struct span reason)
{
	if (import.taken > 0)
		audit(b, &(struct audit){ .verb = "suppress-import",
			     .actor = import.actor,
			     .count = import.taken,
			     .reason = reason });
	import.name[0] = '\0';
	import.taken = 0;
}

static void
import_counted(struct bouncd *b, struct control_call *call, uint64_t taken)
{
	struct span name = span_first(control_arg(call, "import"), sizeof(import.name) - 1);

	if (!span_is(name, import.name) || import.actor != control_actor(call))
		import_ended(b, span_of(NULL, 0));
	snprintf(import.name, sizeof(import.name), "%.*s", SPAN(name));
	import.actor = control_actor(call);
	import.taken += taken;
	if (control_arg_bool(call, "last"))
		import_ended(b, control_arg(call, "note"));
}

static void
imported(struct bouncd *b, void *what, bool durable)
{
	struct imported *i = what;

	if (!durable) {
		control_error(i->call, 1, "%s", group_lost_why());
	} else {
		if (!control_arg_bool(i->call, "dry_run"))
			import_counted(b, i->call, i->taken);
		control_row(i->call);
		control_num(i->call, "taken", i->taken);
		control_num(i->call, "kept", i->kept);
		control_row_end(i->call);
		control_end(i->call);
		publish_soon(b);
	}
	free(i);
}

static int
import_file(struct bouncd *b, struct control_call *call, struct imported *n, struct err *err)
{
	struct buf text;
	int r;

	buf_init(&text, IMPORT_BYTES);
	r = file_read(control_fd(call), &text, err);
	if (r == 0)
		r = group_open(b, err);
	if (r == 0)
		r = lines_take(b, call, buf_all(&text), n, err);
	buf_free(&text);
	return r;
}

static void
import_now(struct bouncd *b, void *call)
{
	struct imported n = { .call = call }, *i;
	struct err err = { "" };

	if (control_fd(call) != -1 && import_file(b, call, &n, &err) == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	i = malloc(sizeof(*i));
	if (i == NULL)
		fatal("out of memory for an import");
	*i = n;
	group_after(b, imported, i);
}

void
bulk_import(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;

	if (!suppression_merge_lags(b->list)) {
		group_between(b, import_now, call);
		return;
	}
	if (import.waiting_n == WAITING_MAX)
		control_error(call, 1, "too many imports at once: try again");
	else
		import.waiting[import.waiting_n++] = call;
}

void
bulk_go_on(struct bouncd *b)
{
	struct control_call *calls[WAITING_MAX];
	unsigned n = import.waiting_n;

	memcpy(calls, import.waiting, n * sizeof(calls[0]));
	import.waiting_n = 0;
	for (unsigned i = 0; i < n; i++)
		bulk_import(b, calls[i]);
}

/* ---- export ---- */

struct export
{
	struct buf out;
	struct span scope;
	int reason; /* -1: any */
	uint64_t rows, looked_at;
	struct suppression_hash last;
};

static bool
export_take(void *arg, const struct suppression_entry *e)
{
	struct export *x = arg;
	char shown[SUPPRESSION_HASH_CHARS + 1];

	x->last = e->hash;
	x->looked_at++;
	if ((x->scope.n == 0 || span_is_nocase(x->scope, e->scope)) &&
	    (x->reason == -1 || x->reason == (int)e->reason)) {
		x->rows++;
		buf_str(&x->out, suppression_shown(e, shown));
		buf_byte(&x->out, '\t');
		buf_str(&x->out, e->scope);
		buf_byte(&x->out, '\t');
		buf_str(&x->out, suppression_reason_word(e->reason));
		buf_printf(
		    &x->out, "\t%" PRIu64 "\t%" PRIu64 "\t%s\n", e->time_s, e->expires_s, e->event);
	}
	return x->rows < EXPORT_ROWS && x->looked_at < EXPORT_LOOKED_AT;
}

/* A memory file never blocks whoever writes to it. */
static int
memory_file_write(int fd, struct span s, struct err *err)
{
	size_t at = 0;

	if (fd == -1 || fcntl(fd, F_GET_SEALS) == -1)
		return err_set(err, "a memory file must come with the request");
	while (at < s.n) {
		ssize_t n = pwrite(fd, s.p + at, s.n - at, (off_t)at);

		if (n <= 0)
			return err_sys(err, "write to the memory file");
		at += (size_t)n;
	}
	return 0;
}

static int
export_some(struct bouncd *b, struct control_call *call, struct export *x, struct err *err)
{
	struct span after = control_arg(call, "after");
	struct suppression_entry from = { .scope = "" };

	if (after.n > 0 && suppression_name(&from, span_of(NULL, 0), after, err) == -1)
		return -1;
	if (suppression_list(b->list, after.n > 0 ? &from.hash : NULL, export_take, x, err) == -1)
		return -1;
	if (buf_over(&x->out))
		return err_set(err, "out of room");
	return memory_file_write(control_fd(call), buf_all(&x->out), err);
}

static void
export_now(struct bouncd *b, void *call)
{
	struct span word = control_arg(call, "reason");
	struct export x = { .scope = control_arg(call, "scope"),
		.reason = word.n == 0 ? -1 : suppression_reason_of(word) };
	struct suppression_entry last = { .scope = "" };
	char shown[SUPPRESSION_HASH_CHARS + 1];
	struct err err = { "" };

	buf_init(&x.out, EXPORT_BYTES);
	if (word.n > 0 && x.reason == -1)
		control_error(call, 2, "no such reason: %s", suppression_reason_words);
	else if (export_some(b, call, &x, &err) == -1)
		control_error(call, 1, "%s", err.text);
	else {
		last.hash = x.last;
		control_row(call);
		control_num(call, "rows", x.rows);
		control_num(call, "bytes", x.out.n);
		control_str(call, "last", x.looked_at == 0 ? "" : suppression_shown(&last, shown));
		control_row_end(call);
		control_end(call);
	}
	buf_free(&x.out);
}

/* Behind what is on its way to the disk, as who looks (verbs.c). */
void
bulk_export(void *ctx, struct control_call *call)
{
	group_between(ctx, export_now, call);
}
