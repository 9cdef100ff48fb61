#include "session_inside.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "param.h"
#include "path.h"

#include <stdlib.h>
#include <string.h>

enum { RCPTS_FIRST = 4 };

void
transaction_end(struct session *s)
{
	struct transaction *tx = s->tx;

	if (tx == NULL)
		return;
	s->tx = NULL;
	s->worker->headers_bytes -= tx->header_held;
	data_free(&tx->data);
	submit_draft_drop(s->worker->submit, &tx->draft);
	arena_free(tx->arena);
	free(tx);
}

static struct transaction *
transaction_new(struct session *s)
{
	struct transaction *tx = calloc(1, sizeof(*tx));

	if (tx == NULL)
		fatal("out of memory for a transaction");
	tx->arena = arena_new(s->listener->conf.memory_bytes);
	tx->draft.fd = -1;
	tx->is_ours = s->tenant != NULL;
	tx->env.client = span_str(s->client);
	tx->env.helo = span_str(s->helo);
	tx->env.login = span_str(s->login);
	tx->env.listener = span_str(s->listener->conf.name);
	if (s->tenant != NULL) {
		tx->env.tenant = span_str(s->tenant->name);
		tx->env.stream = span_str(s->tenant->stream);
		tx->env.track_clicks = s->tenant->track_clicks;
		tx->env.track_opens = s->tenant->track_opens;
		tx->env.track_text = s->tenant->track_text;
	}
	return tx;
}

/* -1: refused, and said so. */
static int
path_take(struct session *s, const char *command, struct span *args, struct path *p)
{
	switch (path_read(*args, s->tx->arena, p, args)) {
	case PATH_OK:
		return 0;
	case PATH_LONG:
		refuse(s, command, "501 5.1.7 address is too long (RFC 5321 4.5.3.1)");
		return -1;
	case PATH_NOT_UTF8:
		refuse(s, command, "553 5.6.7 the address is neither ASCII nor UTF-8");
		return -1;
	case PATH_NO_DOMAIN:
		refuse(s, command, "553 5.1.3 the domain is none that IDNA knows");
		return -1;
	default:
		refuse(s, command, "501 5.5.2 no address in <> where one belongs");
		return -1;
	}
}

static void
param_refuse(struct session *s, const char *command, enum param_error e, struct span which)
{
	which = span_first(which, 60);
	if (e == PARAM_UNKNOWN)
		refuse(s, command, "555 5.5.4 unknown parameter \"%.*s\"", SPAN(which));
	else
		refuse(s, command, "501 5.5.4 bad parameter \"%.*s\"", SPAN(which));
}

/* RFC 6531 3.1: characters beyond ASCII stand in a transaction that says SMTPUTF8, and in no other. -1: refused. */
static int
utf8_refuse(struct session *s, const char *command)
{
	if (s->listener->conf.smtputf8)
		refuse(s, command, "553 5.6.7 an address beyond ASCII needs SMTPUTF8 at MAIL");
	else
		refuse(s, command, "553 5.6.7 addresses beyond ASCII are not taken here");
	return -1;
}

/* ---- MAIL ---- */

/* What must be so before a sender is looked at. */
static int
mail_in_order(struct session *s)
{
	struct span why;
	uint16_t code;

	if (s->helo == NULL) {
		refuse(s, "MAIL", "503 5.5.1 say EHLO first");
		return -1;
	}
	if (s->tx != NULL) {
		refuse(s, "MAIL", "503 5.5.1 a transaction is open already");
		return -1;
	}
	if (s->listener->conf.auth == LISTENER_AUTH_REQUIRED && !s->logged_in) {
		refuse(s, "MAIL", "530 5.7.0 log in first");
		return -1;
	}
	code = submit_state(s->worker->submit, &why);
	if (code != 0) {
		refuse(s, "MAIL", "%u %.*s", code, SPAN(why));
		return -1;
	}
	return 0;
}

static int
sender_take(struct session *s, struct span args)
{
	struct transaction *tx = s->tx;
	struct mail_params params;
	struct span which;
	struct path path;
	enum param_error e;

	if (path_take(s, "MAIL", &args, &path) == -1)
		return -1;
	tx->env.from = path.address; /* what is refused from here on is refused to that sender */
	s->mail_said = span_of(NULL, 0);
	if (path.address.n > 0 && path.domain.n == 0) {
		refuse(s, "MAIL", "553 5.1.7 the sender needs a domain");
		return -1;
	}
	e = mail_params_read(args, &params, &which);
	if (e != PARAM_OK) {
		param_refuse(s, "MAIL", e, which);
		return -1;
	}
	if (params.smtputf8 && !s->listener->conf.smtputf8) {
		refuse(s, "MAIL", "555 5.5.4 SMTPUTF8 is not offered here");
		return -1;
	}
	if (path.utf8 && !params.smtputf8)
		return utf8_refuse(s, "MAIL");
	if (params.size_bytes > s->listener->conf.max_size_bytes) {
		refuse(s, "MAIL", "552 5.3.4 message is larger than %llu bytes (max-size)",
		    (unsigned long long)s->listener->conf.max_size_bytes);
		return -1;
	}
	if (s->tenant != NULL && !policy_sender_ok(s->tenant, path.address)) {
		refuse(s, "MAIL", "550 5.7.1 tenant %s may not send as %.*s", s->tenant->name,
		    SPAN(path.domain));
		return -1;
	}
	tx->env.envid = arena_span(tx->arena, params.envid);
	tx->env.ret = params.ret;
	tx->env.body_8bit = params.body_8bit;
	tx->env.smtputf8 = params.smtputf8;
	return 0;
}

