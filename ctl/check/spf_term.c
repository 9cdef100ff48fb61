#include "spf_term.h"

#include <string.h>

enum { NAME_MAX_BYTES = 253, LABEL_MAX_BYTES = 63, EXPANDED_MAX = 2048 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
spf_name_ok(struct span name)
{
	size_t label = 0, labels = 1;

	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] > 126)
			return false;
		if (name.p[i] != '.') {
			if (++label > LABEL_MAX_BYTES)
				return false;
			continue;
		}
		if (label == 0)
			return false;
		label = 0;
		labels++;
	}
	return label > 0 && labels >= 2;
}

/* ---- macros ---- */

/* What stands between "%{" and "}". */
struct macro {
	char letter;
	bool reverse, escape;
	uint64_t keep; /* labels from the right; 0: all */
	struct span delimiters;
};

static int
macro_read(struct span s, struct macro *m)
{
	size_t i = 1, digits;

	*m = (struct macro){ .delimiters = SPAN_LIT(".") };
	if (s.n == 0)
		return -1;
	m->letter = (char)(s.p[0] | 32);
	m->escape = s.p[0] != m->letter;
	if (!is_alpha(s.p[0]) || memchr("slodiphv", m->letter, 8) == NULL)
		return -1; /* c, r and t belong to explanations (RFC 7208 7.2) */
	for (digits = i; i < s.n && is_digit(s.p[i]);)
		i++;
	if (i > digits &&
	    (span_u64(span_of(s.p + digits, i - digits), 128, &m->keep) == -1 || m->keep == 0))
		return -1;
	if (i < s.n && (s.p[i] | 32) == 'r') {
		m->reverse = true;
		i++;
	}
	if (i < s.n)
		m->delimiters = span_from(s, i);
	for (; i < s.n; i++)
		if (memchr(".-+,/_=", s.p[i], 7) == NULL)
			return -1;
	return 0;
}

/* One unit of a macro string: a letter, "%%", or "%{...}". How many bytes it takes; 0: it is none. */
static size_t
unit(struct span s, struct macro *m)
{
	ptrdiff_t close;

	m->letter = '\0';
	if (s.p[0] != '%')
		return (unsigned char)s.p[0] > ' ' && (unsigned char)s.p[0] < 127;
	if (s.n >= 2 && memchr("%_-", s.p[1], 3) != NULL)
		return 2;
	close = span_find(s, '}');
	if (s.n < 3 || s.p[1] != '{' || close < 0 ||
	    macro_read(span_of(s.p + 2, (size_t)close - 2), m) == -1)
		return 0;
	return (size_t)close + 1;
}

/* Of the last unit too: a domain-end is a macro or a top label (RFC 7208 7.1). */
static bool
spec_ok(struct span s)
{
	struct span top = s;
	struct macro m = { 0 };
	ptrdiff_t dot;
	bool letters = false;
	size_t n;

	for (struct span rest = s; rest.n > 0; rest = span_from(rest, n))
		if ((n = unit(rest, &m)) == 0)
			return false;
	if (s.n == 0 || m.letter != '\0')
		return s.n > 0;
	if (top.p[top.n - 1] == '.')
		top.n--;
	dot = span_find_last(top, '.');
	top = span_from(top, (size_t)(dot + 1));
	for (size_t i = 0; i < top.n; i++) {
		if (!is_alpha(top.p[i]) && !is_digit(top.p[i]) && top.p[i] != '-')
			return false;
		letters = letters || !is_digit(top.p[i]);
	}
	return dot > 0 && letters && top.p[0] != '-' && top.p[top.n - 1] != '-';
}

static void
put_ip(const struct spf_question *q, struct buf *b)
{
	if (q->ip.family == AF_INET)
		buf_printf(b, "%u.%u.%u.%u", q->ip.bytes[0], q->ip.bytes[1], q->ip.bytes[2],
		    q->ip.bytes[3]);
	else
		for (unsigned i = 0; i < 16; i++)
			buf_printf(b, "%s%x.%x", i == 0 ? "" : ".", q->ip.bytes[i] >> 4,
			    q->ip.bytes[i] & 15);
}

