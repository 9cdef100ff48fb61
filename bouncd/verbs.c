#include "verbs.h"
#include "audit.h"
#include "bulk.h"
#include "control.h"
#include "err.h"
#include "event.h"
#include "group.h"
#include "loop.h"
#include "publish.h"
#include "verbs_links.h"
#include "verbs_replies.h"
#include "verbs_restore.h"

#include <stdlib.h>

enum { ROWS_DEFAULT = 1000 };

static void
entry_row(struct control_call *call, const struct suppression_entry *e)
{
	char when[32], shown[SUPPRESSION_HASH_CHARS + 1];

	control_row(call);
	control_str(call, "address", suppression_shown(e, shown));
	control_str(call, "scope", e->scope);
	control_str(call, "reason", suppression_reason_word(e->reason));
	time_text(e->time_s * 1000, when);
	control_str(call, "time", when);
	time_text(e->expires_s * 1000, when);
	control_str(call, "expires", e->expires_s == 0 ? "" : when);
	control_str(call, "event", e->event);
	control_row_end(call);
}

/* ---- one ---- */

static int
entry_named(
    struct bouncd *b, struct control_call *call, struct suppression_entry *e, struct err *err)
{
	struct span word = control_arg(call, "reason");
	int reason = word.n == 0 ? SUPPRESSED_BY_HAND : suppression_reason_of(word);

	if (reason == -1)
		return err_set(err, "\"%.*s\" is no reason: %s", SPAN(span_first(word, 40)),
		    suppression_reason_words);
	e->reason = (enum suppression_reason)reason;
	e->time_s = loop_wall_ms() / 1000;
	e->expires_s =
	    control_arg_num(call, "expires_s", policy_expiry(&b->policy, e->reason, e->time_s));
	return suppression_name(e, control_arg(call, "scope"), control_arg(call, "address"), err);
}

static void
act_audit(struct bouncd *b, struct control_call *call, const char *verb,
    const struct suppression_entry *e)
{
	audit(b, &(struct audit){ .verb = verb,
		     .actor = control_actor(call),
		     .entry = e,
		     .reason = control_arg(call, "note") });
}

/* Who asked, and waits until it is on disk. */
struct asked {
	struct control_call *call;
	struct suppression_entry entry;
	long n; /* entries that were forgotten */
};

static struct asked *
asked_new(struct control_call *call)
{
	struct asked *a = calloc(1, sizeof(*a));

	if (a == NULL)
		fatal("out of memory for a change of the suppression list");
	a->call = call;
	return a;
}

static void
added(struct bouncd *b, void *what, bool durable)
{
	struct asked *a = what;

	if (!durable) {
		control_error(a->call, 1, "%s", group_lost_why());
	} else {
		act_audit(b, a->call, "suppress-add", &a->entry);
		entry_row(a->call, &a->entry);
		control_end(a->call);
	}
	free(a);
}

