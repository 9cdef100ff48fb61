#include "command.h"
#include "crc32c.h"
#include "log.h"
#include "refusal.h"
#include "session_inside.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- results ---- */

static struct span
source_of(const struct session *s)
{
	return s->open.source_address.n > 0 ? s->open.source_address : s->open.source_name;
}

static void
settle_as(struct session *s, struct transaction *tx, uint32_t i, struct deliver_result *r)
{
	must(tx->rcpt[i] < RCPT_SETTLED);
	tx->rcpt[i] = RCPT_SETTLED;
	tx->open--;
	r->session = s->orphan ? 0 : s->open.session;
	r->transaction = s->orphan ? 0 : tx->t.transaction;
	r->id = tx->t.id;
	r->index = tx->t.rcpts[i].index;
	r->source = source_of(s);
	if (s->stood && r->outcome != OUTCOME_UNSENT && r->server.n == 0) {
		r->dsn = s->ehlo.ext & EXT_DSN;
		r->server = session_server(s);
		r->address = session_address(s);
		r->tls = span_str(s->tls);
	}
	if (tx->began_ms != 0)
		r->took_ms = (uint32_t)(loop_now_ms() - tx->began_ms);
	results_add(s->house->results, r);
}

/* By a reply of the server, or (reply NULL) because of why. */
static void
settle(struct session *s, struct transaction *tx, uint32_t i, enum deliver_outcome outcome,
    const struct reply *reply, const char *why)
{
	struct deliver_result r = { .outcome = outcome, .stage = session_stage(s) };
	struct enhanced_text enhanced;

	if (reply != NULL) {
		enhanced = enhanced_text(reply->enhanced);
		r.code = (uint16_t)reply->code;
		r.enhanced = span_str(enhanced.c);
		r.text = buf_all(&reply->text);
		s->answered += outcome == OUTCOME_DELIVERED || outcome == OUTCOME_REPLIED;
	} else
		r.text = span_str(why);
	settle_as(s, tx, i, &r);
}

void
settle_open(struct session *s, struct transaction *tx, enum deliver_outcome outcome,
    const struct reply *reply, const char *why)
{
	for (uint32_t i = 0; i < tx->t.rcpts_n && tx->open > 0; i++)
		if (tx->rcpt[i] < RCPT_SETTLED)
			settle(s, tx, i, outcome, reply, why);
}

/* By what a host said that put it off, since no other said more. */
static void
settle_put_off(struct session *s, struct transaction *tx, uint32_t i)
{
	const struct put_off *p = &tx->put_off[i];
	struct enhanced_text enhanced = enhanced_text(p->enhanced);
	struct deliver_result r = { .outcome = OUTCOME_REPLIED,
		.stage = p->stage,
		.code = (uint16_t)p->code,
		.enhanced = span_str(enhanced.c),
		.text = p->text,
		.server = s->open.hosts[p->host].name,
		.address = s->open.hosts[p->host].address };

	settle_as(s, tx, i, &r);
}

void
settle_unsent(struct session *s, struct transaction *tx, const char *why)
{
	for (uint32_t i = 0; i < tx->t.rcpts_n && tx->open > 0; i++) {
		if (tx->rcpt[i] >= RCPT_SETTLED)
			continue;
		if (tx->put_off != NULL && tx->put_off[i].code != 0)
			settle_put_off(s, tx, i);
		else
			settle(s, tx, i, OUTCOME_UNSENT, NULL, why);
	}
}

/* What a server would have answered, said by us: the text says so. */
static void
settle_ourselves(struct session *s, struct transaction *tx, uint32_t i, uint16_t code,
    const char *enhanced, const char *why)
{
	struct deliver_result r = { .outcome = OUTCOME_REPLIED,
		.stage = STAGE_MAIL,
		.code = code,
		.enhanced = span_str(enhanced),
		.text = span_str(why) };

	settle_as(s, tx, i, &r);
	tx->rcpt[i] = RCPT_UNASKED;
}

