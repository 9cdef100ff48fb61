#include "bounce_parse.h"
#include "address_find.h"
#include "arf.h"
#include "dsn.h"
#include "encoded_word.h"
#include "forwarded.h"
#include "header.h"
#include "inner_text.h"
#include "kind.h"
#include "mime.h"
#include "original.h"
#include "phrases.h"
#include "prose.h"
#include "readable.h"
#include "reports.h"
#include "signs.h"
#include "returned_id.h"
#include "sns.h"
#include "token_find.h"

#include <string.h>

/* A mail on the table. */
struct mail {
	struct came_back *c;
	struct mime_part *root;
	struct span header, original;
	struct span whole, text,
	    quoted; /* readable; text: before the quoted original, quoted: from there on */
	struct kind_clues clues;
	struct arena *arena;
	unsigned depth; /* reports around this one */
};

enum { INNER_DEPTH = 2, TOKENS_IN_BYTES = 1024 * 1024, FIELD_MAX = 64 * 1024 };

static void parse(struct came_back *, struct span message, struct arena *, unsigned depth);

static struct span
field(struct span header, const char *name, struct arena *a)
{
	struct header_field f;

	return header_find(header, name, &f)
		   ? span_trim(header_unfolded(span_first(f.value, FIELD_MAX), a))
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
	size_t cut;

	m->header = m->root->header;
	m->whole = readable_text(m->root, m->arena);
	cut = original_quoted(m->whole);
	m->text = span_first(m->whole, cut);
	m->quoted = span_from(m->whole, cut);
	m->original = original_attached(m->root, m->arena);
	m->c->subject = encoded_words(field(m->header, "Subject", m->arena), m->arena);
	m->clues = (struct kind_clues){
		.header = m->header,
		.subject = m->c->subject,
		.from = address_of_field(field(m->header, "From", m->arena)),
		.text = m->text,
		.has_original = m->original.n > 0 || m->quoted.n > 0,
	};
	kind_read(&m->clues, m->arena);
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
	ptrdiff_t fields = dsn_in_text(m->text);

	prose_parse(
	    &said, fields >= 0 ? span_first(m->text, (size_t)fields) : m->text, NULL, 0, m->arena);
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

/* One recipient that the report names only as its own system does (a pipe, an X.400 name, a bare word): the address
 * that the words or the original give. */
static void
read_unnamed(struct mail *m)
{
	struct came_recipient *r = m->c->recipients;
	struct came_back said = { 0 };

	if (m->c->n_recipients != 1 || span_find(r->address, '@') > 0)
		return;
	prose_parse(&said, m->text, &m->clues.from, 1, m->arena);
	if (said.n_recipients == 1 && span_find(said.recipients->address, '@') > 0)
		r->address = said.recipients->address;
	else if (span_find(m->c->original_to, '@') > 0)
		r->address = m->c->original_to;
}

static enum prose_found
read_prose(struct mail *m)
{
	struct span not_these[4];
	size_t n = bystanders(m, not_these);
	enum prose_found found;

	add_listed(m, field(m->header, "X-Failed-Recipients", m->arena));
	if (m->c->n_recipients > 0) {
		add_words(m);
		return PROSE_TOLD;
	}
	found = prose_parse(m->c, m->text, not_these, n, m->arena);
	if (m->c->n_recipients == 0)
		found = prose_parse(m->c, m->text, not_these, 1, m->arena);
	if (m->c->n_recipients == 0 && span_find(m->c->original_to, '@') < 0)
		found = prose_parse(m->c, m->text, NULL, 0, m->arena); /* to himself */
	return found;
}

static void
read_original(struct mail *m)
{
	struct span to = field(m->original, "To", m->arena);

	m->c->original_message_id =
	    returned_message_id(m->root, m->original, m->quoted, m->text, m->arena);
	if (to.n == 0)
		to = original_field(m->quoted, "To");
	m->c->original_to = address_of_field(to);
}

/* What a report says it answers (RFC 3834 3.1.5), where it gives nothing back. */
static void
read_answered(struct mail *m)
{
	struct span id = field(m->header, "In-Reply-To", m->arena);
	ptrdiff_t end;

	if (m->c->kind != KIND_BOUNCE && m->c->kind != KIND_DELAYED)
		return;
	if (m->c->original_message_id.n > 0 || id.n < 5 || id.p[0] != '<')
		return;
	end = span_find(id, '>');
	if (end > 0 && span_find(span_first(id, (size_t)end), '@') > 0)
		m->c->original_message_id = span_first(id, (size_t)end + 1);
}

/* A message inside, whole; empty: none. */
static struct span
attached_message(const struct mail *m)
{
	for (const struct mime_part *p = m->root; p != NULL; p = mime_walk(p))
		if (mime_type_is(p, "message/rfc822"))
			return p->transfer < TRANSFER_QP ? p->body : readable_body(p, m->arena);
	return span_of(NULL, 0);
}

/* A report that a list, a gateway or a person wrapped into a mail of its own. The mail that came back is then the
 * report, and the one it reports on the inner one. */
static bool
take_inner(struct mail *m, struct span inner)
{
	struct span id = m->c->original_message_id;
	struct came_back found;

	if (m->depth >= INNER_DEPTH || inner.n == 0)
		return false;
	parse(&found, inner, m->arena, m->depth + 1);
	if ((found.kind != KIND_BOUNCE && found.kind != KIND_DELAYED) || found.n_recipients == 0)
		return false;
	if (id.n > 0 && found.original_message_id.n > 0 &&
	    !span_eq(id, found.original_message_id)) {
		if (found.inner_message_id.n == 0)
			found.inner_message_id = found.original_message_id;
		found.original_message_id = id;
	}
	*m->c = found;
	return true;
}

/* Attached, else forwarded or copied as text; who answers a report does not hand it on. */
static bool
read_inner(struct mail *m)
{
	if (take_inner(m, attached_message(m)))
		return true;
	if (kind_is_answer(&m->clues))
		return false;
	return take_inner(m, forwarded_message(m->whole, m->arena)) ||
	       take_inner(m, inner_text(m->whole, m->arena));
}

/* The address in a subject such as "Undeliverable: joe@example.org". */
static void
read_subject(struct mail *m)
{
	struct span address = address_find(m->c->subject, NULL);

	if (address.n > 0 && (m->clues.subject_says & (SAYS_FAILED | SAYS_DELAYED)) &&
	    !address_is_daemon(address) &&
	    !span_eq_nocase(address, address_of_field(field(m->header, "To", m->arena))))
		came_back_add(m->c, address, m->arena);
}

/* "Returned mail: User unknown": the reason of one for whom nothing else gives any. */
static void
subject_words(struct mail *m)
{
	static const char *const before[] = { "Returned mail:", "DELIVERY FAILURE:", "BOUNCE ",
		"Undelivered mail:", "Delivery failed:", "Mail failed:", "Delivery failure:" };
	struct came_recipient *r = m->c->recipients;

	if (r == NULL || r->diagnostic.n > 0 || r->words.n > 0 || r->status.class != 0)
		return;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (span_starts_nocase(m->c->subject, before[i]))
			r->words = span_trim(span_from(m->c->subject, strlen(before[i])));
}

/* Written by a person to one who knows of it, or about something else. */
static bool
is_letter(const struct mail *m)
{
	enum kind_sub sub = kind_sub_guess(&m->clues, KIND_OTHER);
	struct header_field f;

	if ((m->clues.signs & SIGN_LIST) && !m->clues.has_original &&
	    !(m->clues.subject_says & SAYS_FAILED))
		return true;
	if (header_find(m->header, "List-Unsubscribe", &f))
		return true;
	if (sub == KIND_SUB_HUMAN && !address_is_service(m->clues.from))
		return span_starts_nocase(m->c->subject, "re:") ||
		       span_starts_nocase(m->c->subject, "aw:") ||
		       (!m->clues.has_original && !m->clues.has_reply &&
			   !(m->clues.subject_says & SAYS_FAILED));
	return sub != KIND_SUB_MACHINE && sub != KIND_SUB_HUMAN;
}

/* A bounce by what it holds, whoever wrote it: recipients with the words or codes of a failure. */
static bool
read_as_report(struct mail *m)
{
	struct came_back empty = *m->c;

	if (is_letter(m) || !(m->clues.has_original || m->clues.has_reply ||
				((m->clues.subject_says | m->clues.text_says) &
				    (SAYS_FAILED | SAYS_DELAYED | SAYS_NAMES))))
		return false;
	if (read_prose(m) == PROSE_TOLD) {
		m->c->kind = kind_is_warning(&m->clues) ? KIND_DELAYED : KIND_BOUNCE;
		return true;
	}
	*m->c = empty;
	if (m->clues.has_original)
		read_subject(m);
	if (m->c->n_recipients == 0)
		return false;
	m->c->kind = KIND_BOUNCE;
	subject_words(m);
	return true;
}

static void
read_words(struct mail *m)
{
	struct came_back *c = m->c;

	c->kind = kind_guess(&m->clues);
	if (c->kind != KIND_BOUNCE && kind_is_opt_out(&m->clues)) {
		c->kind = KIND_COMPLAINT;
		c->sub = KIND_SUB_UNSUBSCRIBE;
		c->feedback_type = SPAN_LIT("opt-out");
		came_back_add(c, m->clues.from, m->arena);
		return;
	}
	if (c->kind != KIND_BOUNCE && c->kind != KIND_DELAYED && c->kind != KIND_DELIVERED) {
		if (!read_inner(m) && (c->kind != KIND_OTHER || !read_as_report(m)))
			c->sub = kind_sub_guess(&m->clues, c->kind);
		return;
	}
	if (read_prose(m) != PROSE_TOLD && read_inner(m))
		return;
	if (c->n_recipients == 0 && span_find(c->original_to, '@') > 0)
		came_back_add(c, c->original_to, m->arena);
	if (c->n_recipients == 0)
		read_subject(m);
	subject_words(m);
}

/* The first of these that knows it: what programs wrote for programs, then the words for people. */
static void
read_mail(struct mail *m)
{
	struct came_back *c = m->c;
	bool disposition;

	if (sns_parse(c, m->text, m->arena))
		return;
	if (arf_parse(c, m->root, m->original.n > 0 ? m->original : m->quoted, &m->clues, m->arena))
		return;
	m->clues.has_report = reports_read(c, m->root, m->text, &m->clues.disposition, m->arena);
	disposition = m->clues.disposition != DISPOSITION_NONE;
	if (m->clues.has_report && c->n_recipients > 0 && !disposition) {
		add_words(m);
		c->kind = reports_kind(c);
		if (c->kind == KIND_OTHER)
			c->kind = kind_is_warning(&m->clues) ? KIND_DELAYED : KIND_BOUNCE;
		if (c->kind != KIND_DELIVERED)
			reports_drop_delivered(c);
		read_unnamed(m);
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
	read_answered(&m);
	find_tokens(&m, message);
}

void
bounce_parse(struct came_back *c, struct span message, struct arena *a)
{
	parse(c, message, a, 0);
}
