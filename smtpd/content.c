#include "session_inside.h"
#include "log.h"
#include "loop.h"
#include "originator.h"
#include "received.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	LINE_BYTES = 2048,
	FIRST_BYTES = 16 * 1024,
	SPILL_BYTES = 128 * 1024,
	SHOWN_BYTES = 100,               /* of a field, in a reply */
	HEADERS_BYTES = 32 * 1024 * 1024 /* of a worker: thousands of usual ones */
};

/* ---- the header ---- */

static void
turn_down(struct transaction *tx, const char *why)
{
	tx->turned_down = why;
	tx->data.fault = DATA_TURNED_DOWN;
}

/* Programs show some other field where there is no From; so there is one: the sender, whose domain is the tenant's, or for a
 * report the mail daemon. */
static void
author_line(struct buf *line, const struct session *s)
{
	struct transaction *tx = s->tx;

	if (tx->env.from.n > 0)
		tx->header.from = tx->env.from;
	else
		tx->header.from =
		    span_str(arena_printf(tx->arena, "MAILER-DAEMON@%s", s->worker->hostname));
	tx->header.from_n = 1;
	buf_printf(line, "From: %.*s\r\n", SPAN(tx->header.from));
}

/* What a tenant's own programs left out (RFC 6409 8). */
static void
complete(const struct session *s, struct data *d)
{
	struct buf line;

	buf_init(&line, LINE_BYTES);
	if (s->tx->header.from_n == 0)
		author_line(&line, s);
	if (!s->tx->header.has_date)
		date_line(&line, loop_wall_ms());
	if (!s->tx->header.has_message_id) {
		message_id_line(&line, s->tx->env.id, s->worker->hostname);
		s->tx->env.message_id = span_str(arena_printf(
		    s->tx->arena, "%s@%s", id_text(s->tx->env.id).c, s->worker->hostname));
	}
	data_add(d, buf_all(&line));
	buf_free(&line);
}

static void
as_the_header_asks(struct transaction *tx)
{
	const struct header_facts *h = &tx->header;

	tx->env.campaign = h->campaign;
	tx->env.tags = h->tags;
	tx->env.message_id = h->message_id;
	if (!h->has_track)
		return;
	tx->env.track_clicks = h->track_clicks;
	tx->env.track_opens = h->track_opens;
	tx->env.track_text = h->track_text;
}

/* Bulk mail that lacks what its tenant is held to. */
static void
at_the_gate(const struct session *s, struct transaction *tx)
{
	const struct gate *g = &s->tenant->gate;
	struct buf lacks;

	if (g->mode == GATE_OFF || !gate_is_bulk(g, &tx->header, tx->env.rcpts_n))
		return;
	buf_init(&lacks, LINE_BYTES);
	if (!gate_lacks(g, &tx->header, &lacks))
		goto out;
	if (g->mode == GATE_REFUSE)
		turn_down(
		    tx, arena_printf(tx->arena, "550 5.7.1 bulk mail of tenant %s lacks: %.*s",
			    g->tenant, SPAN(buf_all(&lacks))));
	else {
		log_begin(LOG_LEVEL_WARN, "gate");
		log_kvs("id", id_text(tx->env.id).c);
		log_kvs("tenant", g->tenant);
		log_kv("lacks", buf_all(&lacks));
		log_end();
	}
out:
	buf_free(&lacks);
}

/* What a satellite's own mail server hands in when it could not deliver (RFC 5321 4.5.5). */
static bool
is_report(const struct transaction *tx)
{
	return tx->env.from.n == 0 && tx->env.rcpts_n == 1;
}

static const char *
originator_reply(const struct tenant *t, const struct originator_fault *f, struct arena *a)
{
	struct span near = span_first(span_trim(f->near), SHOWN_BYTES);

	if (f->domain)
		return arena_printf(a, "550 5.7.1 tenant %s may not send as \"%.*s\" (%s in %s)",
		    t->name, SPAN(near), f->why, f->field);
	return arena_printf(a, "550 5.6.0 %s: %s%s%.*s%s (RFC 5322 3.4)", f->field, f->why,
	    near.n > 0 ? " at \"" : "", SPAN(near), near.n > 0 ? "\"" : "");
}

/* By all its fields; without From, by what will stand there. */
static bool
author_ok(struct session *s, struct span header, struct originator_fault *fault)
{
	struct transaction *tx = s->tx;
	struct originator_rule rule = { policy_may_send_as, s->tenant, is_report(tx) };

	if (!originator_fields_ok(header, &rule, fault))
		return false;
	return tx->header.from_n > 0 || tx->env.from.n == 0 ||
	       originator_address_ok(tx->env.from, &rule, fault);
}

