#include "path.h"
#include "idna.h"
#include "utf8.h"

#include <string.h>

enum { LABEL_MAX = 63 };

static bool
is_atext(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Bytes of the quoted string at the front of s, with both quotes; 0: it does not end. */
static size_t
quoted_length(struct span s)
{
	bool escaped = false;

	for (size_t i = 1; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
			return 0; /* not behind a backslash either (RFC 5321 4.1.2) */
		if (s.p[i] == '"' && !escaped)
			return i + 1;
		escaped = s.p[i] == '\\' && !escaped;
	}
	return 0;
}

/* A dot-string; dots at odd places are let through, as many mailboxes of the world have them. */
static size_t
local_length(struct span s)
{
	size_t n = 0;

	if (s.n > 0 && s.p[0] == '"')
		return quoted_length(s);
	while (n < s.n && (is_atext((unsigned char)s.p[n]) || s.p[n] == '.'))
		n++;
	return n;
}

static bool
is_literal_byte(unsigned char c)
{
	return is_alnum(c) || c == '.' || c == ':' || c == '-';
}

/* [192.0.2.1], [IPv6:2001:db8::1]: the shape; whether mail goes there is another's question. */
static size_t
literal_length(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == ']')
			return i > 1 ? i + 1 : 0;
		if (!is_literal_byte((unsigned char)s.p[i]))
			return 0;
	}
	return 0;
}

/* A letter of a U-label: which ones, IDNA says. */
static bool
is_letter(unsigned char c)
{
	return c >= 0x80 || is_alnum(c) || c == '_';
}

/* RFC 5321 4.1.2, and the underscore that is in use; no empty label, none that begins or ends with a hyphen. */
static size_t
domain_length(struct span s)
{
	size_t n = 0, label = 0;

	if (s.n > 0 && s.p[0] == '[')
		return literal_length(s);
	for (; n < s.n; n++) {
		char c = s.p[n];

		if (c == '.' ? n == label || s.p[n - 1] == '-'
			     : !is_letter((unsigned char)c) && (c != '-' || n == label))
			break;
		if (c == '.')
			label = n + 1;
	}
	return n == label || s.p[n - 1] == '-' ? 0 : n;
}

/* Of a domain in A-labels. */
static bool
labels_fit(struct span domain)
{
	while (domain.n > 0)
		if (span_cut(domain, '.', &domain).n > LABEL_MAX)
			return false;
	return true;
}

/* "@one,@two:" in front; 0: none there. */
static size_t
route_length(struct span s)
{
	size_t at = 0;

	while (at < s.n && s.p[at] == '@') {
		size_t n = domain_length(span_from(s, at + 1));

		at += 1 + n;
		if (n == 0 || at >= s.n)
			return 0;
		if (s.p[at] == ':')
			return at + 1;
		if (s.p[at++] != ',')
			return 0;
	}
	return 0;
}

static void
kept(struct path *p, struct span local, struct span domain, struct arena *a)
{
	char *to = arena_alloc(a, local.n + 1 + domain.n + 1);

	memcpy(to, local.p, local.n);
	p->local = span_of(to, local.n);
	p->address = p->local;
	if (domain.n == 0)
		return;
	to[local.n] = '@';
	span_lower(to + local.n + 1, domain);
	p->domain = span_of(to + local.n + 1, domain.n);
	p->address = span_of(to, local.n + 1 + domain.n);
}

enum path_error
path_read(struct span s, struct arena *a, struct path *p, struct span *rest)
{
	struct span in, local, domain = { NULL, 0 };

	*p = (struct path){ .address = { NULL, 0 } };
	if (s.n < 2 || s.p[0] != '<')
		return PATH_SYNTAX;
	if (s.p[1] == '>') {
		*rest = span_from(s, 2);
		return PATH_OK;
	}
	in = span_from(s, 1);
	in = span_from(in, route_length(in));
	local = span_first(in, local_length(in));
	in = span_from(in, local.n);
	if (local.n > 0 && in.n > 0 && in.p[0] == '@') {
		domain = span_first(span_from(in, 1), domain_length(span_from(in, 1)));
		in = span_from(in, 1 + domain.n);
	} else if (!span_is_nocase(local, "postmaster"))
		return PATH_SYNTAX;
	if (local.n == 0 || in.n == 0 || in.p[0] != '>' || (domain.n == 0 && in.p[-1] == '@'))
		return PATH_SYNTAX;
	p->utf8 = utf8_any_8bit(local) || utf8_any_8bit(domain);
	if (!utf8_is(local) || !utf8_is(domain))
		return PATH_NOT_UTF8;
	if (idna_ascii(domain, a, &domain) == -1)
		return PATH_NO_DOMAIN;
	if (domain_length(domain) != domain.n || !labels_fit(domain)) /* as it is mapped, too */
		return PATH_SYNTAX;
	if (local.n > PATH_LOCAL_MAX || domain.n > PATH_DOMAIN_MAX ||
	    local.n + domain.n + 1 > PATH_MAX_BYTES)
		return PATH_LONG;
	kept(p, local, domain, a);
	*rest = span_from(in, 1);
	return PATH_OK;
}
