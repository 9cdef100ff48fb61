#include "refusal.h"

bool
refusal_is_of_place(const struct reply *r)
{
	return r->code == 503;
}

static bool
says(const struct reply *r, const char *word)
{
	return span_find_nocase(buf_all(&r->text), word) >= 0;
}

/* How many in a time, from one client: that is a rate, and waiting is what helps. */
static bool
says_a_time(const struct reply *r)
{
	return says(r, "hour") || says(r, "minute") || says(r, "day") || says(r, "rate");
}

/* RFC 3463 3.6 has x.5.3 for it. Otherwise the words decide: 452 is a full disk too, and a full mailbox (x.2.2) and a rate (x.7.1)
 * may have words that are near. */
bool
refusal_is_of_number(const struct reply *r)
{
	unsigned subject = r->enhanced.class == 0 ? 0 : r->enhanced.subject;

	if (r->code < 400)
		return false;
	if (subject == 5 && r->enhanced.detail == 3)
		return true;
	if (subject != 0 && subject != 3 && subject != 5)
		return false;
	return (says(r, "recipients") || says(r, "rcpt")) && !says_a_time(r) &&
	       (says(r, "too many") || says(r, "maximum") || says(r, "limit"));
}

/* OpenSMTPD says 452 4.5.3, which names recipients, though at MAIL there are none yet. */
bool
refusal_is_of_connection(const struct reply *r)
{
	bool of_one = says(r, "connection") || says(r, "session");

	if (r->code < 400 || says_a_time(r))
		return false;
	if (r->enhanced.class != 0 && r->enhanced.subject == 5 && r->enhanced.detail == 3)
		return true;
	return says(r, "too many messages") || says(r, "too many transactions") ||
	       (of_one && (says(r, "messages") || says(r, "mails") || says(r, "transactions")));
}

/* 504 is the code for it (5.5.4, 5.7.4), and 500 to 502 where AUTH has another form there. Under 535, which is a wrong password, the
 * words decide. */
bool
refusal_is_of_mechanism(const struct reply *r)
{
	if (r->code == 504 || r->code == 500 || r->code == 501 || r->code == 502)
		return true;
	if (r->code / 100 != 5)
		return false;
	return says(r, "mechanism") || says(r, "authentication type") || says(r, "auth type") ||
	       says(r, "not supported") || says(r, "unsupported") || says(r, "not implemented");
}
