#include "policy.h"
#include "house_conf.h"
#include "envelope.h"
#include "idna.h"
#include "networks.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum own_kind { OWN_HOST, OWN_ACCEPT, OWN_BOUNCE };

/* A domain we have something to say about. */
struct own {
	struct span domain;
	enum own_kind kind;
	const struct tenant *tenant;
};

struct policy {
	struct arena *arena;
	struct tenant *tenants;
	size_t tenants_n;
	struct tenant **by_name;   /* sorted, without case */
	struct networks *networks; /* of all tenants, by their place in the list */
	struct own *own;           /* sorted by domain */
	size_t own_n;
	struct span postmaster;
	struct alias *aliases; /* sorted by name */
	size_t aliases_n;
	const struct conf_block *top;
	struct span *feedback; /* sorted addresses, lower case */
	size_t feedback_n;
};

struct alias {
	struct span name, address;
};

static struct span
lowered(struct arena *a, const char *s)
{
	return arena_lower(a, span_str(s));
}

static int
by_bytes(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

static int
by_domain(const void *a, const void *b)
{
	return span_cmp(((const struct own *)a)->domain, ((const struct own *)b)->domain);
}

static size_t
blocks_count(const struct conf *conf, const char *kind)
{
	size_t n = 0;

	for (const struct conf_block *b = conf_first(conf_top(conf), kind); b != NULL;
	     b = conf_next(b))
		n++;
	return n;
}

static void
tenant_read(struct policy *p, const struct conf_block *b, struct tenant *t)
{
	*t = (struct tenant){ .name = conf_name(b),
		.stream = conf_str(b, "stream"),
		.suppress_at_rcpt = conf_bool(b, "suppress-at-rcpt"),
		.ask_at_mail = span_is(span_str(conf_str(b, "when-paused")), "refuse"),
		.block = b,
		.domains_n = conf_count(b, "domain") };
	gate_read(b, &t->gate);
	for (size_t i = 0; i < conf_count(b, "track"); i++) {
		if (strcmp(conf_str_at(b, "track", i), "clicks") == 0)
			t->track_clicks = true;
		else if (strcmp(conf_str_at(b, "track", i), "text") == 0)
			t->track_text = true;
		else
			t->track_opens = true;
	}
	t->domains = arena_alloc(p->arena, sizeof(*t->domains) * t->domains_n);
	for (size_t i = 0; i < t->domains_n; i++)
		t->domains[i] = lowered(p->arena, conf_str_at(b, "domain", i));
	if (t->domains_n > 0)
		qsort(t->domains, t->domains_n, sizeof(*t->domains), by_bytes);
}

static void
own_add(struct policy *p, const char *domain, enum own_kind kind, const struct tenant *t)
{
	if (domain[0] != '\0')
		p->own[p->own_n++] = (struct own){ lowered(p->arena, domain), kind, t };
}

static void
feedback_add(struct policy *p, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "feedback-address"); i++)
		p->feedback[p->feedback_n++] =
		    lowered(p->arena, conf_str_at(b, "feedback-address", i));
}

static void
feedback_read(struct policy *p, const struct conf *conf)
{
	const struct conf_block *top = conf_top(conf);
	size_t n = conf_count(top, "feedback-address");

	for (const struct conf_block *b = conf_first(top, "tenant"); b != NULL; b = conf_next(b))
		n += conf_count(b, "feedback-address");
	p->feedback = arena_alloc(p->arena, sizeof(*p->feedback) * n);
	feedback_add(p, top);
	for (const struct conf_block *b = conf_first(top, "tenant"); b != NULL; b = conf_next(b))
		feedback_add(p, b);
	if (n > 0)
		qsort(p->feedback, n, sizeof(*p->feedback), by_bytes);
}

static int
by_alias(const void *a, const void *b)
{
	return span_cmp(((const struct alias *)a)->name, ((const struct alias *)b)->name);
}

