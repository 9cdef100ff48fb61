#include "reports.h"
#include "charset.h"
#include "dsn.h"
#include "readable.h"

static bool
is_report(const struct mime_part *p)
{
	static const char *const types[] = { "message/delivery-status",
		"message/global-delivery-status", "message/disposition-notification",
		"message/global-disposition-notification", "message/delivery-report",
		"text/delivery-status" };

	if (p->child != NULL)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (mime_type_is(p, types[i]))
			return true;
	return false;
}

static bool
is_disposition(const struct mime_part *p)
{
	return mime_type_is(p, "message/disposition-notification") ||
	       mime_type_is(p, "message/global-disposition-notification");
}

static struct span
fields_of(const struct mime_part *p, struct arena *a)
{
	return charset_to_utf8(span_of("", 0), readable_body(p, a), a);
}

/* The fields in a text: of the mail, or of a part that should have been a report. */
static bool
read_text(struct came_back *c, struct span text, struct arena *a)
{
	ptrdiff_t at = dsn_in_text(text);

	return at >= 0 && dsn_parse(c, span_from(text, (size_t)at), a) > 0;
}

static bool
may_hold_fields(const struct mime_part *p)
{
	return p->child == NULL && p->parent != NULL &&
	       (span_starts(p->type, "text/") || mime_type_is(p, "application/octet-stream"));
}

bool
reports_read(struct came_back *c, const struct mime_part *root, struct span text,
    enum disposition *disposition, struct arena *a)
{
	struct span fields;
	bool found = false;
	unsigned parts = 0;

	for (const struct mime_part *p = root; p != NULL; p = mime_walk(p)) {
		if (!is_report(p))
			continue;
		fields = fields_of(p, a);
		dsn_parse(c, fields, a);
		found = true;
		if (is_disposition(p))
			*disposition = kind_disposition(fields);
	}
	if (c->n_recipients == 0 && read_text(c, text, a))
		found = true;
	for (const struct mime_part *p = root;
	     p != NULL && c->n_recipients == 0 && parts < READABLE_PARTS_MAX;
	     p = mime_walk(p), parts++)
		if (may_hold_fields(p) && read_text(c, fields_of(p, a), a))
			found = true;
	return found;
}

static bool
is_done(const struct came_recipient *r)
{
	return r->action == ACTION_DELIVERED || r->action == ACTION_RELAYED ||
	       r->action == ACTION_EXPANDED;
}

enum kind
reports_kind(const struct came_back *c)
{
	bool failed = false, delayed = false, done = false;

	for (const struct came_recipient *r = c->recipients; r != NULL; r = r->next) {
		failed |= r->action == ACTION_FAILED;
		delayed |= r->action == ACTION_DELAYED;
		done |= is_done(r);
	}
	if (failed)
		return KIND_BOUNCE;
	if (delayed)
		return KIND_DELAYED;
	return done ? KIND_DELIVERED : KIND_OTHER;
}

/* "all@example.com" reached those of its members that did not fail. */
static void
mark_partly(struct came_back *c, const struct came_recipient *done)
{
	for (struct came_recipient *r = c->recipients; r != NULL; r = r->next)
		if (r->action == ACTION_FAILED && span_eq_nocase(r->original, done->original))
			r->action = ACTION_PARTLY;
}

void
reports_drop_delivered(struct came_back *c)
{
	struct came_recipient **at = &c->recipients;

	for (const struct came_recipient *r = c->recipients; r != NULL; r = r->next)
		if (is_done(r) && r->original.n > 0)
			mark_partly(c, r);

	c->last = NULL;
	c->n_recipients = 0;
	while (*at != NULL) {
		if (is_done(*at)) {
			*at = (*at)->next;
			continue;
		}
		c->last = *at;
		c->n_recipients++;
		at = &(*at)->next;
	}
}