/* queued has said whether the tenant may send now. */
static void
on_mail_answer(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;

	session_go(s, AWAIT_COMMAND);
	if (code == 0)
		reply(s, "250 2.1.0 ok");
	else {
		refuse(s, "MAIL", "%u %.*s", code, SPAN(text));
		if (s->tx != NULL)
			transaction_end(s);
	}
	session_resume(s);
}

/* Only where it may matter: the question costs a turn of queued. What comes back has no sender and is no tenant's mail,
 * paused or not; one that is, meets the same answer at its end. */
static bool
is_asked(const struct session *s)
{
	return s->tenant != NULL && s->tenant->ask_at_mail && s->tx->env.from.n > 0;
}

static void
mail_begin(struct session *s, struct span args)
{
	if (mail_in_order(s) == -1)
		return;
	if (!command_colon(args, "FROM:", &args)) {
		refuse(s, "MAIL", "501 5.5.4 MAIL FROM:<address> is how it goes");
		return;
	}
	s->tx = transaction_new(s);
	if (sender_take(s, args) == -1)
		transaction_end(s);
	else if (is_asked(s)) {
		session_go(s, AWAIT_ANSWER);
		submit_ask(s->worker->submit, ASK_MAIL, span_str(s->tenant->name), s->tx->env.from,
		    &s->waiter, on_mail_answer, s);
	} else
		reply(s, "250 2.1.0 ok");
}

void
on_mail(struct session *s, struct span args)
{
	s->mail_said = args;
	mail_begin(s, args);
	s->mail_said = span_of(NULL, 0);
}

/* ---- RCPT ---- */

static void
rcpt_add(struct session *s)
{
	struct transaction *tx = s->tx;
	struct envelope *e = &tx->env;

	if (rcpt_set_has(&tx->rcpts, e->rcpts, tx->asked.address)) {
		reply(s, "250 2.1.5 ok, as before");
		return;
	}
	if (e->rcpts_n == tx->rcpts_cap) {
		uint32_t cap = tx->rcpts_cap == 0 ? RCPTS_FIRST : tx->rcpts_cap * 2;
		struct recipient *more = arena_alloc(tx->arena, sizeof(*more) * cap);

		if (e->rcpts_n > 0)
			memcpy(more, e->rcpts, sizeof(*more) * e->rcpts_n);
		e->rcpts = more;
		tx->rcpts_cap = cap;
	}
	if (arena_over(tx->arena)) {
		refuse(s, "RCPT",
		    "452 4.3.1 transaction needs more memory than session-memory allows");
		return;
	}
	e->rcpts[e->rcpts_n] = tx->asked;
	rcpt_set_add(&tx->rcpts, e->rcpts, e->rcpts_n++, tx->arena);
	reply(s, "250 2.1.5 ok");
}

/* queued has said whether it wants the recipient. */
static void
on_rcpt_answer(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;

	session_go(s, AWAIT_COMMAND);
	if (code == 0)
		rcpt_add(s);
	else
		refuse(s, "RCPT", "%u %.*s", code, SPAN(text));
	session_resume(s);
}

static void
rcpt_ask(struct session *s, enum submit_ask_kind kind, const struct tenant *t)
{
	session_go(s, AWAIT_ANSWER);
	submit_ask(s->worker->submit, kind, span_str(t == NULL ? NULL : t->name),
	    s->tx->asked.address, &s->waiter, on_rcpt_answer, s);
}

/* All recipients of a message are of one kind: a tenant's mail, or mail from outside for one tenant or none. */
static int
same_kind(struct session *s, const struct rcpt_decision *d)
{
	struct envelope *e = &s->tx->env;
	bool ours = s->tenant != NULL && d->way != RCPT_BOUNCE && d->way != RCPT_FEEDBACK;
	struct span tenant = ours ? span_str(s->tenant->name)
			     : d->way == RCPT_ACCEPT && d->tenant != NULL
				 ? span_str(d->tenant->name)
				 : span_of(NULL, 0);

	if (e->rcpts_n > 0 && (ours != s->tx->is_ours || !span_eq(tenant, e->tenant))) {
		refuse(s, "RCPT", "452 4.5.3 send this recipient in a transaction of its own");
		return -1;
	}
	s->tx->is_ours = ours;
	e->from_outside = !ours;
	e->tenant = tenant;
	return 0;
}

