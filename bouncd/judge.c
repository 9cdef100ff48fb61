#include "judge.h"

#include <stdio.h>

enum { SURE = 80 };

static bool
is_generic(struct status st)
{
	return st.class == 0 || (st.subject == 0 && st.detail == 0);
}

/* Of two verdicts the one that rests on more; the first if they are equal. */
static struct verdict
better(struct verdict a, struct verdict b)
{
	return b.category != CATEGORY_NONE && b.confidence > a.confidence ? b : a;
}

static void
set_status(struct verdict *v, struct status st)
{
	if (st.class != 0)
		snprintf(v->status, sizeof(v->status), "%u.%u.%u", st.class % 10u, st.subject % 1000u, st.detail % 1000u);
	else
		v->status[0] = '\0';
}

struct verdict
judge(struct rules *rs, const struct came_back *c, const struct came_recipient *r, struct arena *a)
{
	bool permanent = c->kind == KIND_BOUNCE && r->action != ACTION_DELAYED;
	struct said own, words;
	struct status told;
	struct verdict v;

	said_diagnostic(&own, r->diagnostic, a);
	told = own.status;
	if (is_generic(own.status) && r->status.class != 0)
		own.status = r->status;
	if (!is_generic(r->status) || is_generic(told))
		told = r->status.class != 0 ? r->status : told;
	v = classify(rs, &own, r->remote_mta, permanent);
	if (v.confidence < SURE && c->reason.n > 0) {
		said_diagnostic(&words, c->reason, a);
		if (own.status.class != 0)
			words.status = own.status;
		if (own.code != 0)
			words.code = own.code;
		v = better(v, classify(rs, &words, r->remote_mta, permanent));
		if (told.class == 0)
			told = words.status;
	}
	if (c->kind == KIND_DELAYED && v.category != CATEGORY_NONE)
		v.class = CLASS_SOFT;
	if (v.class == CLASS_SOFT && v.advice == ADVICE_SUPPRESS)
		v.advice = ADVICE_RETRY;
	set_status(&v, told);
	return v;
}