static struct span
macro_value(const struct spf_question *q, const struct macro *m, struct span domain, struct buf *ip)
{
	ptrdiff_t at = span_find_last(q->sender, '@');

	switch (m->letter) {
	case 's':
		return q->sender;
	case 'l':
		return at <= 0 ? SPAN_LIT("postmaster") : span_first(q->sender, (size_t)at);
	case 'o':
		return span_from(q->sender, (size_t)(at + 1));
	case 'd':
		return domain;
	case 'h':
		return q->helo;
	case 'v':
		return q->ip.family == AF_INET ? SPAN_LIT("in-addr") : SPAN_LIT("ip6");
	case 'i':
		put_ip(q, ip);
		return buf_all(ip);
	default: /* p: the RFC itself says not to use it; "unknown" is what no validated name gives */
		return SPAN_LIT("unknown");
	}
}

enum { PARTS_MAX = 256 };

static void
put_part(const struct macro *m, struct span s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (m->escape && !is_alpha(c) && !is_digit(c) && memchr("-._~", c, 4) == NULL)
			buf_printf(out, "%%%02X", (unsigned char)c);
		else
			buf_byte(out, c);
	}
}

static void
put_macro(const struct spf_question *q, const struct macro *m, struct span domain, struct buf *out)
{
	struct span parts[PARTS_MAX], value;
	struct buf ip;
	size_t n = 0, start = 0, first;

	buf_init(&ip, 128);
	value = macro_value(q, m, domain, &ip);
	for (size_t i = 0; i <= value.n && n < PARTS_MAX; i++)
		if (i == value.n || memchr(m->delimiters.p, value.p[i], m->delimiters.n) != NULL) {
			parts[n++] = span_of(value.p + start, i - start);
			start = i + 1;
		}
	first = m->keep > 0 && m->keep < n ? n - (size_t)m->keep : 0;
	for (size_t i = first; i < n; i++) {
		if (i > first)
			buf_byte(out, '.');
		put_part(m, parts[m->reverse ? n - 1 - i : i], out);
	}
	buf_free(&ip);
}

/* Too long: labels go from the left (RFC 7208 7.3). */
static struct span
shortened(struct span name)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	while (name.n > NAME_MAX_BYTES) {
		ptrdiff_t dot = span_find(name, '.');

		name = span_from(name, dot < 0 ? name.n : (size_t)dot + 1);
	}
	return name;
}

struct span
spf_expand(const struct spf_question *q, struct span spec, struct span domain)
{
	struct buf out;
	struct span name;
	size_t n = 1;

	if (spec.n == 0)
		return domain;
	buf_init(&out, EXPANDED_MAX);
	for (; spec.n > 0 && n > 0; spec = span_from(spec, n)) {
		struct macro m;

		n = unit(spec, &m);
		if (m.letter != '\0')
			put_macro(q, &m, domain, &out);
		else if (spec.p[0] != '%')
			buf_byte(&out, spec.p[0]);
		else
			buf_str(&out, spec.p[1] == '%' ? "%" : spec.p[1] == '_' ? " " : "%20");
	}
	name = buf_over(&out) ? span_of(NULL, 0) : arena_span(q->arena, shortened(buf_all(&out)));
	buf_free(&out);
	return name;
}

/* ---- terms ---- */

static const struct kind {
	const char *name;
	enum spf_kind kind;
	enum { NO_SPEC, MAY_SPEC, MUST_SPEC } spec;
	bool cidr;
} mechanisms[] = {
	{ "all", SPF_ALL, NO_SPEC, false },
	{ "include", SPF_INCLUDE, MUST_SPEC, false },
	{ "a", SPF_A, MAY_SPEC, true },
	{ "mx", SPF_MX, MAY_SPEC, true },
	{ "ptr", SPF_PTR, MAY_SPEC, false },
	{ "ip4", SPF_IP4, MUST_SPEC, true },
	{ "ip6", SPF_IP6, MUST_SPEC, true },
	{ "exists", SPF_EXISTS, MUST_SPEC, false },
};

