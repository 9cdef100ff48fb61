/* MAIL and RCPT (RFC 5321 4.1.1.2, 4.1.1.3): who sends, to whom, and whether it may be. */
#include "err.h"
#include "loop.h"
#include "param.h"
#include "path.h"
#include "session_inside.h"

#include <string.h>

void
transaction_end(struct session *s)
{
	if (s->tx == NULL)
		return;
	waiter_forget(&s->waiter);
	submit_draft_drop(s->worker->submit, &s->tx->draft);
	data_free(&s->tx->data);
	arena_free(s->tx->arena);
	s->tx = NULL;
}

static void
path_refuse(struct session *s, const char *command, enum path_error e)
{
	if (e == PATH_LONG)
		refuse(s, command, "501 5.1.7 the address is too long");
	else if (e == PATH_NOT_ASCII)
		refuse(s, command,
		    "553 5.6.7 the address has bytes that need SMTPUTF8, which is not offered");
	else
		refuse(s, command, "501 5.1.3 the address is none: <local@domain>");
}

static void
param_refuse(struct session *s, const char *command, enum param_error e, struct span which)
{
	refuse(s, command,
	    e == PARAM_UNKNOWN ? "555 5.5.4 parameter %.*s is not offered"
			       : "501 5.5.4 parameter %.*s is bad",
	    SPAN(span_first(which, 60)));
}

/* Why no mail begins now; false: it may. */
static bool
mail_refused(struct session *s)
{
	struct span text;
	uint16_t code = submit_state(s->worker->submit, &text);

	if (s->helo == NULL)
		refuse(s, "MAIL", "503 5.5.1 EHLO first");
	else if (s->tx != NULL)
		refuse(s, "MAIL", "503 5.5.1 a mail is begun already");
	else if (s->listener->conf.auth == LISTENER_AUTH_REQUIRED && !s->logged_in)
		refuse(s, "MAIL", "530 5.7.0 AUTH first");
	else if (code != 0)
		refuse(s, "MAIL", "%u %.*s", code, SPAN(text));
	else if (loop_now_ms() > s->session_ends_ms) {
		reply(s, "421 4.4.2 %s this session lasts too long (timeout-session)",
		    s->worker->hostname);
		session_hang_up(s);
	} else
		return false;
	return true;
}

static struct transaction *
transaction_new(
    struct session *s, struct arena *arena, struct span from, const struct mail_params *p)
{
	struct transaction *tx = arena_alloc(arena, sizeof(*tx));
	const struct tenant *t = s->tenant;

	tx->arena = arena;
	tx->draft.fd = -1;
	tx->is_ours = t != NULL;
	tx->env = (struct envelope){ .id = id_new(),
		.received_ms = loop_wall_ms(),
		.from = from,
		.client = span_str(s->client),
		.helo = span_str(s->helo),
		.login = span_str(s->logged_in ? s->login : ""),
		.listener = span_str(s->listener->conf.name),
		.body_8bit = p->body_8bit,
		.ret = p->ret,
		.envid = arena_span(arena, p->envid) };
	if (t != NULL) {
		tx->env.tenant = span_str(t->name);
		tx->env.stream = span_str(t->stream);
		tx->env.track_clicks = t->track_clicks;
		tx->env.track_opens = t->track_opens;
	}
	return tx;
}

static int
mail_read(struct session *s, struct span args, struct arena *arena, struct span *from,
    struct mail_params *p)
{
	struct span rest, which;
	struct path path;
	enum path_error pe;
	enum param_error e;

	if (!command_colon(args, "FROM:", &rest)) {
		refuse(s, "MAIL", "501 5.5.4 MAIL FROM:<address>");
		return -1;
	}
	pe = path_read(rest, arena, &path, &rest);
	if (pe == PATH_OK && path.address.n > 0 && path.domain.n == 0)
		pe = PATH_SYNTAX;
	if (pe != PATH_OK) {
		path_refuse(s, "MAIL", pe);
		return -1;
	}
	e = mail_params_read(rest, p, &which);
	if (e != PARAM_OK) {
		param_refuse(s, "MAIL", e, which);
		return -1;
	}
	*from = path.address;
	return 0;
}

