#include "mx.h"

#include <stdlib.h>

static int
by_preference(const void *a, const void *b)
{
	const struct mx *x = a, *y = b;

	return x->preference < y->preference ? -1 : x->preference > y->preference;
}

static void
swap(struct mx *a, struct mx *b)
{
	struct mx c = *a;

	*a = *b;
	*b = c;
}

void
mx_order(struct mx_list *l, uint32_t (*draw)(uint32_t))
{
	for (unsigned i = l->n; i > 1; i--)
		swap(&l->at[i - 1], &l->at[draw(i)]);
	/* qsort() may not keep the drawn order among equals, but a shuffled input is shuffled whatever it does. */
	if (l->n > 1)
		qsort(l->at, l->n, sizeof(l->at[0]), by_preference);
}

static bool
is_of_host(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool
mx_name_is_host(struct span name)
{
	bool letters = false; /* in the last label: what has none there is an address */

	for (size_t i = 0; i < name.n; i++) {
		if (!is_of_host(name.p[i]))
			return false;
		letters = name.p[i] != '.' && (letters || name.p[i] < '0' || name.p[i] > '9');
	}
	return letters;
}

bool
mx_is_null(const struct mx_list *l)
{
	return l->n == 1 && l->unusable == 0 && l->at[0].name.n == 0;
}

static bool
known(const struct mx_list *l, unsigned n, struct span name)
{
	for (unsigned i = 0; i < n; i++)
		if (span_eq_nocase(l->at[i].name, name))
			return true;
	return false;
}

void
mx_tidy(struct mx_list *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++)
		if (l->at[i].name.n > 0 && !known(l, n, l->at[i].name))
			l->at[n++] = l->at[i];
	l->n = n;
}

bool
mx_drop_own(struct mx_list *l, const struct span *own, unsigned own_n)
{
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < own_n; k++)
			if (span_eq_nocase(l->at[i].name, own[k])) {
				unsigned n = 0;

				while (l->at[n].preference < l->at[i].preference)
					n++;
				l->n = n;
				return true;
			}
	return false;
}
