#include "spf.h"
#include "spf_term.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { TERMS_MAX = 256, HOSTS_MAX = 10 };

struct eval {
	const struct spf_question *q;
	struct spf_answer *a;
};

static enum spf_result host(struct eval *, struct span domain, struct span *record);

const char *
spf_word(enum spf_result r)
{
	static const char *const words[] = { "none", "neutral", "pass", "fail", "softfail",
		"temperror", "permerror" };

	return words[r];
}

/* The first reason stays: those above it only pass it on. */
static enum spf_result __attribute__((format(printf, 3, 4)))
wrong(struct eval *e, enum spf_result r, const char *fmt, ...)
{
	va_list ap;

	if (e->a->why[0] != '\0')
		return r;
	va_start(ap, fmt);
	vsnprintf(e->a->why, sizeof(e->a->why), fmt, ap);
	va_end(ap);
	for (char *p = e->a->why; *p != '\0'; p++)
		if (*p < ' ' || *p > 126)
			*p = '?';
	return r;
}

/* ---- questions, counted ---- */

/* SPF_PASS: the answer stands. */
static enum spf_result
ask(struct eval *e, struct span name, enum answer_type type, struct answer *out)
{
	out->n = 0;
	out->status = ANSWER_NONE;
	if (spf_name_ok(name))
		e->q->ask(e->q->ctx, name, type, e->q->arena, out);
	if (arena_over(e->q->arena))
		return wrong(e, SPF_PERMERROR, "the records are larger than anybody reads");
	if (out->status == ANSWER_FAILED)
		return wrong(e, SPF_TEMPERROR, "no answer for %.*s", SPAN(span_first(name, 100)));
	if (out->n == 0 && type != ANSWER_TXT && ++e->a->voids > SPF_VOIDS_MAX)
		return wrong(e, SPF_PERMERROR, "more than %d of the names it asks for do not exist",
		    SPF_VOIDS_MAX);
	return SPF_PASS;
}

static enum spf_result
count(struct eval *e)
{
	if (++e->a->lookups > SPF_LOOKUPS_MAX)
		return wrong(
		    e, SPF_PERMERROR, "it needs more than %d DNS lookups", SPF_LOOKUPS_MAX);
	return SPF_PASS;
}

/* ---- matches: SPF_PASS yes, SPF_NEUTRAL no, else an error ---- */

static enum spf_result
yes(bool match)
{
	return match ? SPF_PASS : SPF_NEUTRAL;
}

static bool
in_prefix(const struct eval *e, const struct ip *net, const struct spf_term *t)
{
	return ip_within(&e->q->ip, net, net->family == AF_INET ? t->bits4 : t->bits6);
}

static enum spf_result
has_address(struct eval *e, struct span name, const struct spf_term *t)
{
	struct answer *a = arena_alloc(e->q->arena, sizeof(*a));
	enum spf_result r = ask(e, name, e->q->ip.family == AF_INET ? ANSWER_A : ANSWER_AAAA, a);
	bool match = false;
	struct ip ip;

	for (unsigned i = 0; r == SPF_PASS && i < a->n && !match; i++)
		match = ip_of_bytes(a->at[i].data, &ip) == 0 && in_prefix(e, &ip, t);
	return r == SPF_PASS ? yes(match) : r;
}

static enum spf_result
mx(struct eval *e, struct span name, const struct spf_term *t)
{
	struct answer *a = arena_alloc(e->q->arena, sizeof(*a));
	enum spf_result r = ask(e, name, ANSWER_MX, a);

	if (r != SPF_PASS)
		return r;
	if (a->n > HOSTS_MAX)
		return wrong(e, SPF_PERMERROR, "%.*s has more than %d MX hosts",
		    SPAN(span_first(name, 100)), HOSTS_MAX);
	for (unsigned i = 0; i < a->n; i++)
		if ((r = has_address(e, a->at[i].data, t)) != SPF_NEUTRAL)
			return r;
	return SPF_NEUTRAL;
}

static struct span
reverse_name(struct eval *e)
{
	static const struct span spec4 = { "%{ir}.in-addr.arpa", 18 },
				 spec6 = { "%{ir}.ip6.arpa", 14 };

	return spf_expand(e->q, e->q->ip.family == AF_INET ? spec4 : spec6, span_of(NULL, 0));
}

static enum spf_result
ptr(struct eval *e, struct span name, const struct spf_term *t)
{
	struct answer *a = arena_alloc(e->q->arena, sizeof(*a));
	enum spf_result r = ask(e, reverse_name(e), ANSWER_PTR, a);

	if (r == SPF_TEMPERROR)
		return SPF_NEUTRAL; /* RFC 7208 5.5 */
	for (unsigned i = 0; r == SPF_PASS && i < a->n && i < HOSTS_MAX; i++) {
		struct span h = a->at[i].data;
		size_t more = h.n - name.n;

		if (h.n < name.n || !span_eq_nocase(span_from(h, more), name) ||
		    (more > 0 && h.p[more - 1] != '.'))
			continue;
		if (has_address(e, h, t) == SPF_PASS)
			return SPF_PASS;
	}
	return r == SPF_PASS ? SPF_NEUTRAL : r;
}

static enum spf_result
exists(struct eval *e, struct span name)
{
	struct answer *a = arena_alloc(e->q->arena, sizeof(*a));
	enum spf_result r = ask(e, name, ANSWER_A, a);

	return r == SPF_PASS ? yes(a->n > 0) : r;
}

