#include "verbs.h"
#include "control.h"
#include "err.h"
#include "event.h"
#include "log.h"
#include "loop.h"
#include "publish.h"
#include "verbs_replies.h"

enum { ROWS_DEFAULT = 1000 };

static void
audit(const char *verb, const struct control_call *call, const struct suppression_entry *e)
{
	log_begin(LOG_LEVEL_INFO, verb);
	log_kvf("actor", "%u", control_actor(call));
	log_kvs("scope", e->scope);
	log_kvs("address", e->address);
	log_kv("reason", control_arg(call, "reason"));
	log_end();
}

static void
entry_row(struct control_call *call, const struct suppression_entry *e)
{
	char when[32];

	control_row(call);
	control_str(call, "address", e->address);
	control_str(call, "scope", e->scope);
	control_str(call, "reason", suppression_reason_word(e->reason));
	time_text(e->time_s * 1000, when);
	control_str(call, "time", when);
	time_text(e->expires_s * 1000, when);
	control_str(call, "expires", e->expires_s == 0 ? "" : when);
	control_str(call, "event", e->event);
	control_row_end(call);
}

static void
add(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	struct span word = control_arg(call, "reason");
	int reason = word.n == 0 ? SUPPRESSED_BY_HAND : suppression_reason_of(word);
	struct suppression_entry e = { .time_s = loop_wall_ms() / 1000 };
	struct err err = { "" };

	e.reason = reason < 0 ? SUPPRESSED_BY_HAND : (enum suppression_reason)reason;
	if (suppression_name(&e, control_arg(call, "scope"), control_arg(call, "address"), &err) ==
		-1 ||
	    suppression_add(b->list, &e, &err) == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	publish_change(b, &e, true);
	audit("suppress-add", call, &e);
	entry_row(call, &e);
	control_end(call);
}

static void
rm(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	struct suppression_entry e = { .scope = "" };
	struct err err = { "" };
	int r =
	    suppression_name(&e, control_arg(call, "scope"), control_arg(call, "address"), &err);

	if (r == 0)
		r = suppression_rm(b->list, span_str(e.scope), span_str(e.address), &err);
	if (r == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	if (r == 0) {
		control_error(call, 1, "%s is not on the list%s%s", e.address,
		    e.scope[0] == '\0' ? "" : " of ", e.scope);
		return;
	}
	publish_change(b, &e, false);
	audit("suppress-rm", call, &e);
	control_end(call);
}

static void
why(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	struct suppression_entry e;
	struct err err = { "" };
	int r = suppression_why(b->list, control_arg(call, "scope"), control_arg(call, "address"),
	    loop_wall_ms() / 1000, &e, &err);

	if (r == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	if (r == 1)
		entry_row(call, &e);
	control_end(call);
}

struct listing {
	struct control_call *call;
	struct span scope;
	uint64_t rows, limit;
};

static bool
on_entry(void *arg, const struct suppression_entry *e)
{
	struct listing *l = arg;

	if (l->scope.n > 0 && !span_is(l->scope, e->scope))
		return true;
	if (l->rows++ == l->limit)
		return false;
	entry_row(l->call, e);
	return true;
}

static void
list(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	struct listing l = { .call = call,
		.scope = control_arg(call, "scope"),
		.limit = control_arg_num(call, "limit", ROWS_DEFAULT) };
	struct suppression_entry from = { .scope = "" };
	struct err err = { "" };
	bool behind = control_arg(call, "from-address").n > 0;
	int r = 0;

	if (behind)
		r = suppression_name(&from, control_arg(call, "from-scope"),
		    control_arg(call, "from-address"), &err);
	if (r == 0)
		r = suppression_list(b->list, behind ? &from : NULL, on_entry, &l, &err);
	if (r == -1)
		control_error(call, 1, "%s", err.text);
	else
		control_end(call);
}

static const struct control_verb verbs[] = {
	{ "suppress-add", true, add },
	{ "suppress-rm", true, rm },
	{ "suppress-why", false, why },
	{ "suppress-list", false, list },
	{ "bounces-unknown", false, verb_unknown },
	{ "bounces-unknown-forget", true, verb_unknown_forget },
	{ "bounces-rules", false, verb_rules },
	{ NULL, false, NULL },
};

void
verbs_serve(struct bouncd *b)
{
	control_serve(b->role, verbs, b);
}
