#include "came_back.h"

struct came_recipient *
came_back_add(struct came_back *c, struct span address, struct arena *a)
{
	struct came_recipient *r;

	if (c->n_asked++ >= CAME_ASKED_MAX)
		return NULL;
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

const char *
kind_sub_word(enum kind_sub sub)
{
	static const char *const words[] = {
		[KIND_SUB_NONE] = "",
		[KIND_SUB_HUMAN] = "human",
		[KIND_SUB_UNSUBSCRIBE] = "unsubscribe",
		[KIND_SUB_RECEIPT] = "receipt",
		[KIND_SUB_REPORT] = "report",
		[KIND_SUB_COMMAND] = "command",
		[KIND_SUB_MACHINE] = "machine",
		[KIND_SUB_VACATION] = "vacation",
		[KIND_SUB_CHALLENGE] = "challenge",
		[KIND_SUB_TICKET] = "ticket",
	};

	return words[sub];
}
