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
	facts.campaign = span_first(r->list, TOKEN_CAMPAIGN_MAX);
	facts.url = r->address;
	buf_str(out, "List-Unsubscribe: <");
	buf_span(out, r->base);
	buf_str(out, "u/");
	token_seal(sealer, &facts, out);
	buf_str(out, ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
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

static void
put_new(const struct fields_rules *r, struct token_sealer *sealer, const struct token_facts *who,
    struct span block, struct buf *out)
{
	struct header_field f;

	for (size_t i = 0; i < r->adds; i++) {
		buf_span(out, r->add[i]);
		buf_str(out, "\r\n");
	}
	if (r->sender_id.n > 0 && !header_find(block, "Feedback-ID", &f))
		put_feedback_id(r, out);
	if (r->unsubscribe && sealer != NULL && r->base.n > 0 && r->address.n > 0 &&
	    !header_find(block, "List-Unsubscribe", &f) &&
	    !header_find(block, "List-Unsubscribe-Post", &f))
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

	put_new(r, sealer, who, block, out);
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