static void
add_now(struct bouncd *b, void *call)
{
	struct suppression_entry e = { .scope = "" };
	struct err err = { "" };
	struct asked *a;

	if (entry_named(b, call, &e, &err) == -1 || group_open(b, &err) == -1 ||
	    suppression_add(b->list, &e, &err) == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	group_change(b, &e, true);
	a = asked_new(call);
	a->entry = e;
	group_after(b, added, a);
}

static void
add(void *ctx, struct control_call *call)
{
	group_between(ctx, add_now, call);
}

static void
removed(struct bouncd *b, void *what, bool durable)
{
	struct asked *a = what;

	if (!durable) {
		control_error(a->call, 1, "%s", group_lost_why());
	} else {
		act_audit(b, a->call, "suppress-rm", &a->entry);
		control_end(a->call);
	}
	free(a);
}

static void
rm_now(struct bouncd *b, void *call)
{
	struct suppression_entry e = { .scope = "" };
	struct err err = { "" };
	char shown[SUPPRESSION_HASH_CHARS + 1];
	struct asked *a;
	int r;

	r = suppression_name(&e, control_arg(call, "scope"), control_arg(call, "address"), &err);
	if (r == 0)
		r = group_open(b, &err) == -1 ? -1 : suppression_rm(b->list, &e, &err);
	if (r == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	if (r == 0) {
		control_error(call, 1, "%s is not on the list%s%s", suppression_shown(&e, shown),
		    e.scope[0] == '\0' ? " of everybody" : " of ", e.scope);
		return;
	}
	group_change(b, &e, false);
	a = asked_new(call);
	a->entry = e;
	group_after(b, removed, a);
}

static void
rm(void *ctx, struct control_call *call)
{
	group_between(ctx, rm_now, call);
}

/* ---- looking: behind what is on its way to the disk, since events may have told of it ---- */

struct listing {
	struct control_call *call;
	struct span scope, address;
	int reason; /* -1: any */
	uint64_t rows, limit, now_s;
};

static bool
on_entry(void *arg, const struct suppression_entry *e)
{
	struct listing *l = arg;

	if ((l->scope.n > 0 && !span_is_nocase(l->scope, e->scope)) ||
	    (l->reason != -1 && l->reason != (int)e->reason))
		return true;
	if (l->rows++ == l->limit)
		return false;
	entry_row(l->call, e);
	return true;
}

/* One that is over is absent; of a hashed one the address is known to who asks. */
static bool
on_person(void *arg, const struct suppression_entry *e)
{
	struct listing *l = arg;
	struct suppression_entry known = *e;

	if (e->expires_s > 0 && e->expires_s <= l->now_s)
		return true;
	(void)suppression_name(&known, span_str(e->scope), l->address, NULL);
	known.hash = e->hash;
	l->rows++;
	entry_row(l->call, &known);
	return true;
}

/* Without a scope: in every scope there is. */
static void
why_now(struct bouncd *b, void *call)
{
	struct listing l = { .call = call,
		.address = control_arg(call, "address"),
		.now_s = loop_wall_ms() / 1000 };
	struct span scope = control_arg(call, "scope");
	struct suppression_entry e;
	struct err err = { "" };
	int r;

	if (scope.n == 0 && !span_starts(l.address, "#"))
		r = suppression_person(b->list, l.address, on_person, &l, &err);
	else if ((r = suppression_why(b->list, scope, l.address, l.now_s, &e, &err)) == 1)
		entry_row(call, &e);
	if (r == -1)
		control_error(call, 1, "%s", err.text);
	else
		control_end(call);
}

static void
why(void *ctx, struct control_call *call)
{
	group_between(ctx, why_now, call);
}

static void
list_now(struct bouncd *b, void *call)
{
	struct span word = control_arg(call, "reason");
	struct listing l = { .call = call,
		.scope = control_arg(call, "scope"),
		.reason = word.n == 0 ? -1 : suppression_reason_of(word),
		.limit = control_arg_num(call, "limit", ROWS_DEFAULT) };
	struct err err = { "" };

	if (word.n > 0 && l.reason == -1)
		control_error(call, 2, "no such reason: %s", suppression_reason_words);
	else if (suppression_list(b->list, NULL, on_entry, &l, &err) == -1)
		control_error(call, 1, "%s", err.text);
	else
		control_end(call);
}

static void
list(void *ctx, struct control_call *call)
{
	group_between(ctx, list_now, call);
}

/* ---- forgetting ---- */

/* One entry, a hash alone, for everybody: who asks to be forgotten is not to be mailed by another tenant either. */
static int
keep_hash(struct bouncd *b, struct span address, struct err *err)
{
	struct siphash_key key = suppression_key(b->list);
	struct suppression_entry e = { .reason = SUPPRESSED_BY_HAND,
		.time_s = loop_wall_ms() / 1000 };

	if (suppression_name(&e, span_of(NULL, 0), address, err) == -1)
		return -1;
	e.hash = suppression_hash_of(&key, "", e.address);
	e.address[0] = '\0';
	if (suppression_add(b->list, &e, err) == -1)
		return -1;
	group_change(b, &e, true);
	return 0;
}

static void
on_forgotten(void *bouncd, const struct suppression_entry *e)
{
	group_change(bouncd, e, false);
}

static void
forgotten(struct bouncd *b, void *what, bool durable)
{
	struct asked *a = what;
	bool keep = control_arg_bool(a->call, "keep");

	if (!durable) {
		control_error(a->call, 1, "%s", group_lost_why());
	} else {
		audit(b, &(struct audit){ .verb = "forget", /* and no address */
			     .actor = control_actor(a->call),
			     .reason = control_arg(a->call, "note") });
		publish_soon(b);
		control_row(a->call);
		control_num(a->call, "entries", (uint64_t)a->n);
		control_num(a->call, "kept", keep);
		control_row_end(a->call);
		control_end(a->call);
	}
	free(a);
}

/* The list and its counts, in one transaction. */
static void
forget_now(struct bouncd *b, void *call)
{
	struct span address = control_arg(call, "address");
	struct err err = { "" };
	struct asked *a;
	long n = group_open(b, &err);

	if (n == 0)
		n = suppression_forget(b->list, address, on_forgotten, b, &err);
	if (n >= 0 && control_arg_bool(call, "keep") && keep_hash(b, address, &err) == -1)
		n = -1;
	if (n == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	a = asked_new(call);
	a->n = n;
	group_after(b, forgotten, a);
}

static void
forget(void *ctx, struct control_call *call)
{
	group_between(ctx, forget_now, call);
}

static const struct control_verb verbs[] = {
	{ "suppress-add", true, add },
	{ "suppress-rm", true, rm },
	{ "suppress-why", false, why },
	{ "suppress-list", false, list },
	{ "suppress-import", true, bulk_import },
	{ "suppress-export", false, bulk_export },
	{ "suppress-restore", true, verb_suppress_restore },
	{ "forget", true, forget },
	{ "bounces-unknown", false, verb_unknown },
	{ "bounces-unknown-forget", true, verb_unknown_forget },
	{ "bounces-rules", false, verb_rules },
	{ "links-block", true, verb_links_block },
	{ "links-unblock", true, verb_links_unblock },
	{ "links-list", false, verb_links_list },
	{ NULL, false, NULL },
};

void
verbs_serve(struct bouncd *b)
{
	control_serve(b->role, verbs, b);
}