static void
on_header(void *ctx, struct data *d, struct span header)
{
	struct session *s = ctx;
	struct transaction *tx = s->tx;
	struct header_facts *h = &tx->header;
	struct originator_fault fault;

	if (header_facts_read(header, tx->arena, h, &d->facts) == -1)
		turn_down(tx, "550 5.6.0 too many X-Posthouse lines");
	else if (h->received > s->listener->conf.max_received + 1) /* ours is among them */
		turn_down(tx, "554 5.4.6 too many Received lines (max-received): a loop");
	else if (tx->is_ours && !author_ok(s, header, &fault))
		turn_down(tx, originator_reply(s->tenant, &fault, tx->arena));
	else if (tx->is_ours && h->track_unknown.n > 0)
		turn_down(tx,
		    arena_printf(tx->arena,
			"550 5.6.0 X-Posthouse-Track: clicks, opens, text or none, not \"%.*s\"",
			SPAN(span_first(h->track_unknown, 80))));
	else if (tx->is_ours) {
		as_the_header_asks(tx);
		tx->env.is_bulk =
		    tx->is_ours && gate_is_bulk(&s->tenant->gate, &tx->header, tx->env.rcpts_n);
		complete(s, d);
		at_the_gate(s, tx);
	}
}

/* ---- DATA ---- */

static void
content_begin(struct session *s)
{
	struct transaction *tx = s->tx;
	const struct listener_conf *c = &s->listener->conf;
	struct data_limits limits = { c->max_size_bytes, c->line_bytes, c->header_bytes,
		s->line.repair, c->nul_to_space };
	struct received r = { .helo = tx->env.helo,
		.client = tx->env.client,
		.hostname = s->worker->hostname,
		.id = tx->env.id,
		.now_ms = tx->env.received_ms,
		.esmtp = s->esmtp,
		.tls = s->ssl != NULL,
		.auth = s->logged_in,
		.utf8 = tx->env.smtputf8 };
	struct buf line;

	if (tx->env.rcpts_n == 1)
		r.only_rcpt = tx->env.rcpts[0].address;
	data_init(
	    &tx->data, &limits, c->header_bytes + 2 * SCRATCH_BYTES + SPILL_BYTES, on_header, s);
	(void)buf_room(&tx->data.out, FIRST_BYTES);
	buf_init(&line, LINE_BYTES);
	received_line(&line, &r);
	data_add(&tx->data, buf_all(&line));
	buf_free(&line);
}

void
on_data(struct session *s, struct span args)
{
	if (args.n > 0) {
		refuse(s, "DATA", "501 5.5.4 DATA takes no argument");
		return;
	}
	if (s->tx == NULL || s->tx->env.rcpts_n == 0) {
		refuse(s, "DATA", "503 5.5.1 no recipient was taken");
		return;
	}
	s->tx->env.id = id_new();
	s->tx->env.received_ms = loop_wall_ms();
	s->tx->content_began_ms = loop_now_ms();
	content_begin(s);
	reply(s, "354 go ahead, end with a dot on a line of its own");
	session_go(s, AWAIT_CONTENT);
}

/* ---- drafts ---- */

static int
draft_write(int fd, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			int why = errno;

			log_warn("draft", "why=\"%s\"", strerror(why));
			errno = why;
			return -1;
		}
		bytes = span_from(bytes, (size_t)n);
	}
	return 0;
}

static void on_draft(void *, uint16_t, struct span);

/* False: it waits for one. */
static bool
has_draft(struct session *s)
{
	struct transaction *tx = s->tx;
	struct submit *q = s->worker->submit;

	if (tx->draft.fd != -1 || submit_draft_take(q, &tx->draft) == 0)
		return true;
	tx->draft_asked_ms = loop_now_ms();
	session_go(s, AWAIT_DRAFT);
	submit_draft_await(q, &s->waiter, on_draft, s);
	return false;
}

/* What has gathered goes into the draft. */
static void
spill(struct transaction *tx)
{
	if (draft_write(tx->draft.fd, buf_all(&tx->data.out)) == 0)
		return;
	turn_down(tx, errno == ENOSPC || errno == EDQUOT
			  ? "452 4.3.1 the queue's disk is full"
			  : "451 4.3.0 the message cannot be stored now, try again");
}

/* Bytes of a message that still travel without a draft. */
static size_t
inline_most(const struct transaction *tx)
{
	size_t envelope = envelope_bytes(&tx->env);

	return envelope < SUBMIT_INLINE_MAX ? SUBMIT_INLINE_MAX - envelope : 0;
}

static void
spill_if_large(struct session *s)
{
	struct transaction *tx = s->tx;
	size_t most = tx->draft.fd == -1 ? inline_most(tx) : SPILL_BYTES;

	if (tx->data.fault != DATA_FINE) {
		buf_free(&tx->data.out);
		submit_draft_drop(s->worker->submit, &tx->draft);
	} else if (!tx->data.in_header && tx->data.out.n > most && has_draft(s)) {
		spill(tx);
		data_flushed(&tx->data);
	}
}

/* ---- the end ---- */

