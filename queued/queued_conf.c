#include "queued_conf.h"
#include "house_conf.h"
#include "role_kind.h"

#include <stdlib.h>

#include "err.h"

enum { PORT_SMTP = 25, PORT_MAX = 65535 };

static const struct conf_setting queue_settings[] = {
	{ .name = "segment-size",
	    .type = CONF_SIZE,
	    .def = "64M",
	    .min = 1 << 20,
	    .max = 1 << 30,
	    .restart = true,
	    .help = "Bytes of one journal segment." },
	{ .name = "segments",
	    .type = CONF_NUMBER,
	    .def = "6",
	    .min = 3,
	    .max = 64,
	    .restart = true,
	    .help = "Journal segments that are kept ready." },
	{ .name = "memory",
	    .type = CONF_NUMBER,
	    .def = "20000",
	    .min = 100,
	    .max = 10000000,
	    .help = "Messages held in memory; those beyond wait as files and index records until "
		    "they are due." },
	{ .name = "return-size",
	    .type = CONF_SIZE,
	    .def = "50K",
	    .max = 512 * 1024,
	    .help = "Bytes of a message that a bounce message returns whole where the sender asks "
		    "for it "
		    "(RET=FULL); of a larger one the header." },
	{ .name = "bounce-valid",
	    .type = CONF_DURATION,
	    .def = "30d",
	    .min = 3600,
	    .max = 60 * 86400,
	    .help = "How long a signed bounce address is good, from the attempt it was made for. "
		    "With the longest expire of a stream no longer than index-age of the block "
		    "stats, which knows the deliveries that reports are about." },
	{ .name = "outside-bounce-rate",
	    .type = CONF_RATE,
	    .def = "10/min",
	    .help =
		"Bounce messages for mail that strangers sent: their sender may be forged. What is "
		"beyond is not sent; each holds the header alone." },
	{ .name = "session-idle",
	    .type = CONF_DURATION,
	    .def = "5s",
	    .min = 0,
	    .max = 300,
	    .help = "How long a connection stays open for mail that may come." },
	{ .name = NULL },
};

static const struct conf_setting stream_settings[] = {
	{ .name = "retry-first",
	    .type = CONF_DURATION,
	    .def = "2m",
	    .min = 1,
	    .max = 86400,
	    .help = "Wait after the first failed attempt; it doubles with each further one." },
	{ .name = "retry-most",
	    .type = CONF_DURATION,
	    .def = "6h",
	    .min = 1,
	    .max = 604800,
	    .help = "Longest wait between two attempts." },
	{ .name = "expire",
	    .type = CONF_DURATION,
	    .def = "3d",
	    .min = 1,
	    .max = 2592000,
	    .help = "Age at which a message is given up." },
	{ .name = "delay-notice",
	    .type = CONF_DURATION,
	    .def = "4h",
	    .max = 2592000,
	    .help = "Age at which the sender is told, once for each recipient, that an attempt "
		    "failed and the "
		    "mail still waits (NOTIFY=DELAY, or none given); 0: never." },
	{ .name = "priority",
	    .type = CONF_CHOICE,
	    .def = "normal",
	    .choices = "high normal low",
	    .help = "What goes first within a tenant." },
	{ .name = NULL },
};

static const struct conf_setting source_settings[] = {
	{ .name = "address",
	    .type = CONF_STRING,
	    .help =
		"Local address that connections are made from; the kernel chooses where unset." },
	{ .name = "ehlo",
	    .type = CONF_DOMAIN,
	    .help = "Name given in EHLO; hostname where unset." },
	{ .name = NULL },
};

static const struct conf_setting route_settings[] = {
	{ .name = "to",
	    .type = CONF_STRING,
	    .list = true,
	    .required = true,
	    .help = "HOST:PORT, tried in this order; port 25 where none is given. Of a name the A "
		    "and AAAA "
		    "records count, never its MX. A name that cannot be found makes mail wait." },
	{ .name = "tls",
	    .type = CONF_CHOICE,
	    .def = "opportunistic",
	    .choices = "none opportunistic required verified",
	    .help =
		"Whether STARTTLS is used, needed, and the certificate checked. With a login the "
		"default is verified, but for hosts on loopback." },
	{ .name = "implicit-tls",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help = "TLS from the first byte, as on port 465." },
	{ .name = "login", .type = CONF_STRING, .help = "Login for AUTH." },
	{ .name = "password", .type = CONF_SECRET, .help = "Its password." },
	{ .name = "login-unverified",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help = "Send the password although tls does not check who the server is." },
	{ .name = NULL },
};

