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
	    .help =
		"Networks of proxies in front of trackd-web: what they write says whose "
		"request it is. Their connections are not counted by network. Whoever comes over "
		"a Unix socket is one." },
	{ .name = "proxy-field",
	    .type = CONF_CHOICE,
	    .choices = "either forwarded x-forwarded-for",
	    .def = "either",
	    .help = "The header field in which these proxies name the client. With either, "
		    "X-Forwarded-For counts where both are there." },
	{ .name = "proxy-protocol",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help = "Each connection begins with a header of the PROXY protocol, version 1 or 2. "
		    "From addresses outside trusted-proxy, or without one, it is refused." },
	{ .name = "exclude",
	    .type = CONF_DOMAIN,
	    .list = true,
	    .help = "Hosts whose links are left alone, with everything below them, however a link "
		    "spells the name." },
	{ .name = "visitors",
	    .type = CONF_PATH,
	    .help = "File of rules that say which visits are a machine's, "
		    "posthouse-visitors(5); the shipped ones where unset." },
	{ .name = "rewrite-time",
	    .type = CONF_DURATION,
	    .def = "3s",
	    .min = 1,
	    .max = 30,
	    .help = "Processor time for finding and rewriting the links of one message. One that "
		    "takes longer goes out without tracking, signed as ever, and an event says "
		    "so." },
	{ .name = "valid",
	    .type = CONF_DURATION,
	    .def = "730d",
	    .min = 3600,
	    .help = "Age beyond which a link is answered 410." },
	{ .name = "connections",
	    .type = CONF_NUMBER,
	    .def = "20000",
	    .min = 16,
	    .max = 500000,
	    .help = "Connections at once. Beyond it one is answered 503 and closed." },
	{ .name = "buffers",
	    .type = CONF_SIZE,
	    .def = "64M",
	    .min = 1 << 20,
	    .help = "Memory for requests that came in part. Beyond it one that needs more than 4 "
		    "kilobytes is answered 503." },
	{ .name = "network-connections",
	    .type = CONF_NUMBER,
	    .def = "2000",
	    .help = "Connections at once from one network; beyond it 503. 0: no limit." },
	{ .name = "network-rate",
	    .type = CONF_RATE,
	    .def = "1000/s",
	    .help = "Requests from one network in the long run; beyond it 429. The mailbox "
		    "providers' proxies ask for many readers from few networks." },
	{ .name = "network-burst",
	    .type = CONF_NUMBER,
	    .def = "20000",
	    .min = 1,
	    .max = 1000000000,
	    .help = "Requests a quiet network may make at once before network-rate holds it." },
	{ .name = "network-ipv4",
	    .type = CONF_NUMBER,
	    .def = "24",
	    .min = 8,
	    .max = 32,
	    .help = "Bits of an IPv4 address that name its network." },
	{ .name = "network-ipv6",
	    .type = CONF_NUMBER,
	    .def = "64",
	    .min = 16,
	    .max = 64,
	    .help = "Bits of an IPv6 address that name its network." },
	{ .name = "exempt",
	    .type = CONF_NETWORK,
	    .list = true,
	    .def = "127.0.0.0/8 ::1",
	    .help = "Clients that are counted by no network." },
	{ .name = "head-timeout",
	    .type = CONF_DURATION,
	    .def = "10s",
	    .min = 1,
	    .max = 3600,
	    .help = "Time from a connection's or request's first byte to the end of the request's "
		    "head; beyond it 408." },
	{ .name = "body-timeout",
	    .type = CONF_DURATION,
	    .def = "10s",
	    .min = 1,
	    .max = 3600,
	    .help = "Time for the whole body of a request; beyond it 408." },
	{ .name = "idle-timeout",
	    .type = CONF_DURATION,
	    .def = "15s",
	    .min = 1,
	    .max = 3600,
	    .help = "Time a connection is kept without a request." },
	{ .name = "answer-timeout",
	    .type = CONF_DURATION,
	    .def = "15s",
	    .min = 1,
	    .max = 3600,
	    .help = "Time for a client to take all of an answer; beyond it the connection is "
		    "closed." },
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

static bool
listens_at_unix(const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "listen"); i++)
		if (conf_address_at(b, "listen", i)->addr.ss_family == AF_UNIX)
			return true;
	return false;
}

static void
tracking_check(struct conf *conf, const struct conf_block *b)
{
	url_check(conf, b);
	if (conf_bool(b, "proxy-protocol") && conf_count(b, "trusted-proxy") == 0 &&
	    !listens_at_unix(b))
		conf_complain(conf, b, "proxy-protocol",
		    "every connection would be refused\nname the proxies with trusted-proxy");
}

static const struct conf_table tracking_table = {
	.name = "tracking",
	.single = true,
	.help = "Where opens and clicks are counted.",
	.settings = tracking_settings,
	.check = tracking_check,
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
	{ .name = "index-age",
	    .type = CONF_DURATION,
	    .def = "60d",
	    .min = 86400,
	    .max = 100 * 86400,
	    .restart = true,
	    .help = "How long the index knows a delivery, from the acceptance of its mail: no "
		    "shorter than bounce-valid of the block queue and the longest expire of a "
		    "stream together." },
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

uint64_t
stats_index_age_s(const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "stats");

	return b == NULL ? (uint64_t)60 * 86400 : conf_num(b, "index-age");
}

uint64_t
rewrite_time_ms(const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "tracking");

	return 1000 * (b == NULL ? 3 : conf_num(b, "rewrite-time"));
}

const char *
tracking_base(const struct conf *conf, const struct conf_block *tenant)
{
	const struct conf_block *tracking = conf_first(conf_top(conf), "tracking");

	if (tenant != NULL && conf_is_set(tenant, "tracking-url"))
		return conf_str(tenant, "tracking-url");
	return tracking == NULL ? "" : conf_str(tracking, "url");
}