static void
refuse_ourselves(
    struct session *s, struct transaction *tx, uint16_t code, const char *enhanced, const char *why)
{
	for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
		if (tx->rcpt[i] < RCPT_SETTLED)
			settle_ourselves(s, tx, i, code, enhanced, why);
}

void
transaction_over(struct session *s, struct transaction *tx)
{
	must(tx->open == 0);
	STAILQ_REMOVE(&s->queue, tx, transaction, link);
	s->house->bytes -= tx->bytes;
	transaction_free(tx);
}

/* ---- what can be sent there at all ---- */

static void
refuse_too_large(struct session *s, struct transaction *tx, uint64_t size)
{
	char why[200];

	snprintf(why, sizeof(why),
	    "said by this relay, nothing was sent: the message has %" PRIu64
	    " bytes, the server announced %" PRIu64 " at most",
	    size, s->ehlo.size_max);
	refuse_ourselves(s, tx, 552, "5.3.4", why);
}

/* RFC 6531 3.5: what cannot do without SMTPUTF8 goes no further; the other recipients get the message without it. */
static void
refuse_utf8(struct session *s, struct transaction *tx)
{
	if (tx->all_need_utf8)
		refuse_ourselves(s, tx, 550, "5.6.7",
		    "said by this relay, nothing was sent: the server does not take "
		    "internationalized mail (SMTPUTF8)");
	for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
		if (tx->rcpt[i] < RCPT_SETTLED && utf8_any_8bit(tx->t.rcpts[i].address))
			settle_ourselves(s, tx, i, 553, "5.6.7",
			    "said by this relay, nothing was sent: the server does not take "
			    "internationalized addresses (SMTPUTF8)");
	tx->t.smtputf8 = false;
}

static void
refuse_bad_addresses(struct session *s, struct transaction *tx)
{
	if (!command_address_ok(tx->t.from))
		refuse_ourselves(s, tx, 553, "5.1.7",
		    "said by this relay, nothing was sent: the sender's address cannot stand in a "
		    "command");
	for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
		if (tx->rcpt[i] < RCPT_SETTLED &&
		    (tx->t.rcpts[i].address.n == 0 || !command_address_ok(tx->t.rcpts[i].address)))
			settle_ourselves(s, tx, i, 553, "5.1.3",
			    "said by this relay, nothing was sent: the address cannot stand in a "
			    "command");
}

static bool
intact(const struct transaction *tx)
{
	if (!body_source_ok(&tx->source))
		return false;
	return tx->source.has_fd || !tx->source.check_crc ||
	       crc32c(0, tx->source.bytes) == tx->source.crc32c;
}

/* Settles what this server cannot take; true: somebody is left to be asked for. */
static bool
suits(struct session *s, struct transaction *tx)
{
	uint64_t size;

	if (!intact(tx)) {
		settle_open(
		    s, tx, OUTCOME_DAMAGED, NULL, "the message does not match its checksum");
		return false;
	}
	tx->source.check_crc = tx->source.check_crc && tx->source.has_fd;
	size = body_size(&tx->source);
	if (s->ehlo.size_max != 0 && size > s->ehlo.size_max)
		refuse_too_large(s, tx, size);
	else if (tx->t.smtputf8 && !(s->ehlo.ext & EXT_SMTPUTF8))
		refuse_utf8(s, tx);
	if (tx->open > 0 && tx->t.body_8bit && !(s->ehlo.ext & EXT_8BITMIME))
		settle_open(s, tx, OUTCOME_NEEDS_7BIT, NULL, "the server has no 8BITMIME");
	refuse_bad_addresses(s, tx);
	return tx->open > 0;
}

/* ---- commands ---- */

static void
write_rcpt(struct session *s, struct transaction *tx, uint32_t i)
{
	unsigned ext = tx->t.smtputf8 ? s->ehlo.ext : s->ehlo.ext & ~(unsigned)EXT_SMTPUTF8;

	must(command_rcpt(say(s), &tx->t.rcpts[i], ext, NULL) == 0);
}

