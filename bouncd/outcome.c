#include "outcome.h"

const char *
tie_word(enum tie t)
{
	static const char *const words[] = { "none", "message-id", "header-token", "token" };

	return words[t];
}

const char *
outcome_word(enum outcome_kind k)
{
	static const char *const words[] = { "returned", "bounced", "complaint", "unsubscribed",
		"autoreply", "reply" };

	return words[k];
}

/* ---- what it is ---- */

/* RFC 5965 3.1 and 7.3, RFC 6430: what is no complaint about a mail of ours. */
static bool
is_no_complaint(const struct came_back *b)
{
	return span_is_nocase(b->feedback_type, "not-spam") ||
	       span_starts_nocase(b->feedback_type, "auth-failure") || b->sub == KIND_SUB_REPORT;
}

static bool
is_opt_out(const struct came_back *b)
{
	return b->sub == KIND_SUB_UNSUBSCRIBE || span_starts_nocase(b->feedback_type, "opt-out");
}

static enum outcome_kind
kind_tied(const struct came_back *b)
{
	switch (b->kind) {
	case KIND_BOUNCE:
		return OUTCOME_BOUNCED;
	case KIND_COMPLAINT:
		return is_no_complaint(b) ? OUTCOME_RETURNED
		       : is_opt_out(b)    ? OUTCOME_UNSUBSCRIBED
					  : OUTCOME_COMPLAINT;
	case KIND_AUTOREPLY:
		return OUTCOME_AUTOREPLY;
	case KIND_OTHER:
		return b->sub == KIND_SUB_UNSUBSCRIBE ? OUTCOME_UNSUBSCRIBED
		       : b->sub == KIND_SUB_HUMAN     ? OUTCOME_REPLY
						      : OUTCOME_RETURNED;
	default:
		return OUTCOME_RETURNED;
	}
}

/* What nothing ties may be anybody's invention: only what does no harm keeps its name. */
static enum outcome_kind
kind_of_facts(const struct came_back *b, enum tie tie)
{
	enum outcome_kind k = kind_tied(b);

	if (tie >= TIE_HEADER_TOKEN || k == OUTCOME_AUTOREPLY || k == OUTCOME_REPLY)
		return k;
	if (tie == TIE_MESSAGE_ID && (k == OUTCOME_BOUNCED || k == OUTCOME_COMPLAINT))
		return k;
	return OUTCOME_RETURNED;
}

/* ---- with a token ---- */

static bool
is_own(const struct outcome_facts *f, struct span address)
{
	return bounce_token_is_for(f->keys, &f->owner, &f->token, address);
}

/* The index knows the delivery, and it is of the token's tenant. */
static const struct lookup_found *
own_delivery(const struct outcome_facts *f)
{
	for (unsigned i = 0; i < f->looked_n; i++)
		if (f->looked[i].found.found &&
		    span_eq_nocase(f->looked[i].found.tenant, f->owner.tenant))
			return &f->looked[i].found;
	return NULL;
}

/* The address the token was made for: from whoever still knows it, else where what came back has it: who answers a mail
 * mostly got it, and who sends a mail back mostly shows to whom it was. */
static struct span
own_address(const struct outcome_facts *f)
{
	const struct lookup_found *found = own_delivery(f);
	struct span may[] = { found == NULL ? span_of(NULL, 0) : found->recipient, f->known,
		f->from, f->back->original_to };

	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++)
		if (is_own(f, may[i]))
			return may[i];
	return span_of(NULL, 0);
}

static const struct came_recipient *
reported_as(const struct outcome_facts *f)
{
	for (const struct came_recipient *r = f->back->recipients; r != NULL; r = r->next)
		if (is_own(f, r->address) || is_own(f, r->original))
			return r;
	return NULL;
}

/* The mail went on for it: to be tried again, or to somebody behind it. */
static bool
goes_on(const struct came_recipient *r)
{
	return r != NULL && r->action > ACTION_FAILED;
}

/* An alias of which one member failed and another got it is no dead address. */
static bool
goes_on_somewhere(const struct outcome_facts *f)
{
	for (const struct came_recipient *r = f->back->recipients; r != NULL; r = r->next)
		if (goes_on(r) && (is_own(f, r->address) || is_own(f, r->original)))
			return true;
	return false;
}

/* A report that names others besides, and not this one, is about them: they have tokens of their own. */
static unsigned
by_token(const struct outcome_facts *f, enum tie tie, struct outcome *o)
{
	const struct came_recipient *r = reported_as(f);
	bool named = r != NULL;

	*o = (struct outcome){ .kind = kind_of_facts(f->back, tie), .address = own_address(f) };
	o->of = own_delivery(f);
	if (!named && f->back->n_recipients == 1)
		r = f->back->recipients;
	o->rcpt = r;
	if (o->address.n == 0 && named)
		o->address = is_own(f, r->address) ? r->address : r->original;
	if (r != NULL && !span_eq_nocase(r->address, o->address))
		o->reported = r->address;
	if (o->kind == OUTCOME_BOUNCED &&
	    ((!named && f->back->n_recipients > 1) || goes_on(r) || goes_on_somewhere(f)))
		o->kind = OUTCOME_RETURNED;
	return 1;
}

/* ---- without one ---- */

bool
outcome_wants_message_id(const struct came_back *b)
{
	return b->original_message_id.n > 0 &&
	       (b->kind == KIND_BOUNCE || b->kind == KIND_COMPLAINT);
}

static bool
is_told(const struct outcome *out, unsigned n, const struct lookup_found *f)
{
	for (unsigned i = 0; i < n; i++)
		if (id_eq(out[i].of->message, f->message) && out[i].of->index == f->index)
			return true;
	return false;
}

static unsigned
by_message_id(const struct outcome_facts *f, struct outcome out[OUTCOMES_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->looked_n && n < OUTCOMES_MAX; i++) {
		const struct looked_up *l = &f->looked[i];

		if (l->found.recipient.n == 0 || is_told(out, n, &l->found))
			continue;
		out[n] = (struct outcome){ .kind = kind_of_facts(f->back, TIE_MESSAGE_ID),
			.rcpt = l->rcpt,
			.of = &l->found,
			.address = l->found.recipient };
		if (out[n].kind == OUTCOME_BOUNCED && goes_on(l->rcpt))
			out[n].kind = OUTCOME_RETURNED;
		if (l->rcpt != NULL && !span_eq_nocase(l->rcpt->address, l->found.recipient))
			out[n].reported = l->rcpt->address;
		n++;
	}
	return n;
}

static unsigned
by_nothing(const struct outcome_facts *f, struct outcome *o)
{
	*o = (struct outcome){ .kind = kind_of_facts(f->back, TIE_NONE),
		.rcpt = f->back->recipients };
	if (o->rcpt != NULL)
		o->reported = o->rcpt->address;
	return 1;
}

unsigned
outcomes_of(const struct outcome_facts *f, enum tie *tie, struct outcome out[OUTCOMES_MAX])
{
	unsigned n = 0;

	*tie = f->tie;
	if (f->tie >= TIE_HEADER_TOKEN)
		return by_token(f, f->tie, out);
	if (f->tie == TIE_MESSAGE_ID)
		n = by_message_id(f, out);
	if (n > 0)
		return n;
	*tie = TIE_NONE;
	return by_nothing(f, out);
}
