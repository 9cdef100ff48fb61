#include "token_find.h"

enum { DOMAIN_MAX = 255 };

static bool
is_letter(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool
in_domain(char c)
{
	return is_letter(c) || c == '.' || c == '-' || c == '_';
}

/* Where the local part that ends before at begins; at itself: it has another form. */
static size_t
local_start(struct span s, size_t at)
{
	size_t i = at, n;

	while (i > 0 && at - i <= TOKEN_LETTERS_MAX && is_letter(s.p[i - 1]))
		i--;
	n = at - i;
	if (n < TOKEN_LETTERS_MIN || n > TOKEN_LETTERS_MAX || i < 2)
		return at;
	if ((s.p[i - 1] != '+' && s.p[i - 1] != '-') || (s.p[i - 2] | 32) != 'b')
		return at;
	return i > 2 && is_letter(s.p[i - 3]) ? at : i - 2;
}

static size_t
domain_end(struct span s, size_t at)
{
	size_t i = at;

	while (i < s.n && i - at < DOMAIN_MAX && in_domain(s.p[i]))
		i++;
	while (i > at && !is_letter(s.p[i - 1]))
		i--;
	return i;
}

/* SRS0=HHH=TT=domain=local@relay: the domain that the address had, in front of it. Empty: none is there. */
static struct span
forwarded_domain(struct span s, size_t local)
{
	size_t end = local, i;

	if (end < 2 || s.p[end - 1] != '=')
		return span_of(NULL, 0);
	end--;
	for (i = end; i > 0 && end - i < DOMAIN_MAX && in_domain(s.p[i - 1]); i--)
		continue;
	if (i == 0 || s.p[i - 1] != '=' || span_find(span_of(s.p + i, end - i), '.') < 0)
		return span_of(NULL, 0); /* prvs=HHHHHH= has no dot */
	return span_of(s.p + i, end - i);
}

static void
add(struct came_back *c, struct span local, struct span domain, struct arena *a)
{
	struct span address = span_str(arena_printf(a, "%.*s@%.*s", SPAN(local), SPAN(domain)));

	for (unsigned i = 0; i < c->n_tokens; i++)
		if (span_eq_nocase(c->tokens[i], address))
			return;
	c->tokens[c->n_tokens++] = address;
}

void
tokens_find(struct came_back *c, struct span text, struct arena *a)
{
	ptrdiff_t at;

	for (size_t from = 0; c->n_tokens < CAME_TOKENS_MAX; from++) {
		size_t start, end;

		if ((at = span_find(span_from(text, from), '@')) < 0)
			return;
		from += (size_t)at;
		start = local_start(text, from);
		end = domain_end(text, from + 1);
		if (start < from && end > from + 1) {
			struct span domain = forwarded_domain(text, start);

			add(c, span_of(text.p + start, from - start),
			    domain.n > 0 ? domain : span_of(text.p + from + 1, end - from - 1), a);
		}
	}
}