static void
accepted_log(const struct session *s)
{
	const struct envelope *e = &s->tx->env;

	log_begin(LOG_LEVEL_INFO, "accepted");
	log_kvs("id", id_text(e->id).c);
	log_address("from", e->from);
	log_num("rcpts", e->rcpts_n);
	log_num("size", s->tx->data.facts.size_bytes);
	log_kvs("client", s->client);
	log_kv("helo", e->helo);
	if (s->ssl != NULL)
		log_kvs("tls", tls_version(s->ssl));
	if (e->tenant.n > 0)
		log_kv("tenant", e->tenant);
	if (s->login != NULL)
		log_kvs("login", s->login);
	log_end();
}

/* The transaction is over, whichever way. */
static void
next_message(struct session *s)
{
	transaction_end(s);
	session_go(s, AWAIT_COMMAND);
	if (!s->worker->stopping)
		return;
	reply(s, "421 4.3.2 the service is stopping");
	session_hang_up(s);
}

static void
on_acked(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;

	session_go(s, AWAIT_COMMAND);
	if (code == 0) {
		reply(s, "250 2.0.0 queued as %s", id_text(s->tx->env.id).c);
		accepted_log(s);
		s->messages++;
		s->errors /= 2; /* who sends good mail too is not one that tries things */
	} else
		refuse(s, "DATA", "%u %.*s", code, SPAN(text));
	next_message(s);
	session_resume(s);
}

static void
hand_over(struct session *s)
{
	struct transaction *tx = s->tx;
	struct submit *q = s->worker->submit;

	session_go(s, AWAIT_ACK);
	if (tx->draft.fd != -1) {
		buf_free(&tx->data.out);
		submit_file(q, &tx->env, &tx->data.facts, &tx->draft, &s->waiter, on_acked, s);
		return;
	}
	submit_bytes(q, &tx->env, &tx->data.facts, buf_all(&tx->data.out), &s->waiter, on_acked, s);
	if (s->tx == tx) /* it waits, and its bytes are on their way */
		data_free(&tx->data);
}

static const char *
fault_reply(const struct transaction *tx)
{
	switch (tx->data.fault) {
	case DATA_BARE:
		return "550 5.6.0 lines end in CRLF, the message holds a bare CR or LF";
	case DATA_NUL:
		return "550 5.6.0 message holds a NUL (nul-bytes)";
	case DATA_SIZE:
		return "552 5.3.4 message is too large (max-size)";
	case DATA_LINE:
		return "550 5.6.0 message holds a line that is too long (line-length)";
	case DATA_HEADER:
		return "552 5.3.4 header is too large (header-size)";
	default:
		return tx->turned_down;
	}
}

static void
content_settled(struct session *s)
{
	struct transaction *tx = s->tx;

	if (tx->data.fault == DATA_FINE) {
		hand_over(s);
		return;
	}
	refuse(s, "DATA", "%s", fault_reply(tx));
	next_message(s);
}

static void
content_done(struct session *s)
{
	struct transaction *tx = s->tx;

	data_finish(&tx->data);
	tx->whole = true;
	if (tx->data.fault == DATA_FINE &&
	    (tx->draft.fd != -1 || tx->data.out.n > inline_most(tx))) {
		if (!has_draft(s))
			return;
		spill(tx);
	}
	content_settled(s);
}

/* The time it waited is not the client's. */
static void
on_draft(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;
	struct transaction *tx = s->tx;

	tx->content_began_ms += loop_now_ms() - tx->draft_asked_ms;
	session_go(s, AWAIT_CONTENT);
	if (code == 0 && submit_draft_take(s->worker->submit, &tx->draft) == 0)
		spill(tx);
	else
		turn_down(tx, arena_printf(tx->arena, "%u %.*s", code == 0 ? 451 : code,
				  SPAN(code == 0 ? SPAN_LIT("4.3.0 try again") : text)));
	if (tx->whole)
		content_settled(s);
	else {
		data_flushed(&tx->data);
		spill_if_large(s);
	}
	session_resume(s);
}

/* A header stays in memory until it is whole, and strangers may begin thousands. Beyond a sum those that are larger than mail has
 * them give way. */
static void
headers_bound(struct session *s)
{
	struct transaction *tx = s->tx;
	struct worker *w = s->worker;
	size_t held = tx->data.in_header ? tx->data.out.cap : 0;

	w->headers_bytes += held - tx->header_held;
	tx->header_held = held;
	if (held <= FIRST_BYTES || w->headers_bytes <= HEADERS_BYTES || tx->data.fault != DATA_FINE)
		return;
	turn_down(tx, "452 4.3.1 too much of headers is being received now, try again");
	buf_free(&tx->data.out);
	w->headers_bytes -= held;
	tx->header_held = 0;
}

size_t
on_content(struct session *s, struct span in)
{
	bool done;
	size_t n = data_take(&s->tx->data, in, &done);

	s->tx->content_bytes += n;
	if (done)
		content_done(s);
	else {
		headers_bound(s);
		spill_if_large(s);
	}
	return n;
}