static enum spf_result
include(struct eval *e, struct span name)
{
	struct span record;

	switch (host(e, name, &record)) {
	case SPF_PASS:
		return SPF_PASS;
	case SPF_TEMPERROR:
		return SPF_TEMPERROR;
	case SPF_PERMERROR:
		return SPF_PERMERROR;
	case SPF_NONE:
		return wrong(e, SPF_PERMERROR, "include:%.*s has no SPF record",
		    SPAN(span_first(name, 100)));
	default:
		return SPF_NEUTRAL;
	}
}

static enum spf_result
match(struct eval *e, const struct spf_term *t, struct span domain)
{
	struct span name;

	if (t->kind == SPF_ALL)
		return SPF_PASS;
	if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
		return yes(in_prefix(e, &t->ip, t));
	if (count(e) != SPF_PASS)
		return SPF_PERMERROR;
	name = spf_expand(e->q, t->spec, domain);
	switch (t->kind) {
	case SPF_INCLUDE:
		return include(e, name);
	case SPF_A:
		return has_address(e, name, t);
	case SPF_MX:
		return mx(e, name, t);
	case SPF_PTR:
		return ptr(e, name, t);
	default:
		return exists(e, name);
	}
}

/* ---- a record ---- */

struct terms {
	unsigned n;
	struct spf_term at[TERMS_MAX];
	const struct spf_term *redirect, *exp;
};

static bool
is_twice(struct terms *terms, const struct spf_term *t)
{
	const struct spf_term **seen = t->kind == SPF_REDIRECT ? &terms->redirect
				       : t->kind == SPF_EXP    ? &terms->exp
							       : NULL;
	bool twice = seen != NULL && *seen != NULL;

	if (seen != NULL)
		*seen = t;
	return twice;
}

/* The whole is read before any of it counts: a wrong term anywhere is an error (RFC 7208 4.6). */
static enum spf_result
terms_read(struct eval *e, struct span record, struct terms *terms)
{
	struct span rest = span_from(record, 6);

	while (rest.n > 0) {
		struct span word = span_cut(rest, ' ', &rest);

		if (word.n == 0)
			continue;
		if (terms->n == TERMS_MAX || spf_term_read(word, &terms->at[terms->n]) == -1)
			return wrong(e, SPF_PERMERROR, "\"%.*s\" is no term of SPF",
			    SPAN(span_first(word, 100)));
		if (is_twice(terms, &terms->at[terms->n++]))
			return wrong(e, SPF_PERMERROR, "redirect= or exp= stands in it twice");
	}
	return SPF_PASS;
}

static bool
is_mechanism(const struct spf_term *t)
{
	return t->kind < SPF_REDIRECT;
}

static enum spf_result
evaluate(struct eval *e, struct span domain, const struct terms *terms)
{
	struct span record, name;
	enum spf_result r;

	for (unsigned i = 0; i < terms->n; i++) {
		if (!is_mechanism(&terms->at[i]))
			continue;
		r = match(e, &terms->at[i], domain);
		if (r != SPF_NEUTRAL)
			return r == SPF_PASS ? terms->at[i].qualifier : r;
	}
	if (terms->redirect == NULL)
		return SPF_NEUTRAL;
	if (count(e) != SPF_PASS)
		return SPF_PERMERROR;
	name = spf_expand(e->q, terms->redirect->spec, domain);
	r = host(e, name, &record);
	return r == SPF_NONE ? wrong(e, SPF_PERMERROR, "redirect=%.*s has no SPF record",
				   SPAN(span_first(name, 100)))
			     : r;
}

static bool
is_spf(struct span txt)
{
	return span_starts_nocase(txt, "v=spf1") && (txt.n == 6 || txt.p[6] == ' ');
}

static enum spf_result
record_of(struct eval *e, struct span domain, struct span *record)
{
	struct answer *a = arena_alloc(e->q->arena, sizeof(*a));
	enum spf_result r = ask(e, domain, ANSWER_TXT, a);
	unsigned n = 0;

	*record = span_of(NULL, 0);
	for (unsigned i = 0; r == SPF_PASS && i < a->n; i++)
		if (is_spf(a->at[i].data)) {
			*record = a->at[i].data;
			n++;
		}
	if (r != SPF_PASS || n == 0)
		return r == SPF_PASS ? SPF_NONE : r;
	if (n > 1)
		return wrong(e, SPF_PERMERROR, "%.*s has %u SPF records where one may be",
		    SPAN(span_first(domain, 100)), n);
	if (record->n > SPF_RECORD_MAX)
		return wrong(
		    e, SPF_PERMERROR, "the record is longer than %d bytes", SPF_RECORD_MAX);
	return SPF_PASS;
}

static enum spf_result
host(struct eval *e, struct span domain, struct span *record)
{
	struct terms *terms = arena_alloc(e->q->arena, sizeof(*terms));
	enum spf_result r = record_of(e, domain, record);

	if (r == SPF_PASS)
		r = terms_read(e, *record, terms);
	return r == SPF_PASS ? evaluate(e, domain, terms) : r;
}

void
spf_check(const struct spf_question *q, struct span domain, struct spf_answer *a)
{
	struct eval e = { q, a };

	*a = (struct spf_answer){ .result = SPF_NONE };
	a->result = host(&e, domain, &a->record);
}