static const struct conf_setting site_settings[] = {
	{ .name = "mx",
	    .type = CONF_GLOB,
	    .list = true,
	    .help = "Domains one of whose MX hosts matches." },
	{ .name = "domain",
	    .type = CONF_GLOB,
	    .list = true,
	    .help = "Recipient domains that match." },
	{ .name = "connections",
	    .type = CONF_NUMBER,
	    .min = 1,
	    .max = 10000,
	    .help = "Connections at once from one source. Built in: 20." },
	{ .name = "connection-rate",
	    .type = CONF_RATE,
	    .help = "New connections. Built in: no limit." },
	{ .name = "messages-per-connection",
	    .type = CONF_NUMBER,
	    .min = 1,
	    .max = 1000000,
	    .help = "Messages after which a connection is closed. Built in: 1000." },
	{ .name = "message-rate",
	    .type = CONF_RATE,
	    .help = "Messages from one source. Built in: no limit." },
	{ .name = "recipients",
	    .type = CONF_NUMBER,
	    .min = 1,
	    .max = DELIVER_RCPTS_MAX,
	    .help = "Recipients a transaction. Built in: 100." },
	{ .name = NULL },
};

/* "host", "host:port", "[2001:db8::1]:port". -1: neither. */
static int
host_parse(struct span s, struct route_host *h)
{
	struct span host = s, port = { 0 };
	uint64_t n = PORT_SMTP;
	ptrdiff_t colon = span_find_last(s, ':');

	if (s.n > 0 && s.p[0] == '[') {
		ptrdiff_t end = span_find(s, ']');

		if (end < 0 || (end + 1 < (ptrdiff_t)s.n && s.p[end + 1] != ':'))
			return -1;
		host = span_of(s.p + 1, (size_t)end - 1);
		port = span_from(s, (size_t)end + 2);
	} else if (colon >= 0) {
		host = span_first(s, (size_t)colon);
		port = span_from(s, (size_t)colon + 1);
		if (port.n == 0)
			return -1;
	}
	if (host.n == 0 || host.n > 255 ||
	    (port.n > 0 && (span_u64(port, PORT_MAX, &n) == -1 || n == 0)))
		return -1;
	h->name = host;
	h->port = (uint16_t)n;
	return 0;
}

static bool
is_address(struct span s)
{
	struct ip ip;

	return ip_read(s, &ip) == 0;
}

static enum tls_policy
tls_of(struct span word)
{
	return span_is(word, "none")       ? TLS_NONE
	       : span_is(word, "required") ? TLS_REQUIRED
	       : span_is(word, "verified") ? TLS_VERIFIED
					   : TLS_OPPORTUNISTIC;
}

static bool
is_loopback(const struct route_host *h)
{
	struct ip ip;

	return ip_read(h->name, &ip) == 0 && ip_is_loopback(&ip);
}

static bool
is_on_loopback(const struct conf_block *route)
{
	struct route_host h;

	for (size_t i = 0; i < conf_count(route, "to"); i++)
		if (host_parse(span_str(conf_str_at(route, "to", i)), &h) == -1 || !is_loopback(&h))
			return false;
	return true;
}

/* A password is for one server alone, so where nothing else is said that server must show who it is. */
static enum tls_policy
route_tls(const struct conf_block *b)
{
	if (conf_is_set(b, "login") && !conf_is_set(b, "tls") && !is_on_loopback(b) &&
	    !conf_bool(b, "login-unverified"))
		return TLS_VERIFIED;
	return tls_of(span_str(conf_str(b, "tls")));
}

static void
route_check(struct conf *c, const struct conf_block *b)
{
	struct route_host h;

	for (size_t i = 0; i < conf_count(b, "to"); i++)
		if (host_parse(span_str(conf_str_at(b, "to", i)), &h) == -1)
			conf_complain(
			    c, b, "to", "\"%s\" is no HOST:PORT", conf_str_at(b, "to", i));
	if (conf_count(b, "to") > DELIVER_HOSTS_MAX)
		conf_complain(c, b, "to", "more than %d hosts", DELIVER_HOSTS_MAX);
	if (conf_is_set(b, "login") != conf_is_set(b, "password"))
		conf_complain(c, b, "login", "login and password come together");
	if (conf_is_set(b, "login") && route_tls(b) != TLS_VERIFIED && !is_on_loopback(b) &&
	    !conf_bool(b, "login-unverified"))
		conf_complain(c, b, "tls",
		    "with tls %s the password goes to whoever answers\nset tls verified, or "
		    "login-unverified yes",
		    conf_str(b, "tls"));
}