/* All up to DATA at once where the server pipelines; else MAIL alone. */
static void
write_envelope(struct session *s, struct transaction *tx)
{
	tx->began_ms = loop_now_ms();
	tx->at = transaction_asked(tx, 0);
	must(command_mail(say(s), &tx->t, body_size(&tx->source), s->ehlo.ext, NULL) == 0);
	if (!(s->ehlo.ext & EXT_PIPELINING))
		return;
	for (uint32_t i = tx->at; i < tx->t.rcpts_n; i = transaction_asked(tx, i + 1))
		write_rcpt(s, tx, i);
	buf_str(say(s), "DATA\r\n");
}

static struct transaction *
current(struct session *s)
{
	return STAILQ_FIRST(&s->queue);
}

/* Nothing leaves together with a final dot: servers answer 503 to what does, or still hold a transaction that they have just
 * refused, though RFC 2920 3.1 would let RSET and MAIL follow it. */
enum await
next_transaction(struct session *s)
{
	struct transaction *tx;

	while ((tx = current(s)) != NULL) {
		if (suits(s, tx)) {
			write_envelope(s, tx);
			return AWAIT_MAIL;
		}
		transaction_over(s, tx);
	}
	if (!s->quitting)
		return IDLE;
	buf_str(say(s), "QUIT\r\n");
	return AWAIT_QUIT;
}

/* The server still holds a transaction that will not be: it must forget it before the next. */
static enum await
reset(struct session *s)
{
	buf_str(say(s), "RSET\r\n");
	return AWAIT_RSET;
}

static enum await
finished(struct session *s)
{
	transaction_over(s, current(s));
	return next_transaction(s);
}

/* ---- replies ---- */

static bool
refusal(const struct reply *r)
{
	return r->code >= 400;
}

/* A command that came at a wrong place was not judged, and neither was the message: it goes on over a new connection. Where
 * this one has answered nothing yet, a new one would hear the same. */
static bool
out_of_place(const struct session *s, const struct reply *r)
{
	return refusal_is_of_place(r) && s->answered > 0;
}

/* It says no more of the mail than a server that closes after so many messages. */
static bool
connection_is_full(const struct session *s, const struct reply *r)
{
	return refusal_is_of_connection(r) && s->answered > 0;
}

/* Another host of the same mail may take now what this one does not (RFC 5321 5.1). One is asked, no more: a site that
 * is busy is not asked everywhere. */
static bool
has_elsewhere(const struct session *s, const struct transaction *tx, const struct reply *r)
{
	return r->code / 100 == 4 && !tx->elsewhere && session_other_host(s) < s->open.hosts_n;
}

/* Those who did not hear a final answer are asked for at the next host; the session ends with this transaction, for mail begins
 * at the best host. */
enum await
go_elsewhere(struct session *s)
{
	transaction_again(current(s));
	s->quitting = true;
	s->host = session_other_host(s);
	s->encryption = ENCRYPT_AS_ASKED;
	return session_connect(s);
}

bool
put_off_all(struct session *s, const struct reply *r)
{
	struct transaction *tx = current(s);

	if (tx == NULL || !has_elsewhere(s, tx, r))
		return false;
	for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
		if (tx->rcpt[i] < RCPT_SETTLED)
			transaction_put_off(tx, i, r, s->host, session_stage(s));
	return true;
}

enum await
on_mail(struct session *s, const struct reply *r)
{
	struct transaction *tx = current(s);
	bool pipelining = s->ehlo.ext & EXT_PIPELINING;

	if (!reply_ok(r) && !refusal(r))
		return protocol_error(s, r);
	if (out_of_place(s, r) || connection_is_full(s, r))
		return session_ended(s, OUTCOME_UNSENT, r, NULL);
	if (put_off_all(s, r))
		return go_elsewhere(s);
	if (refusal(r))
		settle_open(s, tx, OUTCOME_REPLIED, r, NULL);
	if (refusal(r) && !pipelining)
		return finished(s);
	if (!pipelining)
		write_rcpt(s, tx, tx->at);
	return AWAIT_RCPT;
}

