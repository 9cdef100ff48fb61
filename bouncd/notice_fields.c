#include "notice_inside.h"
#include "ip.h"
#include "utf8.h"
#include "xtext.h"

enum {
	ASCII_BYTES = 950, /* of an address beyond ASCII; an address that is one needs less */
	TYPE_BYTES = 40,   /* of an address type; IANA's are "rfc822", "utf-8", "x400", "unknown" */
};

static const struct {
	const char *word, *status;
} actions[] = {
	[NOTICE_FAILED] = { "failed", "5.0.0" },
	[NOTICE_DELAYED] = { "delayed", "4.0.0" },
	[NOTICE_DELIVERED] = { "delivered", "2.0.0" },
	[NOTICE_RELAYED] = { "relayed", "2.0.0" },
	[NOTICE_EXPANDED] = { "expanded", "2.0.0" },
};

static void
field(struct buf *out, const char *name, const char *type, struct span value, bool utf8)
{
	if (value.n == 0)
		return;
	buf_printf(out, "%s: %s", name, type);
	notice_value(out, value, utf8);
	buf_str(out, "\r\n");
}

/* RFC 6533 3: of type utf-8 in a report in UTF-8, and wherever it is beyond ASCII, there in its ASCII form. */
static void
address_field(struct buf *out, const char *name, struct span address, bool utf8)
{
	bool beyond = utf8_any_8bit(address);
	struct buf ascii;

	buf_init(&ascii, ASCII_BYTES);
	xtext_utf8_put(&ascii, address);
	buf_printf(out, "%s: %s; ", name, utf8 || beyond ? "utf-8" : "rfc822");
	if (beyond && !utf8 && !buf_over(&ascii))
		buf_span(out, buf_all(&ascii));
	else
		notice_value(out, address, utf8);
	buf_str(out, "\r\n");
	buf_free(&ascii);
}

/* RFC 3464 2.3.1: the address as the sender wrote it, without the encoding of the command. */
static void
original_recipient(struct buf *out, struct span orcpt, bool utf8, struct arena *a)
{
	struct span address, kind = span_cut(orcpt, ';', &address);

	if (address.n == 0)
		return;
	if (span_is_nocase(kind, "utf-8")) {
		address_field(out, "Original-Recipient", xtext_utf8_decoded(address, a), utf8);
		return;
	}
	buf_str(out, "Original-Recipient: ");
	notice_value(out, span_first(kind, TYPE_BYTES), false);
	buf_byte(out, ';');
	notice_value(out, xtext_decoded(address, a), utf8);
	buf_str(out, "\r\n");
}

/* RFC 3464 2.3.6: the reply, folded where it had lines. */
static void
diagnostic(struct buf *out, const struct notice_recipient *r, bool utf8)
{
	struct span text = r->diagnostic;
	bool first = true;

	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (line.n == 0)
			continue;
		if (first)
			buf_printf(out, "Diagnostic-Code: %s; ",
			    r->said_by_server ? "smtp" : "x-posthouse");
		else
			buf_str(out, "\r\n\t");
		notice_value(out, line, utf8);
		first = false;
	}
	if (!first)
		buf_str(out, "\r\n");
}

/* Its class is the action's: a delay by a 5yz that is tried again is a 4 here (RFC 3464 2.3.4). */
static void
status(struct buf *out, const struct notice_recipient *r)
{
	struct span s = r->status.n > 2 && r->status.p[1] == '.'
			    ? r->status
			    : span_str(actions[r->action].status);
	char class = s.p[0];

	if (r->action == NOTICE_DELAYED)
		class = '4';
	else if (r->action > NOTICE_DELAYED)
		class = '2';
	else if (class != '4' && class != '5')
		class = '5';
	buf_printf(out, "Status: %c", class);
	notice_value(out, span_first(span_from(s, 1), 10), false);
	buf_str(out, "\r\n");
}

/* RFC 3464 2.1.2: a name is dns; what has none stands as an address literal. */
static void
remote(struct buf *out, const struct notice_recipient *r, bool utf8)
{
	char text[IP_TEXT];
	struct ip ip;

	if (ip_read(r->remote_mta, &ip) == 0) {
		ip_text(&ip, text);
		buf_printf(
		    out, "Remote-MTA: dns; [%s%s]\r\n", ip.family == AF_INET ? "" : "IPv6:", text);
	} else
		field(out, "Remote-MTA", "dns; ", r->remote_mta, utf8);
	field(out, "X-Remote-Address", "", r->remote_ip, false);
}

static void
recipient(const struct notice_recipient *r, bool utf8, struct buf *out, struct arena *a)
{
	buf_str(out, "\r\n");
	original_recipient(out, r->orcpt, utf8, a);
	address_field(out, "Final-Recipient", r->address, utf8);
	buf_printf(out, "Action: %s\r\n", actions[r->action].word);
	status(out, r);
	remote(out, r, utf8);
	diagnostic(out, r, utf8);
	notice_date_field(out, "Last-Attempt-Date", r->last_attempt_s);
	field(out, "Final-Log-ID", "", r->log_id, false);
	if (r->action == NOTICE_DELAYED)
		notice_date_field(out, "Will-Retry-Until", r->will_retry_until_s);
	if (r->action <= NOTICE_DELAYED)
		field(out, "X-Posthouse-Category", "", span_str(category_word(r->category)), false);
}

void
notice_fields(const struct notice *n, bool utf8, struct buf *out)
{
	struct arena *a = arena_new(0);

	field(out, "Original-Envelope-Id", "", xtext_decoded(n->envid, a), utf8);
	field(out, "Reporting-MTA", "dns; ", n->reporting_mta, utf8);
	field(out, "Received-From-MTA", "dns; ", n->received_from, utf8);
	notice_date_field(out, "Arrival-Date", n->arrival_s);
	for (size_t i = 0; i < n->n_recipients; i++) {
		recipient(&n->recipients[i], utf8, out, a);
		arena_reset(a);
	}
	arena_free(a);
}