static void
source_check(struct conf *c, const struct conf_block *b)
{
	if (conf_is_set(b, "address") && !is_address(span_str(conf_str(b, "address"))))
		conf_complain(c, b, "address", "\"%s\" is no address", conf_str(b, "address"));
}

static void
stream_check(struct conf *c, const struct conf_block *b)
{
	if (conf_num(b, "retry-first") > conf_num(b, "retry-most"))
		conf_complain(c, b, "retry-most", "retry-most is shorter than retry-first");
}

static const struct conf_table queue_table = { .name = "queue",
	.single = true,
	.help = "The queue on disk and in memory.",
	.settings = queue_settings,
	.roles = ROLE_BIT(ROLE_QUEUED) };
static const struct conf_table stream_table = { .name = "stream",
	.named = true,
	.help = "A kind of mail: how long and how often it is tried.",
	.settings = stream_settings,
	.check = stream_check,
	.roles = ROLE_BIT(ROLE_QUEUED) };
static const struct conf_table source_table = { .name = "source",
	.named = true,
	.help = "An address mail goes out from.",
	.settings = source_settings,
	.check = source_check,
	.roles = ROLE_BIT(ROLE_QUEUED) };
static const struct conf_table route_table = { .name = "route",
	.named = true,
	.help = "Where mail for a domain goes instead of its MX: a domain, *.domain or *.",
	.settings = route_settings,
	.check = route_check,
	.roles = ROLE_BIT(ROLE_QUEUED) };
static const struct conf_table site_table = { .name = "site",
	.named = true,
	.help = "Limits of a destination: of a provider by its name, of some of its domains by "
		"these or "
		"their MX hosts. Domains that a block holds so have connections and rates of their "
		"own.",
	.settings = site_settings,
	.roles = ROLE_BIT(ROLE_QUEUED) };

const struct conf_table queued_table = {
	.help = "queued(8)",
	.settings = house_settings,
	.blocks = (const struct conf_table *const[]){ &tenant_table, &queue_table, &stream_table,
	    &source_table, &route_table, &site_table, NULL },
};

/* ---- made ready ---- */

static size_t
count(const struct conf_block *top, const char *kind)
{
	size_t n = 0;

	for (const struct conf_block *b = conf_first(top, kind); b != NULL; b = conf_next(b))
		n++;
	return n;
}

static void
streams_make(struct queued_conf *q, const struct conf_block *top)
{
	q->streams = arena_alloc(q->arena, sizeof(*q->streams) * (count(top, "stream") + 1));
	q->streams[q->streams_n++] = (struct stream){ .name = SPAN_LIT("default"),
		.retry = { 120, 21600, 259200 },
		.priority = 1,
		.delay_notice_s = 4 * 3600 };
	for (const struct conf_block *b = conf_first(top, "stream"); b != NULL; b = conf_next(b)) {
		struct span priority = span_str(conf_str(b, "priority"));
		struct stream s = { .name = span_str(conf_name(b)),
			.retry = { (uint32_t)conf_num(b, "retry-first"),
			    (uint32_t)conf_num(b, "retry-most"), (uint32_t)conf_num(b, "expire") },
			.priority = span_is(priority, "high")  ? 0
				    : span_is(priority, "low") ? 2
							       : 1,
			.delay_notice_s = (uint32_t)conf_num(b, "delay-notice") };

		if (span_is_nocase(s.name, "default"))
			q->streams[0] = s;
		else
			q->streams[q->streams_n++] = s;
	}
}

static void
sources_make(struct queued_conf *q, const struct conf_block *top)
{
	q->sources = arena_alloc(q->arena, sizeof(*q->sources) * (count(top, "source") + 1));
	for (const struct conf_block *b = conf_first(top, "source"); b != NULL; b = conf_next(b))
		q->sources[q->sources_n++] =
		    (struct source){ span_str(conf_name(b)), span_str(conf_str(b, "address")),
			    conf_is_set(b, "ehlo") ? span_str(conf_str(b, "ehlo")) : q->hostname };
	if (q->sources_n == 0)
		q->sources[q->sources_n++] =
		    (struct source){ .name = SPAN_LIT("default"), .ehlo = q->hostname };
}