static bool
asks_suppression(const struct tenant *t)
{
	return t->suppress_at_rcpt || t->gate.mode == GATE_REFUSE;
}

/* RFC 5321 4.5.1: it must reach people. One of our own names has no mailbox, so it goes to the one that is set. */
static void
to_postmaster(struct session *s, struct span local)
{
	struct span to = policy_postmaster(s->worker->policy, local), domain;
	ptrdiff_t at = span_find_last(to, '@');

	if (at < 0) {
		refuse(s, "RCPT", "550 5.1.1 there is no mailbox for postmaster here (postmaster)");
		return;
	}
	domain = span_from(to, (size_t)at + 1);
	s->tx->asked.address = to;
	if (policy_rcpt(s->worker->policy, NULL, span_first(to, (size_t)at), domain).way ==
	    RCPT_ACCEPT)
		rcpt_ask(s, ASK_ACCEPT, NULL);
	else
		rcpt_add(s);
}

/* A tenant's mail to root is as mail to the address at which root is read. */
static struct path
aliased(struct session *s, const struct path *p)
{
	struct span to = policy_alias(s->worker->policy, p->local, p->domain);
	ptrdiff_t at = span_find_last(to, '@');
	struct path other = *p;

	if (s->tenant == NULL || at < 0)
		return other;
	other.local = span_first(to, (size_t)at);
	other.domain = arena_lower(s->tx->arena, span_from(to, (size_t)at + 1));
	s->tx->asked.address = other.address = to;
	return other;
}

static void
rcpt_decide(struct session *s, const struct path *asked)
{
	struct path at = aliased(s, asked), *p = &at;
	struct rcpt_decision d = policy_rcpt(s->worker->policy, s->tenant, p->local, p->domain);

	if (d.way == RCPT_DENIED) {
		refuse(s, "RCPT",
		    "550 5.7.1 relaying denied: neither a login nor your address "
		    "lets you send to %.*s",
		    SPAN(p->domain));
		return;
	}
	if (d.way == RCPT_ROUTED) {
		refuse(s, "RCPT",
		    "550 5.7.1 a local part with %%, ! or @ is taken from a login or a known "
		    "address alone");
		return;
	}
	if (same_kind(s, &d) == -1)
		return;
	if (d.way == RCPT_BOUNCE)
		rcpt_ask(s, ASK_BOUNCE, d.tenant);
	else if (d.way == RCPT_ACCEPT)
		rcpt_ask(s, ASK_ACCEPT, d.tenant);
	else if (d.way == RCPT_POSTMASTER)
		to_postmaster(s, p->local);
	else if (d.way == RCPT_RELAY && asks_suppression(s->tenant))
		rcpt_ask(s, ASK_RCPT, s->tenant);
	else
		rcpt_add(s);
}

static struct span
with_domain(struct session *s, const struct path *p)
{
	if (p->domain.n > 0)
		return p->address;
	return span_str(arena_printf(s->tx->arena, "postmaster@%s", s->worker->hostname));
}

/* RFC 5321 4.5.3.1.10: the client sends the rest in another transaction. Said in the log once, be it thousands. */
static void
too_many_recipients(struct session *s)
{
	static const char text[] = "452 4.5.3 too many recipients (max-recipients)";

	if (s->tx->too_many_said)
		reply(s, "%s", text);
	else
		refuse(s, "RCPT", "%s", text);
	s->tx->too_many_said = true;
}

void
on_rcpt(struct session *s, struct span args)
{
	struct rcpt_params params;
	struct span which;
	struct path path;
	enum param_error e;

	if (s->tx == NULL) {
		refuse(s, "RCPT", "503 5.5.1 say MAIL first");
		return;
	}
	if (!command_colon(args, "TO:", &args)) {
		refuse(s, "RCPT", "501 5.5.4 RCPT TO:<address> is how it goes");
		return;
	}
	if (s->tx->env.rcpts_n >= s->listener->conf.max_recipients) {
		too_many_recipients(s);
		return;
	}
	if (path_take(s, "RCPT", &args, &path) == -1)
		return;
	if (path.address.n == 0) {
		refuse(s, "RCPT", "553 5.1.3 a recipient needs an address");
		return;
	}
	e = rcpt_params_read(args, &params, &which);
	if (e != PARAM_OK) {
		param_refuse(s, "RCPT", e, which);
		return;
	}
	if ((path.utf8 || params.utf8) && !s->tx->env.smtputf8) {
		utf8_refuse(s, "RCPT");
		return;
	}
	s->tx->asked = (struct recipient){ .address = with_domain(s, &path),
		.orcpt = arena_span(s->tx->arena, params.orcpt),
		.notify = params.notify,
		.mark = MARK_OPEN };
	rcpt_decide(s, &path);
}
