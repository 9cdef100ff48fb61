#include "came_back.h"

struct came_recipient *
came_back_add(struct came_back *c, struct span address, struct arena *a)
{
	struct came_recipient *r;

	for (r = c->recipients; r != NULL; r = r->next)
		if (span_eq_nocase(r->address, address))
			return r;
	if (address.n == 0 || c->n_recipients >= CAME_RECIPIENTS_MAX)
		return NULL;
	r = arena_alloc(a, sizeof(*r));
	r->address = address;
	if (c->last == NULL)
		c->recipients = r;
	else
		c->last->next = r;
	c->last = r;
	c->n_recipients++;
	return r;
}
