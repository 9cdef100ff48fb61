#include "waiter.h"
#include "err.h"

static int
by_ticket(const struct waiter *a, const struct waiter *b)
{
	return a->ticket < b->ticket ? -1 : a->ticket > b->ticket;
}

RB_PROTOTYPE(waiter_tree, waiter, tree, by_ticket)
RB_GENERATE(waiter_tree, waiter, tree, by_ticket)

void
waiters_init(struct waiters *w)
{
	RB_INIT(&w->tree);
}

void
waiter_add(struct waiters *list, struct waiter *w, uint64_t ticket, waiter_fn *fn, void *ctx)
{
	must(w->in == NULL);
	w->in = list;
	w->ticket = ticket;
	w->answered = fn;
	w->ctx = ctx;
	must(RB_INSERT(waiter_tree, &list->tree, w) == NULL);
}

void
waiter_forget(struct waiter *w)
{
	if (w->in == NULL)
		return;
	RB_REMOVE(waiter_tree, &w->in->tree, w);
	w->in = NULL;
}

static void
answer(struct waiter *w, uint16_t code, struct span text)
{
	waiter_forget(w);
	w->answered(w->ctx, code, text);
}

void
waiters_answer(struct waiters *list, uint64_t ticket, uint16_t code, struct span text)
{
	struct waiter want = { .ticket = ticket };
	struct waiter *w = RB_FIND(waiter_tree, &list->tree, &want);

	if (w != NULL)
		answer(w, code, text);
}

void
waiters_answer_first(struct waiters *list, uint16_t code, struct span text)
{
	struct waiter *w = RB_MIN(waiter_tree, &list->tree);

	if (w != NULL)
		answer(w, code, text);
}

void
waiters_answer_all(struct waiters *list, uint16_t code, struct span text)
{
	struct waiter_tree all = list->tree;
	struct waiter *w;

	/* Those who begin to wait anew while being answered wait in the list, not in this one. */
	waiters_init(list);
	while ((w = RB_MIN(waiter_tree, &all)) != NULL) {
		RB_REMOVE(waiter_tree, &all, w);
		w->in = NULL;
		w->answered(w->ctx, code, text);
	}
}
