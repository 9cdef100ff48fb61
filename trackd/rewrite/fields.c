#include "fields.h"
#include "author.h"
#include "header.h"

#include <string.h>

/* ---- what goes ---- */

static bool
is_dropped(const struct fields_rules *r, const struct header_field *f, struct arena *a)
{
	for (size_t i = 0; i < r->drops; i++)
		if (span_eq_nocase(f->name, r->drop[i]))
			return true;
	return r->resigned.n > 0 && span_is_nocase(f->name, "DKIM-Signature") &&
	       domain_is_within(r->resigned, signature_domain(f->value, a));
}

static bool
any_dropped(const struct fields_rules *r, struct span block, struct arena *a)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (is_dropped(r, &f, a))
			return true;
	return false;
}

/* ---- what comes ---- */

static void
put_unsubscribe(const struct fields_rules *r, struct token_sealer *sealer,
    const struct token_facts *who, struct buf *out)
{
	struct token_facts facts = *who;

	facts.kind = TOKEN_UNSUBSCRIBE;
	facts.campaign = span_first(r->campaign, TOKEN_CAMPAIGN_MAX);
	facts.url = r->address;
	buf_str(out, "List-Unsubscribe: <");
	buf_span(out, r->base);
	buf_str(out, "u/");
	token_seal(sealer, &facts, out);
	buf_str(out, ">");
	if (r->returns.n > 0)
		buf_printf(out, ",\r\n <mailto:%.*s?subject=unsubscribe>", SPAN(r->returns));
	buf_str(out, "\r\n");
	if (span_starts_nocase(r->base, "https://")) /* RFC 8058 3.1: no other */
		buf_str(out, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

/* A part of Feedback-ID: no colon and no white space may be in it. */
static void
put_part(struct span s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_byte(out, c <= ' ' || c > 126 || c == ':' ? '_' : (char)c);
	}
}

static void
put_feedback_id(const struct fields_rules *r, struct buf *out)
{
	buf_str(out, "Feedback-ID: ");
	put_part(r->campaign, out);
	buf_byte(out, ':');
	put_part(r->tenant, out);
	buf_str(out, ":mail:");
	put_part(r->sender_id, out);
	buf_str(out, "\r\n");
}

/* Every name in h= is taken for one that must not come anew. */
static bool
is_signed(const struct fields_rules *r, struct span block, struct span name, struct arena *a)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (span_is_nocase(f.name, "DKIM-Signature") && !is_dropped(r, &f, a) &&
		    signature_names(f.value, name, a))
			return true;
	return false;
}

/* The sender wrote it, and it stays. */
static bool
is_there(const struct fields_rules *r, struct span block, struct span name, struct arena *a)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (span_eq_nocase(f.name, name) && !is_dropped(r, &f, a))
			return true;
	return false;
}

static struct span
name_of(struct span field)
{
	struct span rest;

	return span_trim(span_cut(field, ':', &rest));
}

static bool
is_added(const struct fields_rules *r, struct span name)
{
	for (size_t i = 0; i < r->adds; i++)
		if (span_eq_nocase(name_of(r->add[i]), name))
			return true;
	return false;
}

static bool
may_come(const struct fields_rules *r, struct span block, struct span name, struct arena *a)
{
	return !is_there(r, block, name, a) && !is_signed(r, block, name, a);
}

/* What a rule of the tenant adds comes before what is made here. */
static bool
may_be_made(const struct fields_rules *r, struct span block, const char *name, struct arena *a)
{
	return may_come(r, block, span_str(name), a) && !is_added(r, span_str(name));
}

static void
put_new(const struct fields_rules *r, struct token_sealer *sealer, const struct token_facts *who,
    struct span block, struct arena *a, struct buf *out)
{
	for (size_t i = 0; i < r->adds; i++) {
		if (!may_come(r, block, name_of(r->add[i]), a))
			continue;
		buf_span(out, r->add[i]);
		buf_str(out, "\r\n");
	}
	if (r->sender_id.n > 0 && may_be_made(r, block, "Feedback-ID", a))
		put_feedback_id(r, out);
	if (r->unsubscribe && sealer != NULL && r->base.n > 0 && r->address.n > 0 &&
	    may_be_made(r, block, "List-Unsubscribe", a) &&
	    may_be_made(r, block, "List-Unsubscribe-Post", a))
		put_unsubscribe(r, sealer, who, out);
}

static void
put_kept(const struct fields_rules *r, struct span block, struct arena *a, struct buf *out)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (!is_dropped(r, &f, a))
			buf_span(out, f.whole);
}

bool
fields_write(const struct fields_rules *r, struct token_sealer *sealer,
    const struct token_facts *who, struct span message, struct arena *a, struct buf *out)
{
	struct span body, block = header_block(message, &body);
	size_t before = out->n;

	put_new(r, sealer, who, block, a, out);
	if (!any_dropped(r, block, a)) {
		if (out->n == before)
			return false;
		buf_span(out, message);
		return true;
	}
	put_kept(r, block, a, out);
	buf_span(out, span_from(message, block.n));
	return true;
}
