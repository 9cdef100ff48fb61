/* A transaction whose bytes could not be had: from the disk, or from the rewriter (course.h). */
#include "course.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "pool.h"
#include "queued.h"
#include "session.h"
#include "settle.h"

enum {
	UNREADABLE_RETRY_S = 10, /* a shortage: soon, but not at once */
	REWRITE_RETRY_S = 60,
};

/* Takes the transaction apart, one recipient at a time. */
static struct delivery *
next_of(struct queued *q, struct transaction *t)
{
	return transaction_take(q->pool, t, transaction_first(t)->index);
}

/* Short of descriptors, perhaps, or the disk is: that passes. Damage is what the checksum says (OUTCOME_DAMAGED). */
void
course_unreadable(struct queued *q, struct transaction *t, const struct err *err)
{
	struct deliver_result r = { .outcome = OUTCOME_LOST,
		.stage = STAGE_IDLE,
		.enhanced = SPAN_LIT("4.3.0"),
		.text = SPAN_LIT("the message could not be read from our disk now") };

	log_begin(LOG_LEVEL_ERROR, "unreadable");
	log_kvs("id", id_text(t->message->envelope->id).c);
	log_kvs("why", err->text);
	log_end();
	for (uint32_t n = t->left; n > 0; n--) {
		struct delivery *d = next_of(q, t);

		delivery_attempt(d, &r, loop_wall_ms());
		delivery_judged(
		    d, CLASS_SOFT, CATEGORY_SYSTEM, ADVICE_RETRY, 0, r.enhanced, r.text);
		settle_deferred(q, d, UNREADABLE_RETRY_S);
	}
}

void
course_not_rewritten(struct queued *q, struct transaction *t, bool ever, struct span why)
{
	struct deliver_result r = { .outcome = OUTCOME_REPLIED,
		.stage = STAGE_DATA,
		.enhanced = ever ? SPAN_LIT("4.3.0") : SPAN_LIT("5.6.1"),
		.text = why };

	for (uint32_t n = t->left; n > 0; n--) {
		struct delivery *d = next_of(q, t);

		delivery_attempt(d, &r, loop_wall_ms());
		delivery_judged(d, CLASS_SOFT, ever ? CATEGORY_SYSTEM : CATEGORY_PROTOCOL,
		    ADVICE_NONE, 0, r.enhanced, why);
		if (ever)
			settle_deferred(q, d, REWRITE_RETRY_S);
		else
			settle_given_up(q, d, FINAL_BOUNCED);
	}
}
