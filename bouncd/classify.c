#include "classify.h"

#include <stdio.h>
#include <string.h>

enum { BY_STATUS = 60, BY_EXACT_STATUS = 80, BY_CODE = 30, GREYLIST_S = 300, FULL_S = 4 * 3600 };
enum { SPECIFIC_RANK = 7 }; /* a cause that is named, no doubt left, a provider's own words */

/* How often a rule of that rank is right on replies that it was not written for: counted over a labelled collection, each
 * pattern silenced that wins one text alone. */
static const uint8_t by_rank[10] = { 0, 60, 75, 80, 90, 96, 96, 96, 93, 97 };

/* RFC 3463 3, as far as a code alone tells; -1 any. The first line that fits. */
static const struct {
	int16_t subject, detail;
	enum category category;
} by_status[] = {
	{ 1, 1, CATEGORY_BAD_MAILBOX },
	{ 1, 2, CATEGORY_BAD_DOMAIN },
	{ 1, 6, CATEGORY_MOVED },
	{ 1, 7, CATEGORY_BAD_SENDER },
	{ 1, 8, CATEGORY_BAD_SENDER },
	{ 1, 9, CATEGORY_PROTOCOL },
	{ 1, 10, CATEGORY_NOT_ACCEPTING }, /* RFC 7505: null MX */
	{ 1, -1, CATEGORY_BAD_MAILBOX },
	{ 2, 1, CATEGORY_INACTIVE },
	{ 2, 2, CATEGORY_MAILBOX_FULL },
	{ 2, 3, CATEGORY_TOO_LARGE },
	{ 2, 4, CATEGORY_SYSTEM },
	{ 3, 1, CATEGORY_SYSTEM },
	{ 3, 2, CATEGORY_NOT_ACCEPTING },
	{ 3, 4, CATEGORY_TOO_LARGE },
	{ 3, -1, CATEGORY_SYSTEM },
	{ 4, 7, CATEGORY_EXPIRED },
	{ 4, -1, CATEGORY_NETWORK },
	{ 5, 3, CATEGORY_RATE_LIMITED },
	{ 5, -1, CATEGORY_PROTOCOL },
	{ 6, -1, CATEGORY_PROTOCOL },
	{ 7, 10, CATEGORY_TLS },
	{ 7, 20, CATEGORY_AUTH_FAILURE }, /* RFC 7372 */
	{ 7, 21, CATEGORY_AUTH_FAILURE },
	{ 7, 22, CATEGORY_AUTH_FAILURE },
	{ 7, 23, CATEGORY_AUTH_FAILURE },
	{ 7, 24, CATEGORY_AUTH_FAILURE },
	{ 7, 25, CATEGORY_BLOCKED_SOURCE },
	{ 7, 26, CATEGORY_AUTH_FAILURE },
	{ 7, 27, CATEGORY_BAD_SENDER },
	{ 7, -1, CATEGORY_POLICY },
};

