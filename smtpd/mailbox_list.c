#include "mailbox_list.h"
#include "shown.h"
#include "utf8.h"

#include <string.h>

/* Where the reader is; the first fault stays. */
struct reader {
	struct span in;
	const struct originator_rule *rule;
	struct mailbox_fault *fault;
};

static bool
wrong(struct reader *r, const char *why, struct span near)
{
	*r->fault = (struct mailbox_fault){ .why = why, .near = near };
	return false;
}

static bool
foreign(struct reader *r, const char *why, struct span domain)
{
	*r->fault = (struct mailbox_fault){ .why = why, .near = domain, .domain = true };
	return false;
}

static char
peek(const struct reader *r)
{
	return r->in.n > 0 ? r->in.p[0] : '\0';
}

static struct span
take(struct reader *r, size_t n)
{
	struct span s = span_first(r->in, n);

	r->in = span_from(r->in, n);
	return s;
}

static bool
is_atom(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

/* ---- comments and white space (RFC 5322 3.2.2) ---- */

/* Bytes of the comment at the front, nested ones too; 0: it does not end. */
static size_t
comment_length(struct span s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

static bool
skip_between(struct reader *r)
{
	while (span_is_space(peek(r)) || peek(r) == '(') {
		size_t n = peek(r) == '(' ? comment_length(r->in) : 1;
		struct span s, domain;

		if (n == 0)
			return wrong(r, "a comment is not closed", r->in);
		s = take(r, n);
		if (n > 1 && !shown_ok(s, r->rule, &domain))
			return foreign(r, "an address in a comment", domain);
	}
	return true;
}

/* ---- words ---- */

static size_t
quoted_length(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* A display name in quotes may hold "@". With "<" or a backslash in it a program that reads no quotes finds an address. */
static bool
quoted(struct reader *r, struct span *word)
{
	size_t n = quoted_length(r->in);
	struct span domain;

	if (n == 0)
		return wrong(r, "a quote is not closed", r->in);
	*word = take(r, n);
	if ((span_find(*word, '<') >= 0 || span_find(*word, '\\') >= 0) &&
	    !shown_ok(*word, r->rule, &domain))
		return foreign(r, "an address in quotes", domain);
	return true;
}

/* Bytes of an encoded word at the front (RFC 2047 2) that holds neither white space nor what ends an address. */
static size_t
encoded_length(struct span s)
{
	size_t marks = 0;

	if (!span_starts(s, "=?"))
		return 0;
	for (size_t i = 2; i < s.n && !span_is_space(s.p[i]) && strchr("<>\"@\\", s.p[i]) == NULL;
	     i++)
		if (s.p[i] == '?' && ++marks == 3)
			return i + 1 < s.n && s.p[i + 1] == '=' ? i + 2 : 0;
	return 0;
}

static bool
word(struct reader *r, struct span *word)
{
	size_t n = encoded_length(r->in);

	if (peek(r) == '"')
		return quoted(r, word);
	if (n == 0)
		while (n < r->in.n && is_atom(r->in.p[n]))
			n++;
	if (n == 0)
		return wrong(r, "a character that must stand in quotes", r->in);
	*word = take(r, n);
	return true;
}

/* ---- addresses ---- */

static bool
is_dot_atom(struct span s)
{
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' && span_find_str(s, "..") < 0;
}

static bool
local_ok(struct reader *r, struct span local)
{
	struct span inside;

	if (span_find_str(local, "=?") >= 0)
		return wrong(r, "an encoded word in an address", local);
	if (local.n == 0 || local.p[0] != '"')
		return is_dot_atom(local) || wrong(r, "not a valid local part", local);
	inside = span_of(local.p + 1, local.n - 2);
	for (size_t i = 0; i < inside.n; i++)
		if (strchr("@<>()\\,:;", inside.p[i]) != NULL)
			return wrong(
			    r, "a quoted local part that programs read differently", local);
	return true;
}

/* A report's author may be the mail daemon of whichever host made it. */
static bool
is_daemon(const struct reader *r, struct span local)
{
	return r->rule->is_report &&
	       (span_is_nocase(local, "mailer-daemon") || span_is_nocase(local, "postmaster"));
}

/* What follows a local part: "@" and a domain of the tenant's. */
static bool
domain_follows(struct reader *r, struct span local)
{
	struct span domain;
	size_t n = 1;

	if (peek(r) != '@')
		return wrong(r, "an address without a domain", local);
	while (n < r->in.n && is_atom(r->in.p[n]))
		n++;
	domain = span_from(take(r, n), 1);
	if (!local_ok(r, local))
		return false;
	if (!is_dot_atom(domain))
		return wrong(r, "not a valid domain", local);
	if (!is_daemon(r, local) && !r->rule->may_send_as(r->rule->ctx, domain))
		return foreign(r, "a domain", domain);
	return true;
}

/* "<local@domain>". */
static bool
angle(struct reader *r)
{
	struct span open = take(r, 1), local;

	if (r->rule->is_report && peek(r) == '>') /* as some daemons write it */
		return take(r, 1).n == 1;
	if (peek(r) == '@' || peek(r) == '>')
		return wrong(r, "an address without a local part", open);
	if (!word(r, &local) || !domain_follows(r, local))
		return false;
	if (peek(r) != '>')
		return wrong(r, "\">\" is missing behind an address", r->in);
	take(r, 1);
	return true;
}

static bool
mailbox(struct reader *r)
{
	for (unsigned words = 0;; words++) {
		struct span w;

		if (!skip_between(r))
			return false;
		if (r->in.n == 0 || peek(r) == ',')
			return wrong(r, "a name without an address", r->in);
		if (peek(r) == '<')
			return angle(r);
		if (!word(r, &w))
			return false;
		if (peek(r) == '@')
			return words == 0 ? domain_follows(r, w)
					  : wrong(r, "an address beside a name needs <>", w);
	}
}

static bool
list(struct reader *r, bool one)
{
	for (;;) {
		if (!mailbox(r) || !skip_between(r))
			return false;
		if (r->in.n == 0)
			return true;
		if (peek(r) != ',')
			return wrong(r, "text behind an address", r->in);
		if (one)
			return wrong(r, "more than one address", r->in);
		take(r, 1);
	}
}

/* Whether it is text that all programs read as the same characters. */
static bool
is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && !span_is_space(s.p[i])) || s.p[i] == 127)
			return false;
	return utf8_is(s);
}

bool
mailbox_list_ok(
    struct span value, bool one, const struct originator_rule *rule, struct mailbox_fault *fault)
{
	struct reader r = { value, rule, fault };
	struct span word;

	*fault = (struct mailbox_fault){ 0 };
	if (!is_text(value))
		return wrong(&r, "a control character, or bytes that are not UTF-8", value);
	if (!shown_turns_nothing(value))
		return wrong(&r, "a character that turns the direction of others", value);
	if (!list(&r, one))
		return false;
	if (!shown_encoded_ok(value, rule, &word))
		return foreign(&r, "an address in an encoded word", word);
	return true;
}
