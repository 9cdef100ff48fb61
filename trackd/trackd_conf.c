#include "trackd_conf.h"
#include "house_conf.h"

static const struct conf_setting tracking_settings[] = {
	{ .name = "listen",
	    .type = CONF_ADDRESS,
	    .list = true,
	    .help = "Where trackd-web answers tracking links over plain HTTP; a proxy in front "
		    "speaks TLS." },
	{ .name = "url",
	    .type = CONF_STRING,
	    .help = "Address the rewritten links begin with, as https://t.example.com/, which the "
		    "proxy passes to listen." },
	{ .name = "trusted-proxy",
	    .type = CONF_NETWORK,
	    .list = true,
	    .help = "Networks of proxies in front of trackd-web: their Forwarded or "
		    "X-Forwarded-For says whose "
		    "request it is." },
	{ .name = "exclude",
	    .type = CONF_DOMAIN,
	    .list = true,
	    .help = "Hosts whose links are left alone, with everything below them." },
	{ .name = "visitors",
	    .type = CONF_PATH,
	    .help = "File of rules that say which visits are a machine's, "
		    "posthouse-visitors(5); the shipped ones where unset." },
	{ .name = "valid",
	    .type = CONF_DURATION,
	    .def = "730d",
	    .min = 3600,
	    .help = "Age beyond which a link is answered 410." },
	{ .name = NULL },
};

static void
url_check(struct conf *conf, const struct conf_block *b)
{
	struct span url = span_str(conf_str(b, "url"));

	if (url.n > 0 && !span_starts_nocase(url, "http://") &&
	    !span_starts_nocase(url, "https://"))
		conf_complain(
		    conf, b, "url", "\"%.*s\" begins with neither http:// nor https://", SPAN(url));
	else if (url.n > 0 && url.p[url.n - 1] != '/')
		conf_complain(conf, b, "url", "\"%.*s\" does not end with /", SPAN(url));
}

static const struct conf_table tracking_table = {
	.name = "tracking",
	.single = true,
	.help = "Where opens and clicks are counted.",
	.settings = tracking_settings,
	.check = url_check,
};

static const struct conf_setting stats_settings[] = {
	{ .name = "index-size",
	    .type = CONF_SIZE,
	    .def = "4G",
	    .min = 16 << 20,
	    .restart = true,
	    .help = "About the most bytes on disk for the index of deliveries that reports are "
		    "tied to; "
		    "beyond it the oldest hours go." },
	{ .name = NULL },
};

static const struct conf_table stats_block = {
	.name = "stats",
	.single = true,
	.help = "What trackd-stats keeps.",
	.settings = stats_settings,
};

static const struct conf_table *const blocks[] = { &tenant_table, &tracking_table, NULL };

const struct conf_table rewrite_table = { .settings = house_settings, .blocks = blocks };
const struct conf_table web_table = { .settings = house_settings, .blocks = blocks };
static const struct conf_table *const stats_blocks[] = { &stats_block, NULL };
const struct conf_table stats_table = { .settings = house_settings, .blocks = stats_blocks };

uint64_t
stats_index_bytes(const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "stats");

	return b == NULL ? (uint64_t)4 << 30 : conf_num(b, "index-size");
}

const char *
tracking_base(const struct conf *conf, const struct conf_block *tenant)
{
	const struct conf_block *tracking = conf_first(conf_top(conf), "tracking");

	if (tenant != NULL && conf_is_set(tenant, "tracking-url"))
		return conf_str(tenant, "tracking-url");
	return tracking == NULL ? "" : conf_str(tracking, "url");
}
