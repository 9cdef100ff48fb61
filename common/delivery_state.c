#include "delivery_state.h"

static const struct {
	const char *name;
	char mark;
} states[] = {
	[DELIVERY_NEW] = { "new", ' ' },
	[DELIVERY_CONFIRM] = { "confirming", ' ' },
	[DELIVERY_ROUTING] = { "routing", ' ' },
	[DELIVERY_LANE] = { "lane", ' ' },
	[DELIVERY_REWRITING] = { "rewriting", '*' },
	[DELIVERY_SENDING] = { "sending", '*' },
	[DELIVERY_VERDICT] = { "judging", '*' },
	[DELIVERY_DEFERRED] = { "deferred", ' ' },
	[DELIVERY_PAUSED] = { "paused", ' ' },
	[DELIVERY_HELD] = { "held", '!' },
	[DELIVERY_RETURNED] = { "returned", ' ' },
	[DELIVERY_NOTICE] = { "notifying", ' ' },
	[DELIVERY_ENDING] = { "ending", ' ' },
	[DELIVERY_ENDED] = { "ended", ' ' },
	[QUEUE_UNREADABLE] = { "unreadable", ' ' },
	[QUEUE_CORRUPT] = { "corrupt", ' ' },
	[QUEUE_DROPPED] = { "dropped", ' ' },
};

const char *
delivery_state_name(enum delivery_state s)
{
	return states[s].name;
}

int
delivery_state_of(struct span word)
{
	for (int i = 0; i < QUEUE_STATES; i++)
		if (span_is_nocase(word, states[i].name))
			return i;
	return -1;
}

/* What has ended is in no queue. */
void
delivery_state_words(struct buf *out)
{
	for (int i = 0; i < QUEUE_STATES; i++)
		if (i != DELIVERY_ENDED)
			buf_printf(out, "%s%s", i > 0 ? ", " : "", states[i].name);
}

char
delivery_state_mark(enum delivery_state s)
{
	return states[s].mark;
}
