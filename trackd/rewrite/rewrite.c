#include "rewrite.h"
#include "author.h"
#include "header.h"
#include "layout.h"
#include "mime.h"
#include "scan_text.h"
#include <string.h>

/* A plan in the making. */
struct planner {
	const struct rewrite_options *options;
	struct arena *arena;
	struct rewrite_plan *plan;
	struct pieces pieces;
	struct buf decoded; /* scratch */
	size_t at;          /* the message is planned up to here */
	bool costly;        /* the budget was spent */
	bool sealed,
	    unread; /* HTML was passed over: inside what is signed or encrypted; not to be read */
};

const char *
rewrite_verdict_name(enum rewrite_verdict v)
{
	static const char *const names[] = { "changed", "nothing to change",
		"signed by the author's domain", "inside a signed or encrypted part", "malformed",
		"too large", "beyond its time" };

	return names[v];
}

const char *
rewrite_verdict_reason(enum rewrite_verdict v)
{
	static const char *const words[] = { NULL, NULL, "signed", "sealed", "malformed",
		"too-large", "costly" };

	return words[v];
}

/* What keeps readers from agreeing on where the part is. All of them read an encoded multipart as if it were not. */
static bool
is_odd(const struct mime_part *p)
{
	return (p->marks & ~(unsigned)MIME_ENCODED_MULTI) != 0;
}

/* Only in these does every reader see the part as the body. */
static bool
in_plain_multipart(const struct mime_part *p)
{
	for (p = p->parent; p != NULL; p = p->parent)
		if (is_odd(p) || !(mime_type_is(p, "multipart/mixed") ||
				     mime_type_is(p, "multipart/alternative") ||
				     mime_type_is(p, "multipart/related")))
			return false;
	return true;
}

/* A part that is read as the mail's body, and that we understand to the last bit. */
static bool
is_body(const struct mime_part *p, const char *type, struct arena *arena)
{
	struct header_field f;
	struct span name;

	if (!mime_type_is(p, type) || is_odd(p) || p->transfer == TRANSFER_OTHER)
		return false;
	if (p->disposition.n > 0 && !span_is_nocase(p->disposition, "inline"))
		return false;
	if (mime_param(p->content_disposition, "filename", arena, &name) ||
	    mime_param(p->content_type, "name", arena, &name))
		return false;
	if (header_find(p->header, "Content-MD5", &f) ||
	    header_find(p->header, "Content-Encoding", &f))
		return false;
	return in_plain_multipart(p);
}

static struct span
decode(struct planner *pl, const struct mime_part *p, bool *clean)
{
	*clean = true;
	if (p->transfer != TRANSFER_QP && p->transfer != TRANSFER_BASE64)
		return p->body;
	buf_reset(&pl->decoded);
	*clean = transfer_decode(p->transfer, p->body, &pl->decoded);
	return arena_span(pl->arena, buf_all(&pl->decoded));
}

static size_t
offset(const struct planner *pl, const char *p)
{
	return (size_t)(p - pl->plan->message.p);
}

/* Copies the message up to that place. */
static void
copy_to(struct planner *pl, size_t to)
{
	pieces_bytes(&pl->pieces, span_of(pl->plan->message.p + pl->at, to - pl->at));
	pl->at = to;
}

/* The header says the new transfer encoding in place of the old one. */
static void
say_quoted_printable(struct planner *pl, const struct mime_part *p)
{
	struct header_field f;

	if (header_find(p->header, "Content-Transfer-Encoding", &f)) {
		copy_to(pl, offset(pl, f.whole.p));
		pl->at += f.whole.n;
	} else
		copy_to(pl, offset(pl, p->header.p) + p->header.n);
	pieces_bytes(&pl->pieces, SPAN_LIT("Content-Transfer-Encoding: quoted-printable\r\n"));
}

static void
look(struct planner *pl, const struct mime_part *p, struct span decoded, struct scan *scan)
{
	const struct scan_rules *rules = &pl->options->rules;
	struct span label, delsp;

	mime_param(p->content_type, "charset", pl->arena, &label);
	if (mime_type_is(p, "text/html")) {
		scan_html(rules, span_trim(label), decoded, pl->arena, scan);
		return;
	}
	mime_param(p->content_type, "delsp", pl->arena, &delsp);
	scan_text(rules, span_trim(label), span_is_nocase(delsp, "yes"), decoded, pl->arena, scan);
}

/* HTML that cannot be read for sure. */
static void
leave(struct planner *pl, const struct mime_part *p, const char *what)
{
	pl->unread = true;
	oddity_add(&pl->plan->oddities, p->body.p, NULL, what, true);
}

