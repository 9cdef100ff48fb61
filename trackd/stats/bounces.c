#include "bounces.h"
#include "follow.h"
#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400, SINCE_S = 7 * DAY_S, ROWS_DEFAULT = 1000 };

static uint64_t
bad(const struct tally_row *r)
{
	return r->n[SHARE_HARD] + r->n[SHARE_SOFT] + r->n[SHARE_LATE] + r->n[SHARE_COMPLAINT];
}

/* The worst first, then by name. */
static int
by_worst(const void *a, const void *b)
{
	const struct tally_row *x = *(const struct tally_row *const *)a,
			       *y = *(const struct tally_row *const *)b;

	if (bad(x) != bad(y))
		return bad(x) < bad(y) ? 1 : -1;
	return span_cmp(tally_key(x), tally_key(y));
}

/* "12.5": of a hundred, with one decimal below 10 and two below 1. Empty: of nothing. */
static void
percent(uint64_t part, uint64_t whole, char out[24])
{
	double share = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

	if (whole == 0)
		out[0] = '\0';
	else
		snprintf(out, 24, "%.*f", share == 0 || share >= 10 ? 1 : 2, share);
}

/* Of what was given to servers: delivered and refused. A late bounce was delivered before. */
static uint64_t
tried(const uint64_t n[])
{
	return n[SHARE_DELIVERED] + n[SHARE_HARD] + n[SHARE_SOFT];
}

static void
row_put(struct control_call *call, const struct tally_row *r, const uint64_t whole[])
{
	char text[24];

	control_row(call);
	control_span(call, "name", r->key_n > 0 ? tally_key(r) : SPAN_LIT("(unknown)"));
	for (enum share s = 0; s < SHARE_KINDS; s++)
		control_num(call, share_name(s), r->n[s]);
	percent(r->n[SHARE_HARD] + r->n[SHARE_SOFT] + r->n[SHARE_LATE], tried(whole), text);
	control_str(call, "bounce_percent", text);
	percent(r->n[SHARE_COMPLAINT], whole[SHARE_DELIVERED], text);
	control_str(call, "complaint_percent", text);
	control_row_end(call);
}

static void
sum(void *ctx, const struct tally_row *r)
{
	uint64_t *n = ctx;

	for (enum share s = 0; s < SHARE_KINDS; s++)
		n[s] += r->n[s];
}

/* Nothing is delivered "of a category": its shares are of all that was tried. */
static void
rows_put(struct control_call *call, const struct tally *t, enum dimension by, uint32_t from_day)
{
	const struct tally_row **rows = tally_sorted(t, by_worst);
	uint64_t all[TALLY_NUMBERS] = { 0 };
	uint64_t limit = control_arg_num(call, "limit", ROWS_DEFAULT);
	struct tally tenants = { 0 };

	counters_shares(follow_counters(), BY_TENANT, from_day, &tenants);
	tally_each(&tenants, sum, all);
	for (size_t i = 0; i < t->rows_n && i < limit; i++)
		row_put(call, rows[i], by == BY_CATEGORY ? all : rows[i]->n);
	tally_free(&tenants);
	free((void *)rows);
}

void
bounces_verb(void *ctx, struct control_call *call)
{
	int by = dimension_of(control_arg(call, "by"));
	uint64_t since_s = control_arg_num(call, "since_s", SINCE_S), now_s = loop_wall_ms() / 1000;
	struct tally t = { 0 };
	uint32_t from_day;

	(void)ctx;
	if (by == -1) {
		control_error(
		    call, 2, "bounces are by provider, category, tenant, campaign, source or site");
		return;
	}
	follow_now();
	from_day = since_s > now_s ? 0 : (uint32_t)((now_s - since_s) / DAY_S);
	counters_shares(follow_counters(), (enum dimension)by, from_day, &t);
	rows_put(call, &t, (enum dimension)by, from_day);
	tally_free(&t);
	control_end(call);
}