/* Cuts "/24" or, with two strokes, "//64" off the end. 1: one was there; -1: it is no prefix length. */
static int
prefix_cut(struct span *s, const char *strokes, unsigned most, unsigned *bits)
{
	size_t n = s->n, k = strlen(strokes);
	uint64_t value;

	while (n > 0 && is_digit(s->p[n - 1]))
		n--;
	if (n == s->n || n < k || memcmp(s->p + n - k, strokes, k) != 0)
		return 0;
	if (span_u64(span_from(*s, n), most, &value) == -1 || (s->p[n] == '0' && s->n - n > 1))
		return -1;
	*bits = (unsigned)value;
	s->n = n - k;
	return 1;
}

static int
network_read(struct span s, struct spf_term *t)
{
	int family = t->kind == SPF_IP4 ? AF_INET : AF_INET6;
	unsigned *bits = family == AF_INET ? &t->bits4 : &t->bits6;

	if (prefix_cut(&s, "/", family == AF_INET ? 32 : 128, bits) == -1 ||
	    ip_read(s, &t->ip) == -1)
		return -1;
	return t->ip.family == family ? 0 : -1;
}

/* The stroke of a macro's delimiters ("%{l-/}") is no prefix: what follows it is a brace. */
static int
prefixes_read(struct span *s, struct spf_term *t)
{
	if (prefix_cut(s, "//", 128, &t->bits6) == -1)
		return -1;
	return prefix_cut(s, "/", 32, &t->bits4) == -1 ? -1 : 0;
}

static int
mechanism_read(const struct kind *k, struct span rest, struct spf_term *t)
{
	bool has_spec;

	t->kind = k->kind;
	if (k->kind == SPF_IP4 || k->kind == SPF_IP6)
		return rest.n < 2 || rest.p[0] != ':' ? -1 : network_read(span_from(rest, 1), t);
	if (k->cidr && prefixes_read(&rest, t) == -1)
		return -1;
	has_spec = rest.n > 0;
	if (has_spec && (rest.p[0] != ':' || k->spec == NO_SPEC))
		return -1;
	if (!has_spec)
		return k->spec == MUST_SPEC ? -1 : 0;
	t->spec = span_from(rest, 1);
	return spec_ok(t->spec) ? 0 : -1;
}

static int
modifier_read(struct span name, struct span value, struct spf_term *t)
{
	struct macro m;
	size_t n;

	t->kind = SPF_UNKNOWN_MODIFIER;
	t->spec = value;
	if (span_is_nocase(name, "redirect"))
		t->kind = SPF_REDIRECT;
	else if (span_is_nocase(name, "exp"))
		t->kind = SPF_EXP;
	if (t->kind != SPF_UNKNOWN_MODIFIER)
		return spec_ok(value) ? 0 : -1;
	for (; value.n > 0; value = span_from(value, n))
		if ((n = unit(value, &m)) == 0)
			return -1;
	return 0;
}

static struct span
term_name(struct span s)
{
	size_t n = 0;

	while (n < s.n && (is_alpha(s.p[n]) || is_digit(s.p[n]) || memchr("-_.", s.p[n], 3)))
		n++;
	return span_first(s, n);
}

int
spf_term_read(struct span s, struct spf_term *t)
{
	static const char signs[] = "+-~?";
	static const enum spf_result means[] = { SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL };
	const char *sign = s.n == 0 ? NULL : memchr(signs, s.p[0], 4);
	struct span name;

	*t = (struct spf_term){ .qualifier = sign == NULL ? SPF_PASS : means[sign - signs],
		.bits4 = 32,
		.bits6 = 128 };
	s = span_from(s, sign != NULL);
	name = term_name(s);
	if (name.n == 0 || !is_alpha(name.p[0]))
		return -1;
	if (name.n < s.n && s.p[name.n] == '=')
		return sign != NULL ? -1 : modifier_read(name, span_from(s, name.n + 1), t);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (span_is_nocase(name, mechanisms[i].name))
			return mechanism_read(&mechanisms[i], span_from(s, name.n), t);
	return -1;
}
