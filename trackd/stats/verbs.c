#include "verbs.h"
#include "bounces.h"
#include "control.h"
#include "follow.h"
#include "forget.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

/* ---- stats ---- */

struct asked {
	struct control_call *call;
	struct span tenant, campaign;
	bool by_campaign;
	char last[256]; /* tenant whose row is being summed */
	uint64_t sum[COUNT_KINDS];
	bool any;
};

/* "12.5": of a hundred delivered, one decimal. Of none: left out. */
static void
percent_put(struct asked *a, const char *key, uint64_t part, uint64_t whole)
{
	char text[32];

	if (whole == 0)
		return;
	snprintf(text, sizeof(text), "%.1f", 100.0 * (double)part / (double)whole);
	control_str(a->call, key, text);
}

/* What is left when machines, and those nobody can tell, are taken away: persons for sure. */
static void
persons_put(struct asked *a, const uint64_t n[COUNT_KINDS])
{
	uint64_t opens = n[COUNT_OPENED] - n[COUNT_OPENED_MACHINE] - n[COUNT_OPENED_UNSURE];
	uint64_t clicks = n[COUNT_CLICKED] - n[COUNT_CLICKED_MACHINE] - n[COUNT_CLICKED_UNSURE];

	control_num(a->call, "opened_person", opens);
	control_num(a->call, "clicked_person", clicks);
	percent_put(a, "open_percent", n[COUNT_OPENED], n[COUNT_DELIVERED]);
	percent_put(a, "open_person_percent", opens, n[COUNT_DELIVERED]);
	percent_put(a, "click_percent", n[COUNT_CLICKED], n[COUNT_DELIVERED]);
	percent_put(a, "click_person_percent", clicks, n[COUNT_DELIVERED]);
}

static void
row_put(struct asked *a, struct span tenant, struct span campaign, const uint64_t n[COUNT_KINDS])
{
	control_row(a->call);
	control_span(a->call, "tenant", tenant);
	if (a->by_campaign)
		control_span(a->call, "campaign", campaign);
	for (enum count c = 0; c < COUNT_KINDS; c++)
		control_num(a->call, count_name(c), n[c]);
	persons_put(a, n);
	control_row_end(a->call);
}

static void
tenant_flush(struct asked *a)
{
	if (a->any)
		row_put(a, span_str(a->last), span_of(NULL, 0), a->sum);
	memset(a->sum, 0, sizeof(a->sum));
	a->any = false;
}

static void
on_row(void *ctx, struct span tenant, struct span campaign, const uint64_t n[COUNT_KINDS])
{
	struct asked *a = ctx;

	if ((a->tenant.n > 0 && !span_eq(a->tenant, tenant)) ||
	    (a->campaign.n > 0 && !span_eq(a->campaign, campaign)))
		return;
	if (a->by_campaign) {
		row_put(a, tenant, campaign, n);
		return;
	}
	tenant = span_first(tenant, sizeof(a->last) - 1);
	if (a->any && !span_is(tenant, a->last))
		tenant_flush(a);
	a->any = true;
	if (tenant.n > 0)
		memcpy(a->last, tenant.p, tenant.n);
	a->last[tenant.n] = '\0';
	for (enum count c = 0; c < COUNT_KINDS; c++)
		a->sum[c] += n[c];
}

static void
stats(void *ctx, struct control_call *call)
{
	struct asked a = { .call = call,
		.tenant = control_arg(call, "tenant"),
		.campaign = control_arg(call, "campaign"),
		.by_campaign = span_is(control_arg(call, "by"), "campaign") };

	(void)ctx;
	follow_now();
	counters_each(follow_counters(), on_row, &a);
	tenant_flush(&a);
	control_end(call);
}

static const struct control_verb verbs[] = {
	{ "stats", false, stats },
	{ "trace", false, trace_verb },
	{ "bounces", false, bounces_verb },
	{ "forget", true, forget_verb },
	{ NULL, false, NULL },
};

void
verbs_serve(struct role *role)
{
	control_serve(role, verbs, NULL);
}