static void
route_make(struct queued_conf *q, const struct conf_block *b)
{
	struct conf_place place = conf_block_place(b);
	struct route *r = arena_alloc(q->arena, sizeof(*r));

	r->pattern = span_str(conf_name(b));
	r->tls = route_tls(b);
	r->implicit_tls = conf_bool(b, "implicit-tls");
	r->login = span_str(conf_str(b, "login"));
	r->password = span_trim(span_str(conf_str(b, "password")));
	r->file = place.file;
	r->line = place.line;
	r->hosts_n = (uint32_t)conf_count(b, "to");
	r->hosts = arena_alloc(q->arena, sizeof(*r->hosts) * r->hosts_n);
	for (uint32_t i = 0; i < r->hosts_n; i++) {
		if (host_parse(span_str(conf_str_at(b, "to", i)), &r->hosts[i]) == -1)
			return; /* the check has complained */
		if (is_address(r->hosts[i].name))
			r->hosts[i].address = r->hosts[i].name;
	}
	if (routes_add(&q->routes, r) == -1)
		conf_complain(q->conf, b, NULL, "a second route for %s", conf_name(b));
}

static struct span *
globs_make(struct queued_conf *q, const struct conf_block *b, const char *setting, uint32_t *n)
{
	struct span *globs;

	*n = (uint32_t)conf_count(b, setting);
	globs = arena_alloc(q->arena, sizeof(*globs) * *n);
	for (uint32_t i = 0; i < *n; i++)
		globs[i] = span_str(conf_str_at(b, setting, i));
	return globs;
}

static void
limit_make(struct limit_rule *r, const struct conf_block *b, enum limit_kind k)
{
	struct conf_place place;
	struct limit *l = &r->limits.of[k];

	if (!conf_is_set(b, limit_name(k)))
		return;
	place = conf_place(b, limit_name(k));
	r->set[k] = true;
	l->file = place.file;
	l->line = place.line;
	if (k == LIMIT_CONNECTION_RATE || k == LIMIT_MESSAGE_RATE) {
		struct conf_rate rate = conf_rate(b, limit_name(k));

		l->value = rate.count;
		l->per_s = rate.per_s;
	} else
		l->value = conf_num(b, limit_name(k));
}

static void
rules_make(struct queued_conf *q, const struct conf_block *top)
{
	q->rules = arena_alloc(q->arena, sizeof(*q->rules) * (count(top, "site") + 1));
	for (const struct conf_block *b = conf_first(top, "site"); b != NULL; b = conf_next(b)) {
		struct limit_rule *r = &q->rules[q->rules_n++];

		r->name = span_str(conf_name(b));
		r->mx = globs_make(q, b, "mx", &r->mx_n);
		r->domains = globs_make(q, b, "domain", &r->domains_n);
		for (unsigned k = 0; k < LIMITS_N; k++)
			limit_make(r, b, k);
	}
}

/* A domain or an address whose mail is bouncd's. */
static void
own_make(struct queued_conf *q, struct table *to, struct span name, const struct tenant *t)
{
	struct own *o;

	if (name.n == 0)
		return;
	o = arena_alloc(q->arena, sizeof(*o));
	o->name = name;
	o->tenant = t;
	table_put(to, &o->by_name, span_hash_nocase(name));
}

static void
feedback_make(struct queued_conf *q, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "feedback-address"); i++)
		own_make(q, &q->feedback, span_str(conf_str_at(b, "feedback-address", i)), NULL);
}

static void
health_make(struct tenant *t, const struct conf_block *b)
{
	(void)house_share(span_str(conf_str(b, "pause-bounces")), &t->limits.bounces);
	(void)house_share(span_str(conf_str(b, "pause-complaints")), &t->limits.complaints);
	t->limits.least = (uint32_t)conf_num(b, "pause-least");
	t->limits.least_complaints = (uint32_t)conf_num(b, "pause-least-complaints");
	t->bounces_at = conf_place(b, "pause-bounces");
	t->complaints_at = conf_place(b, "pause-complaints");
	t->refuse_paused = span_is(span_str(conf_str(b, "when-paused")), "refuse");
}

