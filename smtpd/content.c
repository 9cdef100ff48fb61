/* DATA (RFC 5321 4.1.1.4): the content comes in, into memory or a draft, and is handed to queued. */
#include "err.h"
#include "log.h"
#include "loop.h"
#include "received.h"
#include "session_inside.h"

#include <unistd.h>

enum { SPILL_BYTES = SUBMIT_INLINE_MAX, GATHER_BYTES = 512 * 1024, LINE_BYTES = 1024 * 1024 };

/* ---- what the header says ---- */

static const char *
header_refusal(const struct session *s, const struct header_facts *h)
{
	struct span wrong;

	if (h->received > s->listener->conf.max_received)
		return "554 5.4.6 too many Received lines: the message loops (max-received)";
	if (s->tenant != NULL && s->tenant->domains_n > 0 && h->from_n > 0 &&
	    !policy_from_ok(s->tenant, h->from, &wrong))
		return "550 5.7.1 the From field names a domain that is not among the tenant's";
	return NULL;
}

static void
on_header(void *ctx, struct data *d, struct span header)
{
	struct session *s = ctx;
	struct transaction *tx = s->tx;
	struct header_facts *h = &tx->header;
	struct buf lines;

	if (header_facts_read(header, tx->arena, h, &d->facts) == -1)
		tx->turned_down = "554 5.6.0 too many X-Posthouse lines";
	else
		tx->turned_down = header_refusal(s, h);
	if (tx->turned_down != NULL) {
		d->fault = DATA_TURNED_DOWN;
		return;
	}
	if (!tx->is_ours)
		return;
	tx->env.campaign = h->campaign;
	tx->env.tags = h->tags;
	if (h->has_track) {
		tx->env.track_clicks = h->track_clicks;
		tx->env.track_opens = h->track_opens;
	}
	buf_init(&lines, 1024);
	if (!h->has_date)
		date_line(&lines, tx->env.received_ms);
	if (!h->has_message_id)
		message_id_line(&lines, tx->env.id, s->worker->hostname);
	data_add(d, buf_all(&lines));
	buf_free(&lines);
}

static void
received_add(struct session *s)
{
	struct envelope *e = &s->tx->env;
	struct received r = { .helo = e->helo,
		.client = e->client,
		.hostname = s->worker->hostname,
		.id = e->id,
		.now_ms = e->received_ms,
		.esmtp = s->esmtp,
		.tls = s->ssl != NULL,
		.auth = s->logged_in,
		.only_rcpt = e->rcpts_n == 1 ? e->rcpts[0].address : span_of(NULL, 0) };
	struct buf line;

	buf_init(&line, 2048);
	received_line(&line, &r);
	data_add(&s->tx->data, buf_all(&line));
	buf_free(&line);
}

void
on_data(struct session *s, struct span args)
{
	const struct listener_conf *c = &s->listener->conf;
	struct data_limits limits = { .max_bytes = c->max_size_bytes,
		.line_bytes = LINE_BYTES,
		.header_bytes = c->header_bytes,
		.repair = c->repair };

	if (args.n > 0)
		refuse(s, "DATA", "501 5.5.4 DATA takes no arguments");
	else if (s->tx == NULL)
		refuse(s, "DATA", "503 5.5.1 MAIL first");
	else if (s->tx->env.rcpts_n == 0)
		refuse(s, "DATA", "554 5.5.1 no valid recipients");
	else {
		data_init(&s->tx->data, &limits, c->header_bytes + GATHER_BYTES, on_header, s);
		received_add(s);
		reply(s, "354 end with <CRLF>.<CRLF>");
		session_go(s, AWAIT_CONTENT);
	}
}

/* ---- into the draft ---- */

static int
write_all(int fd, struct span b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.p, b.n);

		if (n <= 0)
			return -1;
		b = span_from(b, (size_t)n);
	}
	return 0;
}