/* RFC 5321 4.2.3, RFC 1846, RFC 7504. Past the table: by the first digit. */
static const struct {
	int16_t code;
	enum category category;
} by_code[] = {
	{ 421, CATEGORY_SYSTEM },
	{ 450, CATEGORY_OTHER },
	{ 451, CATEGORY_SYSTEM },
	{ 452, CATEGORY_SYSTEM },
	{ 500, CATEGORY_PROTOCOL },
	{ 501, CATEGORY_PROTOCOL },
	{ 502, CATEGORY_PROTOCOL },
	{ 503, CATEGORY_PROTOCOL },
	{ 504, CATEGORY_PROTOCOL },
	{ 521, CATEGORY_NOT_ACCEPTING },
	{ 523, CATEGORY_TOO_LARGE },
	{ 530, CATEGORY_AUTH_FAILURE },
	{ 535, CATEGORY_AUTH_FAILURE },
	{ 551, CATEGORY_MOVED },
	{ 552, CATEGORY_MAILBOX_FULL },
	{ 553, CATEGORY_BAD_MAILBOX },
	{ 555, CATEGORY_PROTOCOL },
	{ 556, CATEGORY_NOT_ACCEPTING },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum category
from_status(struct status st, uint8_t *confidence)
{
	for (size_t i = 0; i < COUNT(by_status); i++) {
		if (st.class <= 2 || by_status[i].subject != st.subject ||
		    (by_status[i].detail != -1 && by_status[i].detail != st.detail))
			continue;
		*confidence = by_status[i].detail == -1 ? BY_STATUS : BY_EXACT_STATUS;
		return by_status[i].category;
	}
	return CATEGORY_NONE;
}

/* One that says exactly what is dead. */
static bool
is_hard_status(struct status st)
{
	uint8_t confidence = 0;

	return category_is_hard(from_status(st, &confidence)) && confidence == BY_EXACT_STATUS;
}

static enum category
from_code(int code)
{
	for (size_t i = 0; i < COUNT(by_code); i++)
		if (by_code[i].code == code)
			return by_code[i].category;
	return code >= 400 ? CATEGORY_OTHER : CATEGORY_NONE;
}

/* The reply code is what the server's machine meant; a status of another class beside it is a slip. */
static bool
is_permanent(const struct said *sd, bool otherwise)
{
	if (sd->code >= 400)
		return sd->code >= 500;
	return sd->status.class >= 4 ? sd->status.class == 5 : otherwise;
}

/* Its words, not a code, say that it is for now: so the rule says, or what it is about. */
static bool
means_later(const struct rule *r)
{
	if (r->match == NULL)
		return false;
	if (r->advice != ADVICE_NONE)
		return advice_is_retry(r->advice) || r->advice == ADVICE_SLOW_LANE;
	return r->category == CATEGORY_GREYLISTED || r->category == CATEGORY_RATE_LIMITED;
}

static void
by_rule(struct verdict *v, const struct rule *r)
{
	v->later = means_later(r);
	v->specific = r->match != NULL && r->rank >= SPECIFIC_RANK;
	v->category = r->category;
	v->class = r->class;
	v->advice = r->advice;
	v->retry_s = r->retry_s;
	v->confidence = r->match != NULL ? by_rank[r->rank] : BY_STATUS;
	snprintf(v->rule, sizeof(v->rule), "%s", r->name);
	snprintf(v->fix, sizeof(v->fix), "%s", r->fix != NULL ? r->fix : "");
}

static void
by_table(struct verdict *v, const struct said *sd)
{
	v->category = from_status(sd->status, &v->confidence);
	snprintf(v->rule, sizeof(v->rule), "status");
	if (v->category != CATEGORY_NONE)
		return;
	v->category = from_code(sd->code);
	v->confidence = BY_CODE;
	snprintf(v->rule, sizeof(v->rule), "code");
	if (v->category == CATEGORY_NONE && sd->text.n > 0)
		v->category = CATEGORY_OTHER;
}

/* Hard for good only, and only where nothing makes it doubtful. */
static void
choose_class(struct verdict *v, struct rules *rs, const struct rule *r, const struct said *sd,
    bool permanent)
{
	const char *doubt = NULL;

	if (v->class == CLASS_NONE && category_is_hard(v->category))
		v->class = CLASS_HARD;
	if (v->class == CLASS_HARD && permanent)
		doubt = rules_doubt(rs, sd, r);
	if (v->class != CLASS_HARD || !permanent || doubt != NULL)
		v->class = CLASS_SOFT;
	v->agreed =
	    v->class == CLASS_HARD && r != NULL && r->match != NULL && is_hard_status(sd->status);
	snprintf(v->doubt, sizeof(v->doubt), "%s", doubt == NULL ? "" : doubt);
}

static void
complete(struct verdict *v, struct rules *rs, const struct rule *r, const struct said *sd,
    bool permanent)
{
	if (v->category == CATEGORY_NONE)
		return;
	choose_class(v, rs, r, sd, permanent);
	v->later = v->later && permanent;
	if (v->advice == ADVICE_NONE)
		v->advice = category_advice(v->category, v->class, permanent && !v->later);
	if (v->advice == ADVICE_RETRY_LATER && v->retry_s == 0)
		v->retry_s = v->category == CATEGORY_GREYLISTED ? GREYLIST_S : FULL_S;
	if (v->advice == ADVICE_FIX && v->fix[0] == '\0')
		snprintf(v->fix, sizeof(v->fix), "%s", category_fix(v->category));
}

struct verdict
classify(struct rules *rs, const struct said *sd, struct span mx, bool permanent)
{
	struct remembered *seen = rules_remembered(rs);
	struct remembered_key key = { .text = sd->text,
		.code = sd->code,
		.status = sd->status,
		.provider = rules_provider_of_mx(rs, mx),
		.permanent = permanent };
	const struct verdict *known = remembered_get(seen, &key);
	struct verdict v;

	if (known != NULL)
		return *known;
	v = classify_afresh(rs, sd, mx, permanent);
	remembered_put(seen, &key, &v);
	return v;
}

static struct verdict
of_words(struct rules *rs, const struct said *sd, const char *provider, bool permanent)
{
	struct verdict v = { 0 };
	const struct rule *r = rules_find(rs, provider, sd);

	if (r != NULL)
		by_rule(&v, r);
	else
		by_table(&v, sd);
	complete(&v, rs, r, sd, permanent);
	return v;
}

static bool
is_by_rule(const struct verdict *v)
{
	return v->rule[0] != '\0' && strcmp(v->rule, "status") != 0 && strcmp(v->rule, "code") != 0;
}

struct verdict
classify_afresh(struct rules *rs, const struct said *sd, struct span mx, bool permanent)
{
	const char *provider = rules_provider(rs, mx, sd);
	struct said unnamed = *sd;
	struct verdict v;

	unnamed.text = rules_unnamed(rs, sd->text);
	permanent = is_permanent(sd, permanent);
	v = of_words(rs, &unnamed, provider, permanent);
	if (unnamed.text.p != sd->text.p && !is_by_rule(&v))
		v = of_words(rs, sd, provider, permanent);
	if (provider != NULL)
		snprintf(v.provider, sizeof(v.provider), "%s", provider);
	if (sd->status.class != 0)
		snprintf(v.status, sizeof(v.status), "%u.%u.%u", sd->status.class % 10u,
		    sd->status.subject % 1000u, sd->status.detail % 1000u);
	return v;
}

struct verdict
classify_named(struct rules *rs, const struct said *sd, const struct names *names, struct span mx,
    bool permanent, struct arena *a)
{
	struct said masked;
	struct verdict v;

	names_mask(&masked, sd, names, a);
	v = classify(rs, &masked, mx, permanent);
	if (masked.text.p != sd->text.p && !is_by_rule(&v))
		return classify(rs, sd, mx, permanent);
	return v;
}