static void
aliases_read(struct policy *p, const struct conf_block *top)
{
	size_t n = conf_count(top, "alias");
	struct span name, address;

	p->top = top;
	p->aliases = arena_alloc(p->arena, sizeof(*p->aliases) * (n + 1));
	for (size_t i = 0; i < n; i++)
		if (house_alias(top, i, &name, &address))
			p->aliases[p->aliases_n++] =
			    (struct alias){ arena_lower(p->arena, name), address };
	qsort(p->aliases, p->aliases_n, sizeof(*p->aliases), by_alias);
}

static struct span
postmaster_read(const struct conf *conf, struct arena *a)
{
	const struct conf_block *accept = conf_first(conf_top(conf), "accept");

	if (conf_is_set(conf_top(conf), "postmaster"))
		return span_str(conf_str(conf_top(conf), "postmaster"));
	if (accept == NULL)
		return span_of(NULL, 0);
	return span_str(arena_printf(a, "postmaster@%s", conf_name(accept)));
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp((*(struct tenant *const *)a)->name, (*(struct tenant *const *)b)->name);
}

static int
name_order(const void *name, const void *tenant)
{
	struct span want = *(const struct span *)name;
	const char *is = (*(struct tenant *const *)tenant)->name;
	int order = strncasecmp(want.p, is, want.n);

	return order != 0 ? order : is[want.n] == '\0' ? 0 : -1;
}

static struct tenant *
tenant_find(const struct policy *p, struct span name)
{
	struct tenant **t = p->tenants_n == 0 || name.n == 0
				? NULL
				: bsearch(&name, p->by_name, p->tenants_n, sizeof(*t), name_order);

	return t == NULL ? NULL : *t;
}

/* What a tenant is found by: its name, its networks. */
static void
tenants_index(struct policy *p)
{
	size_t networks = 0;

	p->by_name = arena_alloc(p->arena, sizeof(*p->by_name) * (p->tenants_n + 1));
	for (size_t i = 0; i < p->tenants_n; i++) {
		p->by_name[i] = &p->tenants[i];
		networks += conf_count(p->tenants[i].block, "allow");
	}
	qsort(p->by_name, p->tenants_n, sizeof(*p->by_name), by_name);
	p->networks = networks_new(p->arena, networks);
	for (size_t i = 0; i < p->tenants_n; i++)
		for (size_t k = 0; k < conf_count(p->tenants[i].block, "allow"); k++) {
			const struct conf_network *n =
			    conf_network_at(p->tenants[i].block, "allow", k);

			networks_add(p->networks, &n->ip, n->bits, i);
		}
	networks_ready(p->networks);
}

struct policy *
policy_new(const struct conf *conf)
{
	struct arena *arena = arena_new(0);
	struct policy *p = arena_alloc(arena, sizeof(*p));
	size_t tenants = blocks_count(conf, "tenant"), accepts = blocks_count(conf, "accept");

	p->arena = arena;
	p->tenants = arena_alloc(arena, sizeof(*p->tenants) * tenants);
	p->own = arena_alloc(arena, sizeof(*p->own) * (tenants + accepts + 1));
	for (const struct conf_block *b = conf_first(conf_top(conf), "tenant"); b != NULL;
	     b = conf_next(b)) {
		struct tenant *t = &p->tenants[p->tenants_n++];

		tenant_read(p, b, t);
		own_add(p, conf_str(b, "bounce-domain"), OWN_BOUNCE, t);
	}
	tenants_index(p);
	for (const struct conf_block *b = conf_first(conf_top(conf), "accept"); b != NULL;
	     b = conf_next(b))
		own_add(
		    p, conf_name(b), OWN_ACCEPT, policy_tenant(p, span_str(conf_str(b, "tenant"))));
	own_add(p, conf_str(conf_top(conf), "hostname"), OWN_HOST, NULL);
	p->postmaster = postmaster_read(conf, arena);
	aliases_read(p, conf_top(conf));
	qsort(p->own, p->own_n, sizeof(*p->own), by_domain);
	feedback_read(p, conf);
	return p;
}

