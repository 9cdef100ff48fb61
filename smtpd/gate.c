#include "gate.h"
#include "house_conf.h"
#include "policy.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 80, DOMAIN_BYTES = 255 };

void
gate_read(const struct conf_block *tenant, struct gate *g)
{
	struct span mode = span_str(conf_str(tenant, "gate"));

	*g = (struct gate){ .mode = span_is(mode, "refuse") ? GATE_REFUSE
				    : span_is(mode, "warn") ? GATE_WARN
							    : GATE_OFF,
		.recipients = conf_num(tenant, "gate-recipients"),
		.tenant = conf_name(tenant),
		.block = tenant };
}

bool
gate_is_bulk(const struct gate *g, const struct header_facts *h, uint32_t recipients)
{
	return h->campaign.n > 0 || h->is_list || h->unsubscribe_n > 0 ||
	       recipients >= g->recipients;
}

static int
by_bytes(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

/* A key of a domain above signs too (signer.h). */
static bool
signs_for(const void *ctx, struct span domain)
{
	const struct gate *g = ctx;

	char low[DOMAIN_BYTES] = "";

	if (domain.n > sizeof(low) || g->signs_for_n == 0)
		return false;
	span_lower(low, domain);
	domain = span_of(low, domain.n);
	for (; domain.n > 0; (void)span_cut(domain, '.', &domain))
		if (bsearch(&domain, g->signs_for, g->signs_for_n, sizeof(domain), by_bytes) !=
		    NULL)
			return true;
	return false;
}

static void and (struct buf * out)
{
	if (out->n > 0)
		buf_str(out, "; ");
}

static void
signature_lacks(const struct gate *g, const struct header_facts *h, struct buf *out)
{
	struct span domain;

	if (!conf_bool(g->block, "sign")) {
		and(out);
		buf_str(out, "a DKIM signature (set sign yes)");
	}
	if (h->from_n == 0) {
		and(out);
		buf_str(out, "a From field");
	} else if (!policy_from_each(h->from, signs_for, g, &domain)) {
		domain = span_first(span_trim(domain), SHOWN_BYTES);
		and(out);
		buf_printf(out,
		    "a DKIM key of the domain in From (posthouse dkim new %s %.*s, publish, "
		    "dkim activate)",
		    g->tenant, SPAN(domain));
	}
}

/* Does a header rule of the tenant name that field? */
static bool
has_rule(const struct gate *g, const char *rule, const char *field)
{
	struct span value;

	for (size_t i = 0; i < conf_count(g->block, rule); i++)
		if (span_is_nocase(
			span_trim(span_cut(span_str(conf_str_at(g->block, rule, i)), ':', &value)),
			field))
			return true;
	return false;
}

static bool
has_unsubscribe_rule(const struct gate *g, const char *rule)
{
	return has_rule(g, rule, "List-Unsubscribe") || has_rule(g, rule, "List-Unsubscribe-Post");
}

/* What trackd-rewrite would add: only where neither the author nor a rule wrote one of both fields. */
static bool
gets_ours(const struct gate *g, const struct header_facts *h)
{
	return h->unsubscribe_n == 0 && h->unsubscribe_post_n == 0 &&
	       !has_unsubscribe_rule(g, "header-add") &&
	       span_starts_nocase(g->tracking_url, "https://") &&
	       unsubscribe_is_wanted(unsubscribe_links(g->block), h->campaign);
}

static void
unsubscribe_lacks(const struct gate *g, const struct header_facts *h, struct buf *out)
{
	bool authors = h->unsubscribe_n == 1 && h->unsubscribe_post_n == 1 &&
		       h->unsubscribe_https && h->unsubscribe_one_click;

	if (has_unsubscribe_rule(g, "header-drop")) {
		and(out);
		buf_str(out, "one-click unsubscribe (header-drop takes its fields away)");
	} else if (!authors && !gets_ours(g, h)) {
		and(out);
		buf_str(out, "one-click unsubscribe (write List-Unsubscribe with https: and "
			     "List-Unsubscribe-Post, or neither, with unsubscribe always and a "
			     "tracking-url of https:)");
	}
}

bool
gate_lacks(const struct gate *g, const struct header_facts *h, struct buf *out)
{
	size_t before = out->n;

	signature_lacks(g, h, out);
	unsubscribe_lacks(g, h, out);
	return out->n > before;
}