static bool
draft_append(struct session *s)
{
	struct transaction *tx = s->tx;
	struct data *d = &tx->data;

	if (tx->draft.fd == -1 && submit_draft_take(s->worker->submit, &tx->draft) == -1) {
		tx->turned_down = "452 4.3.1 no room for a large message now; try again";
		d->fault = DATA_TURNED_DOWN;
		return false;
	}
	if (write_all(tx->draft.fd, buf_all(&d->out)) == -1) {
		tx->turned_down = "452 4.3.1 the queue's disk is full; try again";
		d->fault = DATA_TURNED_DOWN;
		return false;
	}
	return true;
}

static void
spill(struct session *s)
{
	if (draft_append(s))
		data_flushed(&s->tx->data);
}

/* ---- the end ---- */

static const char *
fault_reply(const struct session *s)
{
	switch (s->tx->data.fault) {
	case DATA_BARE:
		return "550 5.6.0 a bare CR or LF in the message: lines end in CRLF";
	case DATA_SIZE:
		return "552 5.3.4 the message is too large (max-size)";
	case DATA_LINE:
		return "550 5.6.0 a line of the message is too long";
	case DATA_HEADER:
		return "552 5.3.4 the header is too large (header-size)";
	case DATA_TURNED_DOWN:
		return s->tx->turned_down;
	default:
		return arena_over(s->tx->arena)
			   ? "452 4.3.1 the message needs more memory than session-memory allows"
			   : NULL;
	}
}

static void
accepted_log(const struct session *s)
{
	const struct envelope *e = &s->tx->env;

	log_begin(LOG_LEVEL_INFO, "accepted");
	log_kvs("id", id_text(e->id).c);
	log_kvf("from", "<%.*s>", SPAN(e->from));
	log_kvf("rcpts", "%u", e->rcpts_n);
	log_kvf("size", "%llu", (unsigned long long)s->tx->data.facts.size_bytes);
	log_kv("tenant", e->tenant);
	log_kvs("client", s->client);
	log_kv("helo", e->helo);
	if (s->ssl != NULL)
		log_kvs("tls", tls_version(s->ssl));
	if (s->logged_in)
		log_kvs("login", s->login);
	log_end();
}

static void
on_ack(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;
	struct id id = s->tx->env.id;

	session_go(s, AWAIT_COMMAND);
	if (code == 0) {
		s->messages++;
		accepted_log(s);
		reply(s, "250 2.0.0 queued as %s", id_text(id).c);
	} else
		refuse(s, "DATA", "%u %.*s", code, SPAN(text));
	transaction_end(s);
	session_resume(s);
}

static void
hand_over(struct session *s)
{
	struct transaction *tx = s->tx;
	struct submit *submit = s->worker->submit;

	session_go(s, AWAIT_ACK);
	if (tx->draft.fd == -1)
		submit_bytes(submit, &tx->env, &tx->data.facts, buf_all(&tx->data.out), &s->waiter,
		    on_ack, s);
	else
		submit_file(submit, &tx->env, &tx->data.facts, &tx->draft, &s->waiter, on_ack, s);
}

static void
content_ended(struct session *s)
{
	struct transaction *tx = s->tx;
	struct data *d = &tx->data;
	bool large;

	data_finish(d);
	large = d->facts.size_bytes > SUBMIT_INLINE_MAX ||
		envelope_bytes(&tx->env) > SUBMIT_ENVELOPE_MAX;
	/* data_finish() has counted these bytes into the checksum already. */
	if (d->fault == DATA_FINE && (tx->draft.fd != -1 || large) && draft_append(s))
		buf_reset(&d->out);
	if (fault_reply(s) != NULL) {
		session_go(s, AWAIT_COMMAND);
		refuse(s, "DATA", "%s", fault_reply(s));
		if (s->state != AWAIT_LEAVE)
			transaction_end(s);
	} else
		hand_over(s);
}

size_t
on_content(struct session *s, struct span in)
{
	struct data *d = &s->tx->data;
	bool done = false;
	size_t n = data_take(d, in, &done);

	if (done)
		content_ended(s);
	else if (d->out.n > SPILL_BYTES && !d->in_header && d->fault == DATA_FINE)
		spill(s);
	return n;
}