void
policy_free(struct policy *p)
{
	arena_free(p->arena);
}

const struct tenant *
policy_tenant(const struct policy *p, struct span name)
{
	return tenant_find(p, name);
}

void
policy_signs_for(struct policy *p, struct span tenant, struct span domain)
{
	struct tenant *t = tenant_find(p, tenant);
	struct gate *g = t == NULL ? NULL : &t->gate;
	struct span *more;

	if (g == NULL)
		return;
	if ((g->signs_for_n & (g->signs_for_n - 1)) == 0) { /* 0, 1, 2, 4...: full */
		more = arena_alloc(p->arena, sizeof(*more) * (g->signs_for_n * 2 + 1));
		if (g->signs_for_n > 0)
			memcpy(more, g->signs_for, sizeof(*more) * g->signs_for_n);
		g->signs_for = more;
	}
	g->signs_for[g->signs_for_n++] = arena_lower(p->arena, domain);
}

void
policy_ready(struct policy *p)
{
	for (size_t i = 0; i < p->tenants_n; i++) {
		struct gate *g = &p->tenants[i].gate;

		if (g->signs_for_n > 0)
			qsort(g->signs_for, g->signs_for_n, sizeof(*g->signs_for), by_bytes);
	}
}

void
policy_tracking_url(struct policy *p, struct span tenant, struct span url)
{
	struct tenant *t = tenant_find(p, tenant);

	if (t != NULL)
		t->gate.tracking_url = arena_span(p->arena, url);
}

static bool
in_networks(const struct conf_block *b, const struct ip *client)
{
	for (size_t i = 0; i < conf_count(b, "allow"); i++)
		if (conf_network_has(conf_network_at(b, "allow", i), client))
			return true;
	return false;
}

const struct tenant *
policy_client(const struct policy *p, const struct listener_conf *l, const struct ip *client)
{
	size_t owner;

	if (client->family == AF_UNIX || in_networks(l->block, client))
		return policy_tenant(p, span_str(l->tenant));
	owner = networks_owner(p->networks, client);
	return owner == SIZE_MAX ? NULL : &p->tenants[owner];
}

static bool
is_one_of(const struct tenant *t, struct span domain)
{
	char low[256] = "";
	struct span want = span_of(low, domain.n);

	if (domain.n == 0 || domain.n > sizeof(low))
		return false;
	span_lower(low, domain);
	return t->domains_n > 0 &&
	       bsearch(&want, t->domains, t->domains_n, sizeof(*t->domains), by_bytes) != NULL;
}

/* In A-labels or U-labels. */
static bool
may_send_as(const struct tenant *t, struct span domain)
{
	struct arena *a;
	struct span ascii;
	bool may;

	if (!utf8_any_8bit(domain))
		return is_one_of(t, domain);
	a = arena_new(0);
	may = idna_ascii(domain, a, &ascii) == 0 && is_one_of(t, ascii);
	arena_free(a);
	return may;
}

bool
policy_sender_ok(const struct tenant *t, struct span address)
{
	ptrdiff_t at = span_find_last(address, '@');

	return address.n == 0 || (at >= 0 && may_send_as(t, span_from(address, (size_t)at + 1)));
}

/* Bytes of a quoted string or comment at the front of s, nested comments too; up to the end if it is not closed. */
static size_t
skipped(struct span s)
{
	char open = s.p[0];
	size_t depth = 1, i = 1;

	for (; i < s.n && depth > 0; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (open == '"')
			depth -= s.p[i] == '"';
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')')
			depth--;
	}
	return i < s.n ? i : s.n;
}