static void
plan_part(struct planner *pl, const struct mime_part *p)
{
	struct scan *scan = arena_alloc(pl->arena, sizeof(*scan));
	struct layout_part part = { .body = p->body,
		.transfer = p->transfer,
		.scan = scan,
		.edit_length = pixel_edit_length,
		.context = &pl->plan->place };
	enum transfer as;
	bool clean;

	part.decoded = decode(pl, p, &clean);
	if (!clean && p->transfer == TRANSFER_QP)
		oddity_of_escape(&pl->plan->oddities, p);
	else if (!clean) {
		leave(pl, p, "base64 that not all programs read alike");
		return;
	}
	look(pl, p, part.decoded, scan);
	pl->costly = pl->costly || scan->costly;
	if (scan->unread)
		leave(
		    pl, p, "text that is not valid in its charset, or whose charset is not known");
	if (scan->first == NULL)
		return;
	as = layout_transfer(&part);
	if (as != p->transfer) {
		if (p->content_type.n == 0)
			return; /* no MIME, and none to be made of it */
		say_quoted_printable(pl, p);
		pl->plan->recoded++;
	}
	copy_to(pl, offset(pl, p->body.p));
	layout_part(&part, as, &pl->pieces);
	pl->at += p->body.n;
	pl->plan->parts++;
	pl->plan->links += scan->links;
	pl->plan->pixels += scan->pixels;
	for (const struct edit *e = scan->first; e != NULL; e = e->next)
		pl->plan->size_bytes +=
		    6 * scan->charset.unit * pixel_edit_length(e, &pl->plan->place) + 256;
	if (as != TRANSFER_BINARY)
		pl->plan->size_bytes += part.decoded.n * 4;
}

static bool
is_sealed(const struct mime_part *p)
{
	return mime_type_is(p, "multipart/signed") || mime_type_is(p, "multipart/encrypted") ||
	       mime_type_is(p, "application/pkcs7-mime") ||
	       mime_type_is(p, "application/x-pkcs7-mime");
}

/* Why a part was passed over, if the mail is left alone in the end. */
static void
note_passed_over(struct planner *pl, const struct mime_part *p)
{
	bool html = mime_type_is(p, "text/html");

	oddity_of_encoding(&pl->plan->oddities, p);
	pl->sealed = pl->sealed || (is_sealed(p) && !mime_type_is(p, "multipart/signed"));
	if (html && oddity_of_structure(&pl->plan->oddities, p))
		pl->unread = true;
	for (; html && p != NULL; p = p->parent)
		pl->sealed = pl->sealed || is_sealed(p);
}

/* May planning go on with this part? */
static bool
step(struct planner *pl, const struct mime_part *p)
{
	pl->costly = pl->costly || !budget_left(pl->options->rules.budget, p->header.n + p->body.n);
	return !pl->costly;
}

static bool
planned(struct planner *pl, struct mime_part *root)
{
	bool texts = pl->options->rules.texts;

	for (struct mime_part *p = root; p != NULL && step(pl, p); p = mime_walk(p))
		if (is_body(p, "text/html", pl->arena) ||
		    (texts && is_body(p, "text/plain", pl->arena)))
			plan_part(pl, p);
		else
			note_passed_over(pl, p);
	copy_to(pl, pl->plan->message.n);
	return pl->plan->parts > 0;
}

/* Is there a DKIM signature of the author's domain, or of one above or below it, which DMARC takes for as good?
 * Where nobody can say who the author is, any signature may be. */
static bool
signed_by_author(struct span message, struct arena *arena)
{
	struct span body, rest = header_block(message, &body), author = from_domain(message, arena);
	struct header_field f;
	struct span by;

	while (header_next(&rest, &f)) {
		if (!span_is_nocase(f.name, "DKIM-Signature"))
			continue;
		by = signature_domain(f.value, arena);
		if (author.n == 0 || domain_is_within(author, by) || domain_is_within(by, author))
			return true;
	}
	return false;
}

static enum rewrite_verdict
make_plan(struct planner *pl, struct span message)
{
	struct mime_part *root;
	bool any;

	if (pl->options->keep_signed && signed_by_author(message, pl->arena))
		return REWRITE_SIGNED;
	if (mime_parse(message, pl->arena, &root, NULL) == -1)
		return REWRITE_MALFORMED;
	any = planned(pl, root);
	if (pl->costly)
		return REWRITE_COSTLY;
	if (!any)
		return pl->sealed   ? REWRITE_SEALED
		       : pl->unread ? REWRITE_MALFORMED
				    : REWRITE_NOTHING;
	return arena_over(pl->arena) ? REWRITE_TOO_LARGE : REWRITE_CHANGED;
}

void
rewrite_plan(const struct rewrite_options *options, struct span message, struct arena *arena,
    struct rewrite_plan *plan)
{
	struct planner pl = { .options = options, .arena = arena, .plan = plan };

	*plan = (struct rewrite_plan){ .message = message,
		.campaign = span_first(options->campaign, TOKEN_CAMPAIGN_MAX),
		.size_bytes = message.n,
		.budget = options->rules.budget };
	plan->place = (struct pixel_place){ options->rules.base, plan->campaign.n };
	oddities_begin(&plan->oddities, message, arena);
	pieces_begin(&pl.pieces, arena);
	buf_init(&pl.decoded, message.n + 16);
	plan->verdict = make_plan(&pl, message);
	plan->pieces = pl.pieces.first;
	buf_free(&pl.decoded);
}