void
on_mail(struct session *s, struct span args)
{
	struct arena *arena;
	struct mail_params p;
	struct span from;

	if (mail_refused(s))
		return;
	arena = arena_new(s->listener->conf.memory_bytes);
	if (mail_read(s, args, arena, &from, &p) == -1) {
		arena_free(arena);
		return;
	}
	if (p.size_bytes > s->listener->conf.max_size_bytes)
		refuse(s, "MAIL", "552 5.3.4 larger than %llu bytes (max-size)",
		    (unsigned long long)s->listener->conf.max_size_bytes);
	else if (s->tenant != NULL && !policy_sender_ok(s->tenant, from))
		refuse(s, "MAIL",
		    "550 5.7.1 tenant %s may not send as <%.*s>: its domain is not among the "
		    "tenant's",
		    s->tenant->name, SPAN(from));
	else {
		s->tx = transaction_new(s, arena, from, &p);
		reply(s, "250 2.1.0 sender ok");
		return;
	}
	arena_free(arena);
}

/* ---- recipients ---- */

static void
rcpt_add(struct session *s, const struct recipient *r)
{
	struct transaction *tx = s->tx;
	struct envelope *e = &tx->env;

	if (e->rcpts_n == tx->rcpts_cap) {
		uint32_t cap = tx->rcpts_cap == 0 ? 4 : tx->rcpts_cap * 2;
		struct recipient *more = arena_alloc(tx->arena, sizeof(*more) * cap);

		if (e->rcpts_n > 0)
			memcpy(more, e->rcpts, sizeof(*more) * e->rcpts_n);
		e->rcpts = more;
		tx->rcpts_cap = cap;
	}
	if (arena_over(tx->arena)) {
		refuse(s, "RCPT",
		    "452 4.3.1 the envelope needs more memory than session-memory allows");
		return;
	}
	e->rcpts[e->rcpts_n++] = *r;
	reply(s, "250 2.1.5 recipient ok");
}

static void
on_answer(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;

	session_go(s, AWAIT_COMMAND);
	if (code != 0)
		refuse(s, "RCPT", "%u %.*s", code, SPAN(text));
	else
		rcpt_add(s, &s->tx->asked);
	session_resume(s);
}

static void
rcpt_ask(struct session *s, enum submit_ask_kind kind, const struct recipient *r)
{
	s->tx->asked = *r;
	session_go(s, AWAIT_ANSWER);
	submit_ask(
	    s->worker->submit, kind, s->tx->env.tenant, r->address, &s->waiter, on_answer, s);
}

static void
rcpt_decide(struct session *s, const struct recipient *r, const struct path *path)
{
	struct rcpt_decision d =
	    policy_rcpt(s->worker->policy, s->tenant, path->local, path->domain);
	struct transaction *tx = s->tx;

	if (d.way == RCPT_DENIED) {
		refuse(
		    s, "RCPT", "550 5.7.1 <%.*s>: no relaying for %s", SPAN(r->address), s->client);
		return;
	}
	if (tx->env.tenant.n == 0 && d.tenant != NULL)
		tx->env.tenant = span_str(d.tenant->name);
	if (d.way == RCPT_BOUNCE)
		rcpt_ask(s, ASK_BOUNCE, r);
	else if (d.way == RCPT_RELAY && s->tenant != NULL && s->tenant->suppress_at_rcpt)
		rcpt_ask(s, ASK_RCPT, r);
	else
		rcpt_add(s, r);
}

void
on_rcpt(struct session *s, struct span args)
{
	struct recipient r = { .mark = MARK_OPEN };
	struct span rest, which;
	struct rcpt_params p;
	struct path path;
	enum param_error e;
	enum path_error pe;

	if (s->tx == NULL) {
		refuse(s, "RCPT", "503 5.5.1 MAIL first");
		return;
	}
	if (s->tx->env.rcpts_n >= s->listener->conf.max_recipients) {
		refuse(s, "RCPT", "452 4.5.3 more than %u recipients (max-recipients)",
		    s->listener->conf.max_recipients);
		return;
	}
	if (!command_colon(args, "TO:", &rest)) {
		refuse(s, "RCPT", "501 5.5.4 RCPT TO:<address>");
		return;
	}
	pe = path_read(rest, s->tx->arena, &path, &rest);
	if (pe == PATH_OK && path.address.n == 0)
		pe = PATH_SYNTAX;
	if (pe != PATH_OK) {
		path_refuse(s, "RCPT", pe);
		return;
	}
	e = rcpt_params_read(rest, &p, &which);
	if (e != PARAM_OK) {
		param_refuse(s, "RCPT", e, which);
		return;
	}
	r.address = path.address;
	r.notify = p.notify;
	r.orcpt = arena_span(s->tx->arena, p.orcpt);
	rcpt_decide(s, &r, &path);
}
