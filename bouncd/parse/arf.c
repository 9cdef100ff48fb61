#include "arf.h"
#include "address_find.h"
#include "header.h"
#include "readable.h"

static const struct mime_part *
report_part(const struct mime_part *root)
{
	for (const struct mime_part *p = root; p != NULL; p = mime_walk(p))
		if (mime_type_is(p, "message/feedback-report"))
			return p;
	return NULL;
}

static void
take_recipient(struct came_back *c, struct span value, struct arena *a)
{
	struct span address = address_of_field(span_trim(value));

	if (span_find(address, '@') > 0)
		came_back_add(c, arena_span(a, address), a);
}

/* JMRP's and others' own headers around or in the returned message. */
static void
take_private(struct came_back *c, struct span header, struct arena *a)
{
	static const char *const names[] = { "X-HmXmrOriginalRecipient", "Original-Rcpt-To",
		"X-Original-To", "Removal-Recipient" };
	struct header_field f;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (header_find(header, names[i], &f))
			take_recipient(c, f.value, a);
}

static void
take_report(struct came_back *c, struct span body, struct arena *a)
{
	struct header_field f;

	while (header_next(&body, &f)) {
		if (span_is_nocase(f.name, "Feedback-Type"))
			c->feedback_type = span_trim(f.value);
		else if (span_is_nocase(f.name, "Original-Rcpt-To") ||
			 span_is_nocase(f.name, "Removal-Recipient"))
			take_recipient(c, f.value, a);
		else if (span_is_nocase(f.name, "Original-Envelope-Id"))
			c->envelope_id = span_trim(f.value);
		else if (span_is_nocase(f.name, "Reporting-MTA"))
			c->reporting_mta = span_trim(f.value);
	}
}

bool
arf_parse(struct came_back *c, const struct mime_part *root, struct span original, struct arena *a)
{
	const struct mime_part *p = report_part(root);
	struct header_field f;

	if (p == NULL) {
		if (!header_find(original, "X-HmXmrOriginalRecipient", &f) &&
		    !header_find(root->header, "X-HmXmrOriginalRecipient", &f))
			return false;
		c->feedback_type = SPAN_LIT("abuse");
	} else
		take_report(c, span_trim(readable_body(p, a)), a);
	if (c->n_recipients == 0)
		take_private(c, original, a);
	if (c->n_recipients == 0)
		take_private(c, root->header, a);
	if (c->n_recipients == 0 && header_find(original, "To", &f))
		take_recipient(c, header_unfolded(f.value, a), a);
	c->kind = span_starts_nocase(c->feedback_type, "auth-failure") ||
			  span_starts_nocase(c->feedback_type, "dmarc")
		      ? KIND_OTHER
		      : KIND_COMPLAINT;
	return true;
}