static void
rcpt_answered(struct session *s, struct transaction *tx, const struct reply *r)
{
	if (tx->rcpt[tx->at] != RCPT_OPEN)
		return; /* MAIL was refused: this reply adds nothing */
	if (refusal_is_of_number(r) && tx->accepted > 0)
		settle(s, tx, tx->at, OUTCOME_UNSENT, r, NULL);
	else if (refusal(r) && has_elsewhere(s, tx, r))
		transaction_put_off(tx, tx->at, r, s->host, STAGE_RCPT);
	else if (refusal(r))
		settle(s, tx, tx->at, OUTCOME_REPLIED, r, NULL);
	else {
		tx->rcpt[tx->at] = RCPT_ACCEPTED;
		tx->accepted++;
	}
}

/* All RCPTs were answered. A host that takes some is the one: the others wait for it. */
static void
put_off_settled(struct session *s, struct transaction *tx)
{
	for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
		if (tx->rcpt[i] == RCPT_PUT_OFF) {
			settle_put_off(s, tx, i);
			s->answered++;
		}
}

enum await
on_rcpt(struct session *s, const struct reply *r)
{
	struct transaction *tx = current(s);
	bool pipelining = s->ehlo.ext & EXT_PIPELINING;

	if (!reply_ok(r) && !refusal(r))
		return protocol_error(s, r);
	if (out_of_place(s, r) && tx->rcpt[tx->at] == RCPT_OPEN)
		return session_ended(s, OUTCOME_UNSENT, r, NULL);
	rcpt_answered(s, tx, r);
	tx->at = transaction_asked(tx, tx->at + 1);
	if (tx->at < tx->t.rcpts_n) {
		if (!pipelining)
			write_rcpt(s, tx, tx->at);
		return AWAIT_RCPT;
	}
	if (tx->accepted == 0 && tx->open > 0)
		return go_elsewhere(s);
	put_off_settled(s, tx);
	if (!pipelining && tx->accepted == 0)
		return reset(s);
	if (!pipelining)
		buf_str(say(s), "DATA\r\n");
	return AWAIT_DATA;
}

enum await
on_data(struct session *s, const struct reply *r)
{
	struct transaction *tx = current(s);

	if (out_of_place(s, r) && tx->open > 0)
		return session_ended(s, OUTCOME_UNSENT, r, NULL);
	if (refusal(r)) {
		settle_open(s, tx, OUTCOME_REPLIED, r, NULL);
		return reset(s);
	}
	if (r->code != 354)
		return protocol_error(s, r);
	if (tx->open == 0) {
		buf_str(say(s), ".\r\n");
		return AWAIT_LONE_DOT;
	}
	tx->body = body_new(&tx->source);
	wire_body(s->wire, tx->body);
	return SENDING;
}

/* A reply in the middle of the content: the server will not have it, and the dialogue is out of step. It is believed for this
 * message. */
enum await
on_early_reply(struct session *s, const struct reply *r)
{
	if (!refusal(r))
		return protocol_error(s, r);
	return session_ended(s, OUTCOME_REPLIED, r, NULL);
}

enum await
on_dot(struct session *s, const struct reply *r)
{
	if (!reply_ok(r) && !refusal(r))
		return protocol_error(s, r);
	if (out_of_place(s, r))
		return session_ended(s, OUTCOME_UNSENT, r, NULL);
	settle_open(s, current(s), reply_ok(r) ? OUTCOME_DELIVERED : OUTCOME_REPLIED, r, NULL);
	return reply_ok(r) ? finished(s) : reset(s);
}

enum await
on_lone_dot(struct session *s, const struct reply *r)
{
	(void)r; /* whatever it says of an empty message to nobody */
	return finished(s);
}

enum await
on_rset(struct session *s, const struct reply *r)
{
	if (!reply_ok(r))
		return protocol_error(s, r);
	return finished(s);
}