static void
tenant_make(struct queued_conf *q, const struct conf_block *b)
{
	struct tenant *t = arena_alloc(q->arena, sizeof(*t));
	struct span stream = span_str(conf_str(b, "stream"));

	t->name = span_str(conf_name(b));
	t->replies = span_str(conf_str(b, "replies"));
	t->bounce_domain = span_str(conf_str(b, "bounce-domain"));
	t->weight = (uint32_t)conf_num(b, "weight");
	t->sign = conf_bool(b, "sign");
	t->unsubscribe = unsubscribe_links(b);
	t->new_fields = conf_count(b, "header-add") + conf_count(b, "header-drop") > 0 ||
			conf_is_set(b, "feedback-id");
	t->notify_sender = conf_bool(b, "notify-sender");
	health_make(t, b);
	t->digest_s = (uint32_t)conf_num(b, "notify-digest");
	t->stream = conf_stream(q, stream, &q->nobody);
	if (stream.n > 0 && !span_eq_nocase(t->stream->name, stream))
		conf_complain(q->conf, b, "stream", "there is no stream \"%.*s\"", SPAN(stream));
	table_put(&q->tenants, &t->by_name, span_hash_nocase(t->name));
	own_make(q, &q->bounce_domains, t->bounce_domain, t);
	feedback_make(q, b);
}

static unsigned confs;

struct queued_conf *
queued_conf_new(struct conf *c)
{
	const struct conf_block *top = conf_top(c);
	const struct conf_block *queue = conf_first(top, "queue");
	struct queued_conf *q = calloc(1, sizeof(*q));

	if (q == NULL)
		fatal("out of memory for the configuration");
	q->refs = 1;
	confs++;
	q->conf = c;
	q->arena = arena_new(0);
	q->hostname = span_str(conf_str(top, "hostname"));
	streams_make(q, top);
	q->nobody = (struct tenant){ .stream = &q->streams[0], .weight = 1, .notify_sender = true };
	sources_make(q, top);
	rules_make(q, top);
	for (const struct conf_block *b = conf_first(top, "route"); b != NULL; b = conf_next(b))
		route_make(q, b);
	for (const struct conf_block *b = conf_first(top, "tenant"); b != NULL; b = conf_next(b))
		tenant_make(q, b);
	feedback_make(q, top);
	q->memory_messages = queue != NULL ? conf_num(queue, "memory") : 20000;
	q->outside_bounces =
	    queue != NULL ? conf_rate(queue, "outside-bounce-rate") : (struct conf_rate){ 10, 60 };
	q->return_bytes = queue != NULL ? conf_num(queue, "return-size") : 50 * 1024;
	q->segment_bytes = queue != NULL ? conf_num(queue, "segment-size") : 64u << 20;
	q->segments = queue != NULL ? (unsigned)conf_num(queue, "segments") : 6;
	q->bounce_valid_s = queue != NULL ? (uint32_t)conf_num(queue, "bounce-valid") : 30 * 86400;
	q->session_idle_s = queue != NULL ? (uint32_t)conf_num(queue, "session-idle") : 5;
	return q;
}

struct queued_conf *
queued_conf_keep(struct queued_conf *q)
{
	q->refs++;
	return q;
}

unsigned
queued_confs(void)
{
	return confs;
}

void
queued_conf_drop(struct queued_conf *q)
{
	if (q == NULL || --q->refs > 0)
		return;
	confs--;
	routes_free(&q->routes);
	table_free(&q->tenants);
	table_free(&q->bounce_domains);
	table_free(&q->feedback);
	conf_free(q->conf);
	arena_free(q->arena);
	free(q);
}

/* ---- asked ---- */

const struct tenant *
conf_tenant(const struct queued_conf *q, struct span name)
{
	if (name.n == 0)
		return &q->nobody;
	for (struct table_node *n = table_first(&q->tenants, span_hash_nocase(name)); n != NULL;
	     n = table_next(n)) {
		const struct tenant *t = TABLE_OF(n, struct tenant, by_name);

		if (span_eq_nocase(t->name, name))
			return t;
	}
	return &q->nobody;
}

const struct stream *
conf_stream(const struct queued_conf *q, struct span name, const struct tenant *t)
{
	for (size_t i = 0; name.n > 0 && i < q->streams_n; i++)
		if (span_eq_nocase(q->streams[i].name, name))
			return &q->streams[i];
	return t->stream;
}

static const struct own *
own_find(const struct table *t, struct span name)
{
	for (struct table_node *n = table_first(t, span_hash_nocase(name)); n != NULL;
	     n = table_next(n)) {
		const struct own *o = TABLE_OF(n, struct own, by_name);

		if (span_eq_nocase(o->name, name))
			return o;
	}
	return NULL;
}

const struct tenant *
conf_bounce_tenant(const struct queued_conf *q, struct span domain)
{
	const struct own *o = own_find(&q->bounce_domains, domain);

	return o == NULL ? NULL : o->tenant;
}

bool
conf_is_feedback(const struct queued_conf *q, struct span address)
{
	return own_find(&q->feedback, address) != NULL;
}
