#include "recipients.h"

#include <stdlib.h>
#include <string.h>

bool
recipient_fits(struct span address)
{
	bool quoted = false;

	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];

		if (c == '"')
			quoted = !quoted;
		if (c < ' ' || c == 127 || (!quoted && (c == ' ' || c == '<' || c == '>')))
			return false;
		if (quoted && c == '\\' && i + 1 < address.n && address.p[i + 1] >= ' ')
			i++;
	}
	return !quoted;
}

static void
wrong(struct recipients *r, struct span text, const char *why)
{
	if (r->wrong.text[0] == '\0')
		err_set(
		    &r->wrong, "\"%.*s\" is not an address: %s", SPAN(span_first(text, 200)), why);
}

void
recipients_add(struct recipients *r, const struct address *a)
{
	if (a->wrong != NULL) {
		wrong(r, a->text, a->wrong);
		return;
	}
	if (!recipient_fits(a->text)) {
		wrong(r, a->text, "there is a control byte in it");
		return;
	}
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 16 : r->cap * 2;
		r->list = reallocarray(r->list, r->cap, sizeof(*r->list));
		if (r->list == NULL)
			fatal("out of memory for recipients");
	}
	r->list[r->n++] =
	    a->has_domain
		? a->text
		: span_str(arena_printf(r->arena, "%.*s@%.*s", SPAN(a->text), SPAN(r->origin)));
}

void
recipients_add_list(struct recipients *r, struct span list)
{
	struct address a;
	size_t at = 0, before = r->n;

	while (addresses_next(list, &at, r->arena, &a))
		recipients_add(r, &a);
	if (r->n == before)
		wrong(r, span_trim(list), "nothing of one is in it");
}

/* The local part as it is (RFC 5321 2.4), the domain without case. */
static int
compare(struct span a, struct span b)
{
	ptrdiff_t at = span_find_last(a, '@');
	size_t local = at < 0 ? a.n : (size_t)at;
	int order;

	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	order = memcmp(a.p, b.p, local);
	for (size_t i = local; order == 0 && i < a.n; i++)
		order = (unsigned char)span_low(a.p[i]) - (unsigned char)span_low(b.p[i]);
	return order;
}

/* Equal ones in the order they came in. */
static int
by_address(const void *x, const void *y)
{
	const struct span *const *a = x, *const *b = y;
	int order = compare(**a, **b);

	return order != 0 ? order : *a < *b ? -1 : *a > *b;
}

void
recipients_unique(struct recipients *r)
{
	struct span **sorted = reallocarray(NULL, r->n + 1, sizeof(*sorted)), *last = NULL;
	size_t kept = 0;

	if (sorted == NULL)
		fatal("out of memory for recipients");
	for (size_t i = 0; i < r->n; i++)
		sorted[i] = &r->list[i];
	qsort(sorted, r->n, sizeof(*sorted), by_address);
	for (size_t i = 0; i < r->n; i++)
		if (last != NULL && compare(*last, *sorted[i]) == 0)
			sorted[i]->n = 0;
		else
			last = sorted[i];
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].n > 0)
			r->list[kept++] = r->list[i];
	r->n = kept;
	free(sorted);
}

void
recipients_free(struct recipients *r)
{
	free(r->list);
	r->list = NULL;
	r->n = r->cap = 0;
}
