#include "received.h"
#include "utf8.h"

#include <time.h>

static void
date_text(struct buf *b, uint64_t now_ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t s = (time_t)(now_ms / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	buf_printf(b, "%.3s, %d %.3s %d %02d:%02d:%02d +0000", days + 3 * tm.tm_wday, tm.tm_mday,
	    months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
address_literal(struct buf *b, struct span client)
{
	if (client.n > 0 &&
	    ((client.p[0] >= '0' && client.p[0] <= '9') || span_find(client, ':') >= 0)) {
		buf_str(b, span_find(client, ':') >= 0 ? " ([IPv6:" : " ([");
		buf_span(b, client);
		buf_str(b, "])");
	} else
		buf_printf(b, " (%.*s)", SPAN(client));
}

void
received_line(struct buf *b, const struct received *r)
{
	buf_printf(b, "Received: from %.*s", SPAN(r->helo));
	address_literal(b, r->client);
	buf_printf(b, "\r\n\tby %s with %s%s%s id %s", r->hostname,
	    r->utf8    ? "UTF8SMTP"
	    : r->esmtp ? "ESMTP"
		       : "SMTP",
	    r->esmtp && r->tls ? "S" : "", r->esmtp && r->auth ? "A" : "", id_text(r->id).c);
	if (r->only_rcpt.n > 0 &&
	    !utf8_any_8bit(
		r->only_rcpt)) /* it alone would make the header one that needs SMTPUTF8 */
		buf_printf(b, "\r\n\tfor <%.*s>", SPAN(r->only_rcpt));
	buf_str(b, ";\r\n\t");
	date_text(b, r->now_ms);
	buf_str(b, "\r\n");
}

void
date_line(struct buf *b, uint64_t now_ms)
{
	buf_str(b, "Date: ");
	date_text(b, now_ms);
	buf_str(b, "\r\n");
}

void
message_id_line(struct buf *b, struct id id, const char *hostname)
{
	buf_printf(b, "Message-ID: <%s@%s>\r\n", id_text(id).c, hostname);
}