static bool
in_domain(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* Every "@" outside of quotes and comments must stand before such a domain, so that it holds for whatever reading of the
 * field a mail program takes. */
bool
policy_from_each(struct span value, bool (*is_such)(const void *ctx, struct span domain),
    const void *ctx, struct span *wrong)
{
	unsigned addresses = 0;

	*wrong = value;
	while (value.n > 0) {
		size_t n = 1;

		if (value.p[0] == '"' || value.p[0] == '(')
			n = skipped(value);
		else if (value.p[0] == '@') {
			while (n < value.n && in_domain(value.p[n]))
				n++;
			*wrong = span_from(span_first(value, n), 1);
			if (!is_such(ctx, *wrong))
				return false;
			addresses++;
		}
		value = span_from(value, n);
	}
	return addresses > 0;
}

bool
policy_may_send_as(const void *tenant, struct span domain)
{
	return may_send_as(tenant, domain);
}

/* The first of the entries of that domain; *n how many there are. */
static const struct own *
own_find(const struct policy *p, struct span domain, size_t *n)
{
	size_t lo = 0, hi = p->own_n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (span_cmp(p->own[mid].domain, domain) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < p->own_n && span_eq(p->own[lo + *n].domain, domain);)
		(*n)++;
	return &p->own[lo];
}

static bool
is_feedback(const struct policy *p, struct span local, struct span domain)
{
	char low[ADDRESS_MAX] = "";
	struct span want = span_of(low, local.n + 1 + domain.n);

	if (p->feedback_n == 0 || want.n > sizeof(low))
		return false;
	span_lower(low, local);
	low[local.n] = '@';
	if (domain.n > 0)
		memcpy(low + local.n + 1, domain.p, domain.n);
	return bsearch(&want, p->feedback, p->feedback_n, sizeof(want), by_bytes) != NULL;
}

/* "user%there", "there!user", "user@there" as a local part: some servers behind us send that on, to wherever it says. */
static bool
names_host(struct span local)
{
	return span_find(local, '%') >= 0 || span_find(local, '!') >= 0 ||
	       span_find(local, '@') >= 0;
}

static struct span
alias_of(const struct policy *p, struct span local)
{
	char name[64]; /* RFC 5321 4.5.3.1.1: no local part is longer */
	struct alias want = { .name = { name, local.n } };
	const struct alias *found;

	if (local.n > sizeof(name) || p->aliases_n == 0)
		return span_of(NULL, 0);
	span_lower(name, local);
	found = bsearch(&want, p->aliases, p->aliases_n, sizeof(want), by_alias);
	return found == NULL ? span_of(NULL, 0) : found->address;
}

struct span
policy_postmaster(const struct policy *p, struct span local)
{
	struct span alias = alias_of(p, local);

	return alias.n > 0 ? alias : p->postmaster;
}

struct span
policy_alias(const struct policy *p, struct span local, struct span domain)
{
	return house_alias_domain(p->top, domain) ? alias_of(p, local) : span_of(NULL, 0);
}

struct rcpt_decision
policy_rcpt(
    const struct policy *p, const struct tenant *sender, struct span local, struct span domain)
{
	bool postmaster = span_is_nocase(local, "postmaster") || span_is_nocase(local, "abuse");
	struct rcpt_decision d = { RCPT_DENIED, NULL };
	size_t n;
	const struct own *own = own_find(p, domain, &n);

	if (domain.n == 0)
		return (struct rcpt_decision){ RCPT_POSTMASTER, NULL };
	if (is_feedback(p, local, domain))
		return (struct rcpt_decision){ RCPT_FEEDBACK, NULL };
	for (size_t i = 0; i < n; i++) {
		if (own[i].kind == OWN_ACCEPT)
			d = (struct rcpt_decision){ RCPT_ACCEPT, own[i].tenant };
		else if (postmaster && d.way != RCPT_ACCEPT)
			d = (struct rcpt_decision){ RCPT_POSTMASTER, NULL };
		else if (!postmaster && own[i].kind == OWN_BOUNCE)
			return (struct rcpt_decision){ RCPT_BOUNCE, own[i].tenant };
	}
	if (d.way == RCPT_POSTMASTER)
		return d;
	if (sender != NULL)
		return (struct rcpt_decision){ RCPT_RELAY, NULL };
	if (d.way == RCPT_ACCEPT && names_host(local))
		d.way = RCPT_ROUTED;
	return d;
}
