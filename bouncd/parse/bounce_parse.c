#include "bounce_parse.h"
#include "address_find.h"
#include "arf.h"
#include "dsn.h"
#include "encoded_word.h"
#include "header.h"
#include "kind.h"
#include "mime.h"
#include "original.h"
#include "prose.h"
#include "readable.h"
#include "sns.h"
#include "token_find.h"

#include <string.h>

/* A mail on the table. */
struct mail {
	struct came_back *c;
	struct mime_part *root;
	struct span header, text, original, quoted; /* quoted: text from the quoted original on */
	struct kind_clues clues;
	struct arena *arena;
	unsigned depth; /* reports around this one */
};

enum { INNER_DEPTH = 2, TOKENS_IN_BYTES = 1024 * 1024 };

static void parse(struct came_back *, struct span message, struct arena *, unsigned depth);

static struct span
field(struct span header, const char *name, struct arena *a)
{
	struct header_field f;

	return header_find(header, name, &f) ? span_trim(header_unfolded(f.value, a))
					     : span_of(NULL, 0);
}

/* Where the header begins: empty lines and an mbox line may stand before it. */
static struct span
without_lead(struct span message)
{
	struct span rest = message, line;

	while (rest.n > 0 && (rest.p[0] == '\n' || rest.p[0] == '\r' || rest.p[0] == ' ')) {
		line = span_cut(message, '\n', &rest);
		if (span_trim(line).n > 0)
			break;
		message = rest;
	}
	if (span_starts(message, "From ") || span_starts(message, ">From "))
		span_cut(message, '\n', &message);
	return message;
}

static void
open_mail(struct mail *m)
{
	struct span text;
	size_t cut;

	m->header = m->root->header;
	text = readable_text(m->root, m->arena);
	cut = original_quoted(text);
	m->text = span_first(text, cut);
	m->quoted = span_from(text, cut);
	m->original = original_attached(m->root, m->arena);
	m->c->subject = encoded_words(field(m->header, "Subject", m->arena), m->arena);
	m->clues = (struct kind_clues){
		.header = m->header,
		.subject = m->c->subject,
		.from = address_of_field(field(m->header, "From", m->arena)),
		.text = m->text,
		.has_original = m->original.n > 0 || m->quoted.n > 0,
	};
}

static bool
is_delivery_status(const struct mime_part *p)
{
	return mime_type_is(p, "message/delivery-status") ||
	       mime_type_is(p, "message/global-delivery-status") ||
	       mime_type_is(p, "message/disposition-notification");
}

/* Report parts; fields in the text where there is no such part. Whether there was a report at all. */
static bool
read_reports(struct mail *m, bool *disposition)
{
	bool found = false;
	ptrdiff_t at;

	for (struct mime_part *p = m->root; p != NULL; p = mime_walk(p)) {
		if (!is_delivery_status(p) || p->child != NULL)
			continue;
		dsn_parse(m->c, readable_body(p, m->arena), m->arena);
		found = true;
		*disposition = *disposition || mime_type_is(p, "message/disposition-notification");
	}
	if (m->c->n_recipients == 0 && (at = dsn_in_text(m->text)) >= 0)
		found = dsn_parse(m->c, span_from(m->text, (size_t)at), m->arena) > 0;
	return found;
}

/* What the actions of its recipients say; a report with none is judged by its words. */
static enum kind
kind_of_report(const struct mail *m)
{
	bool failed = false, delayed = false, done = false;

	for (const struct came_recipient *r = m->c->recipients; r != NULL; r = r->next) {
		failed |= r->action == ACTION_FAILED;
		delayed |= r->action == ACTION_DELAYED;
		done |= r->action == ACTION_DELIVERED || r->action == ACTION_RELAYED ||
			r->action == ACTION_EXPANDED;
	}
	if (failed)
		return KIND_BOUNCE;
	if (delayed)
		return KIND_DELAYED;
	if (done)
		return KIND_DELIVERED;
	return kind_is_warning(&m->clues) ? KIND_DELAYED : KIND_BOUNCE;
}

/* Not in a report of failures: those it calls delivered. */
static void
drop_delivered(struct came_back *c)
{
	struct came_recipient **at = &c->recipients;

	c->last = NULL;
	c->n_recipients = 0;
	while (*at != NULL) {
		if ((*at)->action == ACTION_DELIVERED || (*at)->action == ACTION_RELAYED ||
		    (*at)->action == ACTION_EXPANDED) {
			*at = (*at)->next;
			continue;
		}
		c->last = *at;
		c->n_recipients++;
		at = &(*at)->next;
	}
}

static void
add_listed(struct mail *m, struct span list)
{
	struct span address;

	while ((address = address_find(list, &list)).n > 0)
		came_back_add(m->c, address, m->arena);
}

/* Addresses that a report names for other reasons than that they failed. */
static size_t
bystanders(struct mail *m, struct span *list)
{
	size_t n = 0;

	list[n++] = address_of_field(field(m->header, "To", m->arena));
	list[n++] = m->clues.from;
	list[n++] =
	    address_of_field(field(m->original.n > 0 ? m->original : m->quoted, "From", m->arena));
	list[n++] = address_of_field(original_field(m->quoted, "From"));
	return n;
}

