#include "notice.h"
#include "header.h"
#include "notice_inside.h"
#include "utf8.h"

#include <string.h>

enum { SUBJECT_BYTES = 200, TEXT_BYTES = 256 * 1024, REFERENCES_MAX = 20 };

/* What the parts are: RFC 6533 in UTF-8, and which parts have 8-bit bytes. */
struct form {
	bool utf8, eight_text, eight_original, eight;
};

/* The gravest of the recipients speaks for the message. */
static enum notice_action
action_of(const struct notice *n)
{
	enum notice_action gravest = NOTICE_EXPANDED;

	for (size_t i = 0; i < n->n_recipients; i++)
		if (n->recipients[i].action < gravest)
			gravest = n->recipients[i].action;
	return gravest;
}

/* Mail declared as SMTPUTF8 that needs none of it is answered in the form that every program reads. */
static bool
needs_utf8(const struct notice *n)
{
	if (!n->utf8)
		return false;
	if (utf8_any_8bit(n->sender))
		return true;
	for (size_t i = 0; i < n->n_originals; i++)
		if (utf8_any_8bit(n->originals[i].head))
			return true;
	for (size_t i = 0; i < n->n_recipients; i++)
		if (utf8_any_8bit(n->recipients[i].address) ||
		    utf8_any_8bit(n->recipients[i].orcpt))
			return true;
	return false;
}

static struct form
form_of(const struct notice *n, struct span text)
{
	struct form f = { .utf8 = needs_utf8(n),
		.eight_text = utf8_any_8bit(text),
		.eight_original = n->whole && n->whole_8bit };

	for (size_t i = 0; i < n->n_originals; i++)
		f.eight_original = f.eight_original || utf8_any_8bit(n->originals[i].head);
	f.eight = f.utf8 || f.eight_text || f.eight_original;
	return f;
}

/* ---- the header ---- */

/* Cut between two words, so that no encoded word is torn. */
static struct span
cut_subject(struct span s)
{
	ptrdiff_t space;

	if (s.n <= SUBJECT_BYTES)
		return s;
	space = span_find_last(span_first(s, SUBJECT_BYTES), ' ');
	return span_first(s, space > 0 ? (size_t)space : SUBJECT_BYTES);
}

static void
put_subject(const struct notice *n, bool utf8, struct arena *a, struct buf *out)
{
	static const char *const words[] = {
		[NOTICE_FAILED] = "Undelivered",
		[NOTICE_DELAYED] = "Delayed",
		[NOTICE_DELIVERED] = "Delivered",
		[NOTICE_RELAYED] = "Relayed",
		[NOTICE_EXPANDED] = "Expanded",
	};
	struct span subject = notice_original_field(&n->originals[0], "Subject", a);

	buf_printf(out, "Subject: %s: ", words[action_of(n)]);
	if (n->n_originals > 1)
		buf_printf(out, "%zu messages", n->n_originals);
	else
		notice_value(
		    out, subject.n > 0 ? cut_subject(subject) : SPAN_LIT("your message"), utf8);
	buf_str(out, "\r\n");
}

static bool
is_message_id(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 127)
			return false;
	return s.n > 2 && s.n < 250 && s.p[0] == '<' && s.p[s.n - 1] == '>';
}

/* RFC 5322 3.6.4: what this answers, so that mail programs show it beside. */
static void
put_references(const struct notice *n, struct arena *a, struct buf *out)
{
	const char *before = n->n_originals == 1 ? "In-Reply-To: " : "References: ";

	for (size_t i = 0; i < n->n_originals && i < REFERENCES_MAX; i++) {
		struct span id = notice_original_field(&n->originals[i], "Message-ID", a);

		if (!is_message_id(id))
			continue;
		buf_printf(out, "%s%.*s", before, SPAN(id));
		before = "\r\n\t";
		if (n->n_originals == 1)
			buf_printf(out, "\r\nReferences: %.*s", SPAN(id));
	}
	if (before[0] == '\r' || n->n_originals == 0)
		buf_str(out, "\r\n");
}

static void
put_head(const struct notice *n, const struct form *f, struct buf *out)
{
	struct arena *a = arena_new(0);

	notice_date_field(out, "Date", n->now_s);
	buf_str(out, "From: Mail Delivery System <mailer-daemon@");
	notice_value(out, n->reporting_mta, f->utf8);
	buf_str(out, ">\r\nTo: <");
	notice_value(out, n->sender, f->utf8);
	buf_str(out, ">\r\n");
	put_subject(n, f->utf8, a, out);
	buf_printf(out, "Message-ID: <%.*s@", SPAN(n->id));
	notice_value(out, n->reporting_mta, f->utf8);
	buf_str(out, ">\r\n");
	put_references(n, a, out);
	buf_printf(out,
	    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=%sdelivery-status;\r\n"
	    "\tboundary=\"=_%.*s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n",
	    f->utf8 ? "global-" : "", SPAN(n->id), f->eight ? "8bit" : "7bit");
	arena_free(a);
}

/* ---- the parts ---- */

static void
put_part(const struct notice *n, const char *sub, const char *type, bool eight, struct buf *out)
{
	buf_printf(out, "\r\n--=_%.*s%s\r\nContent-Type: %s\r\n", SPAN(n->id), sub, type);
	if (eight)
		buf_str(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_str(out, "\r\n");
}

static const char *
head_type(const struct form *f)
{
	return f->utf8 ? "message/global-headers" : "text/rfc822-headers";
}

static void
put_heads(const struct notice *n, const struct form *f, struct buf *out)
{
	char type[160];
	struct buf value;

	buf_init(&value, sizeof(type));
	buf_printf(&value, "multipart/mixed;\r\n\tboundary=\"=_%.*s.h\"", SPAN(n->id));
	buf_byte(&value, '\0');
	put_part(n, "", value.p, f->eight_original, out);
	buf_free(&value);
	for (size_t i = 0; i < n->n_originals; i++) {
		put_part(n, ".h", head_type(f), utf8_any_8bit(n->originals[i].head), out);
		buf_span(out, n->originals[i].head);
	}
	buf_printf(out, "\r\n--=_%.*s.h--\r\n", SPAN(n->id));
}

static size_t
put_originals(const struct notice *n, const struct form *f, struct buf *out)
{
	if (n->n_originals > 1) {
		put_heads(n, f, out);
		return 0;
	}
	if (n->whole) {
		put_part(
		    n, "", f->utf8 ? "message/global" : "message/rfc822", f->eight_original, out);
		return out->n;
	}
	put_part(n, "", head_type(f), f->eight_original, out);
	buf_span(out, n->originals[0].head);
	return 0;
}

bool
notice_write(const struct notice *n, struct buf *out, size_t *hole)
{
	struct buf text;
	struct form f;

	buf_init(&text, TEXT_BYTES);
	notice_text(n, &text);
	f = form_of(n, buf_all(&text));
	put_head(n, &f, out);
	buf_str(out, "This is a report about a mail, in MIME format.\r\n");
	put_part(n, "", "text/plain; charset=utf-8", f.eight_text, out);
	buf_span(out, buf_all(&text));
	put_part(n, "", f.utf8 ? "message/global-delivery-status" : "message/delivery-status",
	    f.utf8, out);
	notice_fields(n, f.utf8, out);
	*hole = put_originals(n, &f, out);
	buf_printf(out, "\r\n--=_%.*s--\r\n", SPAN(n->id));
	out->over = out->over || text.over;
	buf_free(&text);
	return f.eight;
}
