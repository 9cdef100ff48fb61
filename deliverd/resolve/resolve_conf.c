#include "resolve_conf.h"
#include "house_conf.h"
#include "role_kind.h"

#include <string.h>

static const struct conf_setting settings[] = {
	{ .name = "server",
	    .type = CONF_STRING,
	    .list = true,
	    .help =
		"Name servers that are asked: an address, with @PORT where it is not 53. Without "
		"any those of /etc/resolv.conf, and without that file the root servers. Names in "
		"test, invalid, localhost and home.arpa are not there on the Internet and are "
		"asked of nobody (RFC 6761, 8375), so mail for them bounces at once; a server on "
		"loopback or in a private network, such as a lab's, is asked about these too." },
	{ .name = "allow-private",
	    .type = CONF_NETWORK,
	    .list = true,
	    .help = "Loopback and private networks mail may be sent to when DNS says so." },
	{ .name = "own-name",
	    .type = CONF_DOMAIN,
	    .list = true,
	    .help = "Further names of this relay, beside hostname: an MX of that name is a loop." },
	{ .name = "timeout",
	    .type = CONF_DURATION,
	    .def = "10s",
	    .min = 1,
	    .max = 300,
	    .help = "Time to find where a domain's mail goes; beyond it the mail waits." },
	{ .name = "trust-anchor",
	    .type = CONF_PATH,
	    .help =
		"File with the root's DNSSEC key; with it answers are validated, and bogus ones "
		"make mail wait." },
	{ .name = NULL },
};

/* "192.0.2.53", "192.0.2.53@5353", "::1@53": what libunbound takes. */
static bool
server_ok(struct span s)
{
	struct span port, host = span_cut(s, '@', &port);
	struct ip a;
	uint64_t number = 53;

	if (host.n < s.n && span_u64(port, 65535, &number) == -1)
		return false;
	return ip_read(host, &a) == 0 && number > 0;
}

static void
check(struct conf *conf, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "server"); i++)
		if (!server_ok(span_str(conf_str_at(b, "server", i))))
			conf_complain(conf, b, "server", "\"%s\" is no ADDRESS or ADDRESS@PORT",
			    conf_str_at(b, "server", i));
	if (conf_count(b, "server") > 16)
		conf_complain(conf, b, "server", "more than 16 name servers");
}

const struct conf_table resolver_table = {
	.name = "resolver",
	.single = true,
	.help = "How it is found out where a domain's mail goes.",
	.settings = settings,
	.check = check,
	.roles = ROLE_BIT(ROLE_RESOLVE),
};

static const struct conf_table *const blocks[] = { &resolver_table, NULL };

const struct conf_table resolve_table = { .settings = house_settings, .blocks = blocks };

/* A configuration without the block has its defaults: an empty one, kept as long as the process. */
static const struct conf_block *
block_of(const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "resolver");

	if (b == NULL)
		b = conf_first(conf_top(conf_read_text(
				   &resolve_table, "defaults", SPAN_LIT("resolver {\n}\n"))),
		    "resolver");
	return b;
}

void
resolver_read(const struct conf *conf, struct resolver_conf *r, struct arena *arena)
{
	const struct conf_block *top = conf_top(conf), *b = block_of(conf);

	*r = (struct resolver_conf){ .block = b, .timeout_ms = conf_num(b, "timeout") * 1000 };
	r->dns.resolv_conf = "/etc/resolv.conf";
	for (size_t i = 0; i < conf_count(b, "server") && i < 16; i++)
		r->dns.servers[r->dns.servers_n++] =
		    arena_strdup(arena, conf_str_at(b, "server", i));
	if (conf_is_set(b, "trust-anchor"))
		r->dns.trust_anchor = conf_str(b, "trust-anchor");
	r->own = arena_alloc(arena, (conf_count(b, "own-name") + 1) * sizeof(*r->own));
	r->own[r->own_n++] = span_str(conf_str(top, "hostname"));
	for (size_t i = 0; i < conf_count(b, "own-name"); i++)
		r->own[r->own_n++] = span_str(conf_str_at(b, "own-name", i));
}

/* "192.0.2.53@53": that of a lab, or of the house. */
static bool
is_private(const char *server)
{
	struct span port;
	struct ip a;

	return ip_read(span_cut(span_str(server), '@', &port), &a) == 0 && !ip_is_public(&a);
}

const char *const *
resolver_zones_asked(const struct dns_conf *d)
{
	static const char *const none[] = { NULL };
	static const char *const zones[] = { "test.", "invalid.", "localhost.", "home.arpa.",
		"127.in-addr.arpa.", NULL };

	for (unsigned i = 0; i < d->servers_n; i++)
		if (is_private(d->servers[i]))
			return zones;
	return none;
}

bool
resolver_allows(const struct resolver_conf *r, const struct ip *a)
{
	if (ip_is_public(a))
		return true;
	for (size_t i = 0; i < conf_count(r->block, "allow-private"); i++)
		if (conf_network_has(conf_network_at(r->block, "allow-private", i), a))
			return true;
	return false;
}
