#include "verbs_links.h"
#include "audit.h"
#include "disk.h"
#include "event.h"
#include "loop.h"
#include "web.h"

#include <stdio.h>
#include <stdlib.h>

static void
row(struct control_call *call, const struct link_block *l)
{
	char when[32];

	control_row(call);
	control_str(call, "kind", links_kind_word(l->kind));
	control_str(call, "value", l->value);
	time_text(l->time_s * 1000, when);
	control_str(call, "time", when);
	control_num(call, "actor", l->actor);
	control_str(call, "reason", l->reason);
	control_row_end(call);
}

static int
named(struct control_call *call, struct link_block *l, struct err *err)
{
	*l = (struct link_block){ .time_s = loop_wall_ms() / 1000, .actor = control_actor(call) };
	snprintf(l->reason, sizeof(l->reason), "%.*s",
	    SPAN(span_first(control_arg(call, "reason"), LINKS_REASON_MAX)));
	return links_name(l, control_arg(call, "kind"), control_arg(call, "what"), err);
}

/* A slip in a tenant's name would block nothing, and nobody would know. */
static int
tenant_known(const struct bouncd *b, const struct link_block *l, struct err *err)
{
	struct span rest, name = span_cut(span_str(l->value), '/', &rest);

	if (l->kind == WEB_BLOCK_TARGET)
		return 0;
	if (conf_find(conf_top(b->conf), "tenant", name) != NULL)
		return 0;
	return err_set(err, "there is no tenant \"%.*s\"", SPAN(name));
}

static void
act_audit(struct bouncd *b, struct control_call *call, const char *verb, const struct link_block *l)
{
	audit(b, &(struct audit){ .verb = verb,
		     .actor = control_actor(call),
		     .kind = links_kind_word(l->kind),
		     .value = span_str(l->value),
		     .reason = control_arg(call, "reason") });
}

/* ---- a change: looked at, written in the disk's thread, told ---- */

struct change {
	struct control_call *call;
	struct link_block link;
	bool block;
	int result; /* of links.h */
	struct err err;
};

static void
change_run(struct bouncd *b, void *what)
{
	struct change *c = what;

	c->result = c->block ? links_block(b->links, &c->link, &c->err)
			     : links_unblock(b->links, &c->link, &c->err);
}

/* Blocked before is as good as blocked now: who and why stay as they were. */
static void
change_done(struct bouncd *b, void *what)
{
	struct change *c = what;
	struct link_block *l = &c->link;

	if (c->result == 1) {
		web_tell_block(l, c->block);
		act_audit(b, c->call, c->block ? "links-block" : "links-unblock", l);
	}
	if (c->result == -1) {
		control_error(c->call, 1, "%s", c->err.text);
	} else if (c->result == 0 && !c->block) {
		control_error(
		    c->call, 1, "%s %s is not blocked", links_kind_word(l->kind), l->value);
	} else {
		row(c->call, l);
		control_end(c->call);
	}
	free(c);
}

static void
change_turn(struct bouncd *b, void *what)
{
	disk_begin(b, change_run, change_done, what);
}

static void
change_begin(struct bouncd *b, struct control_call *call, bool block)
{
	struct change *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		fatal("out of memory for a blocked link");
	c->call = call;
	c->block = block;
	r = named(call, &c->link, &c->err);
	if (r == 0 && block)
		r = tenant_known(b, &c->link, &c->err);
	if (r == 0) {
		disk_when_free(b, change_turn, c);
		return;
	}
	control_error(call, 1, "%s", c->err.text);
	free(c);
}

void
verb_links_block(void *bouncd, struct control_call *call)
{
	change_begin(bouncd, call, true);
}

void
verb_links_unblock(void *bouncd, struct control_call *call)
{
	change_begin(bouncd, call, false);
}

static bool
on_block(void *call, const struct link_block *l)
{
	row(call, l);
	return true;
}

void
verb_links_list(void *bouncd, struct control_call *call)
{
	struct bouncd *b = bouncd;
	struct err err = { "" };

	if (links_each(b->links, on_block, call, &err) == -1)
		control_error(call, 1, "%s", err.text);
	else
		control_end(call);
}
