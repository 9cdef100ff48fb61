#include "arf.h"
#include "address_find.h"
#include "header.h"
#include "phrases.h"
#include "readable.h"

enum { LOOK_BYTES = 4096, PARTS_LOOKED_AT = 50 };

static bool
is_report(struct span body)
{
	struct header_field f;

	return header_find(span_first(span_trim(body), LOOK_BYTES), "Feedback-Type", &f);
}

/* The report's fields: of its part, or of a part that was given another type on the way. */
static struct span
report_body(const struct mime_part *root, struct arena *a)
{
	unsigned looked_at = 0;

	for (const struct mime_part *p = root; p != NULL; p = mime_walk(p))
		if (mime_type_is(p, "message/feedback-report"))
			return span_trim(readable_body(p, a));
	for (const struct mime_part *p = root; p != NULL && looked_at++ < PARTS_LOOKED_AT;
	     p = mime_walk(p)) {
		struct span body;

		if (p->child != NULL || p->parent == NULL || mime_type_is(p, "message/rfc822"))
			continue;
		body = p->body;
		if (p->transfer >= TRANSFER_QP && !span_starts(p->type, "image/"))
			body = readable_body(p, a);
		if (is_report(body))
			return span_trim(body);
	}
	return span_of(NULL, 0);
}

static struct span
of_header(struct span header, const char *name, struct arena *a)
{
	struct header_field f;

	return header_find(header, name, &f) ? span_trim(header_unfolded(f.value, a))
					     : span_of(NULL, 0);
}

/* "redacted", "redacted@...", "xxxx@...": a provider's mask, not an address. */
static bool
is_masked(struct span address)
{
	struct span domain, local = span_cut(address, '@', &domain);
	size_t masked = 0;

	for (size_t i = 0; i < local.n; i++)
		masked += local.p[i] == 'x' || local.p[i] == 'X' || local.p[i] == '*';
	return domain.n == 0 || masked == local.n || span_starts_nocase(local, "redact") ||
	       span_starts_nocase(domain, "redact");
}

static void
take_recipient(struct came_back *c, struct span value, struct arena *a)
{
	struct span address = address_of_field(span_trim(value));

	if (!is_masked(address))
		came_back_add(c, arena_span(a, address), a);
}

static void
take_first(struct span *to, struct span value)
{
	if (to->n == 0)
		*to = value;
}

static void
take_address(struct span *to, struct span value)
{
	struct span address = address_of_field(value);

	if (!is_masked(address))
		take_first(to, address);
}

static void
take_field(struct came_back *c, struct span name, struct span v, struct arena *a)
{
	if (span_is_nocase(name, "Feedback-Type"))
		take_first(&c->feedback_type, v);
	else if (span_is_nocase(name, "Original-Rcpt-To") ||
		 span_is_nocase(name, "Removal-Recipient") ||
		 span_is_nocase(name, "Original-Recipient"))
		take_recipient(c, v, a);
	else if (span_is_nocase(name, "Original-Mail-From"))
		take_address(&c->original_mail_from, v);
	else if (span_is_nocase(name, "Original-Envelope-Id"))
		take_first(&c->envelope_id, v);
	else if (span_is_nocase(name, "Reporting-MTA"))
		take_first(&c->reporting_mta, v);
	else if (span_is_nocase(name, "Source-IP") || span_is_nocase(name, "Source-IP-Address"))
		take_first(&c->source_ip, v);
	else if (span_is_nocase(name, "Reported-Domain"))
		take_first(&c->reported_domain, v);
	else if (span_is_nocase(name, "Arrival-Date") || span_is_nocase(name, "Received-Date"))
		take_first(&c->arrival_date, v);
	else if (span_is_nocase(name, "Feedback-ID"))
		take_first(&c->feedback_id, v);
}

static void
take_report(struct came_back *c, struct span body, struct arena *a)
{
	struct header_field f;

	while (header_next(&body, &f))
		if (!f.bad)
			take_field(c, f.name, span_trim(header_unfolded(f.value, a)), a);
}

/* What providers write into the header of the returned message, or around it. */
static void
take_original(struct came_back *c, struct span original, struct span around, struct arena *a)
{
	static const char *const names[] = { "X-HmXmrOriginalRecipient", "Original-Rcpt-To",
		"Removal-Recipient", "X-Apparently-To", "X-Original-To", "To" };

	if (c->n_recipients == 0)
		take_recipient(c, of_header(around, "X-HmXmrOriginalRecipient", a), a);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && c->n_recipients == 0; i++)
		take_recipient(c, of_header(original, names[i], a), a);
	take_address(&c->original_mail_from, of_header(original, "Return-Path", a));
	take_first(&c->feedback_id, of_header(original, "Feedback-ID", a));
	take_first(&c->source_ip, of_header(around, "X-SpamCop-sourceip", a));
}

/* Loops that send no report: a field of theirs, or words about spam around an original. */
static bool
is_private(const struct mime_part *root, struct span original, const struct kind_clues *k)
{
	static const char *const fields[] = { "X-HmXmrOriginalRecipient", "X-SpamCop-sourceip",
		"X-ARF", "X-XARF" };
	struct header_field f;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (header_find(root->header, fields[i], &f) ||
		    header_find(original, fields[i], &f))
			return true;
	return k->has_original && ((k->subject_says | k->text_says) & SAYS_COMPLAINT) != 0 &&
	       !(k->subject_says & SAYS_FAILED) && !k->has_final_reply;
}

/* Counts by Feedback-ID or by day, and no message. */
static bool
is_summary(const struct kind_clues *k)
{
	return !k->has_original && (k->subject_says & SAYS_COMPLAINT) != 0 &&
	       span_find_nocase(k->text, "Feedback-ID") >= 0;
}

static void
call_other(struct came_back *c)
{
	c->kind = KIND_OTHER;
	c->sub = KIND_SUB_REPORT;
}

bool
arf_parse(struct came_back *c, const struct mime_part *root, struct span original,
    const struct kind_clues *k, struct arena *a)
{
	struct span body = report_body(root, a);

	if (body.n == 0 && is_report(k->text))
		body = k->text;
	if (body.n == 0 && is_summary(k)) {
		call_other(c);
		return true;
	}
	if (body.n == 0 && !is_private(root, original, k))
		return false;
	take_report(c, body, a);
	take_original(c, original, root->header, a);
	take_first(&c->feedback_type, SPAN_LIT("abuse"));
	c->kind = KIND_COMPLAINT;
	if (span_starts_nocase(c->feedback_type, "auth-failure") ||
	    span_starts_nocase(c->feedback_type, "dmarc"))
		call_other(c);
	return true;
}
