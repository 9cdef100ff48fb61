/* suspicion.h: a reply that blames a source or a tenant in general words stops nothing until another message hears it too (pure).
 *
 * One such reply may be about that one message, or misunderstood. Times are loop_now_ms(). */
#pragma once

#include "id.h"

enum {
	SUSPICION_MS = 3600 * 1000
}; /* what a provider has against us, it has for longer than an hour */

struct suspicion {
	struct id message;
	uint64_t until_ms; /* 0: none */
};

/* True: another message heard it within the hour. Else it is remembered of this one. */
static inline bool
suspicion_confirmed(struct suspicion *s, struct id message, uint64_t now_ms)
{
	bool confirmed = s->until_ms > now_ms && !id_eq(s->message, message);

	*s = (struct suspicion){ .message = message, .until_ms = now_ms + SUSPICION_MS };
	return confirmed;
}