/* What the text for people says of the recipients that are known. */
static void
add_words(struct mail *m)
{
	struct came_back said = { 0 };

	prose_parse(&said, m->text, NULL, 0, m->arena);
	m->c->reason = said.reason;
	for (struct came_recipient *r = m->c->recipients; r != NULL; r = r->next)
		for (struct came_recipient *w = said.recipients; w != NULL; w = w->next)
			if (span_eq_nocase(r->address, w->address)) {
				r->words = w->diagnostic;
				if (r->diagnostic.n == 0)
					r->diagnostic = w->diagnostic;
				if (r->status.class == 0)
					r->status = w->status;
			}
}

static void
read_prose(struct mail *m)
{
	struct span not_these[4];
	size_t n = bystanders(m, not_these);

	add_listed(m, field(m->header, "X-Failed-Recipients", m->arena));
	if (m->c->n_recipients > 0) {
		add_words(m);
		return;
	}
	prose_parse(m->c, m->text, not_these, n, m->arena);
	if (m->c->n_recipients == 0)
		prose_parse(m->c, m->text, not_these, 1, m->arena);
}

static void
read_original(struct mail *m)
{
	struct came_back *c = m->c;
	struct span to;

	if (m->original.n > 0)
		c->original_message_id = original_message_id(m->original, m->arena);
	if (c->original_message_id.n == 0)
		c->original_message_id = original_message_id(m->quoted, m->arena);
	if (c->original_message_id.n == 0)
		c->original_message_id = original_message_id(m->text, m->arena);
	for (const struct mime_part *p = m->root; p != NULL && c->original_message_id.n == 0;
	     p = mime_walk(p))
		if (p->parent != NULL && p->child == NULL && mime_type_is(p, "text/plain"))
			c->original_message_id =
			    original_message_id(readable_body(p, m->arena), m->arena);
	to = field(m->original, "To", m->arena);
	if (to.n == 0)
		to = original_field(m->quoted, "To");
	c->original_to = address_of_field(to);
}

/* A message inside, whole; empty: none. */
static struct span
inner_message(const struct mail *m)
{
	for (const struct mime_part *p = m->root; p != NULL; p = mime_walk(p))
		if (mime_type_is(p, "message/rfc822") && p->transfer < TRANSFER_QP)
			return p->body;
	return span_of(NULL, 0);
}

/* A report that a list or a gateway wrapped into a mail of its own. */
static bool
read_inner(struct mail *m)
{
	struct span inner = inner_message(m);
	struct came_back found;

	if (m->depth >= INNER_DEPTH || inner.n == 0)
		return false;
	parse(&found, inner, m->arena, m->depth + 1);
	if ((found.kind != KIND_BOUNCE && found.kind != KIND_DELAYED) || found.n_recipients == 0)
		return false;
	*m->c = found;
	return true;
}

/* A mail to the List-Unsubscribe address (RFC 2369), as mail programs send it. */
static bool
is_unsubscribe(const struct mail *m)
{
	return span_is_nocase(span_trim(m->c->subject), "unsubscribe");
}

static void
read_words(struct mail *m)
{
	struct came_back *c = m->c;

	c->kind = kind_guess(&m->clues);
	if (is_unsubscribe(m) && c->kind != KIND_BOUNCE) {
		c->kind = KIND_COMPLAINT;
		c->feedback_type = SPAN_LIT("opt-out");
		came_back_add(c, m->clues.from, m->arena);
		return;
	}
	if (c->kind != KIND_BOUNCE && c->kind != KIND_DELAYED) {
		read_inner(m);
		return;
	}
	read_prose(m);
	if (c->n_recipients == 0 && read_inner(m))
		return;
	if (c->n_recipients == 0 && span_find(c->original_to, '@') > 0)
		came_back_add(c, c->original_to, m->arena);
}

/* The first of these that knows it: what programs wrote for programs, then the words for people. */
static void
read_mail(struct mail *m)
{
	struct came_back *c = m->c;
	bool disposition = false;

	if (sns_parse(c, m->text, m->arena))
		return;
	if (arf_parse(c, m->root, m->original.n > 0 ? m->original : m->quoted, m->arena))
		return;
	if (read_reports(m, &disposition) && c->n_recipients > 0 && !disposition) {
		add_words(m);
		c->kind = kind_of_report(m);
		if (c->kind != KIND_DELIVERED)
			drop_delivered(c);
		return;
	}
	if (disposition)
		*c = (struct came_back){ .original_message_id = c->original_message_id,
			.subject = c->subject,
			.original_to = c->original_to };
	read_words(m);
}

/* The original's own header knows best which mail it was; last the bytes as they came. */
static void
find_tokens(struct mail *m, struct span message)
{
	tokens_find(m->c, m->original, m->arena);
	tokens_find(m->c, m->quoted, m->arena);
	tokens_find(m->c, m->text, m->arena);
	tokens_find(m->c, span_first(message, TOKENS_IN_BYTES), m->arena);
}

static void
parse(struct came_back *c, struct span message, struct arena *a, unsigned depth)
{
	struct mail m = { .c = c, .arena = a, .depth = depth };
	struct err err;

	*c = (struct came_back){ 0 };
	message = without_lead(message);
	if (mime_parse(message, a, &m.root, &err) < 0)
		return;
	open_mail(&m);
	read_original(&m);
	read_mail(&m);
	find_tokens(&m, message);
}

void
bounce_parse(struct came_back *c, struct span message, struct arena *a)
{
	parse(c, message, a, 0);
}
