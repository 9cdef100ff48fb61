#include "smtpd_conf.h"
#include "house_conf.h"
#include "role_kind.h"

#include <string.h>

static const struct conf_setting listener_settings[] = {
	{ .name = "address",
	    .type = CONF_ADDRESS,
	    .list = true,
	    .required = true,
	    .help = "Addresses and ports, or Unix sockets, that mail is taken at." },
	{ .name = "tls",
	    .type = CONF_CHOICE,
	    .def = "none",
	    .choices = "none starttls implicit",
	    .help = "Whether TLS is offered (starttls) or spoken from the first byte (implicit)." },
	{ .name = "tls-certificate",
	    .type = CONF_PATH,
	    .help = "Certificate and chain, PEM. Needed unless tls is none." },
	{ .name = "tls-key", .type = CONF_SECRET, .help = "Private key of the certificate, PEM." },
	{ .name = "auth",
	    .type = CONF_CHOICE,
	    .def = "none",
	    .choices = "none optional required",
	    .help = "Whether clients may, or must, log in before MAIL (530 5.7.0)." },
	{ .name = "auth-without-tls",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help = "Take logins without TLS; for loopback only." },
	{ .name = "tenant",
	    .type = CONF_STRING,
	    .help = "Tenant of clients that the allow networks let in; of all on a Unix socket." },
	{ .name = "allow",
	    .type = CONF_NETWORK,
	    .list = true,
	    .help = "Client networks that are the listener's tenant without a login." },
	{ .name = "line-ends",
	    .type = CONF_CHOICE,
	    .def = "tenants",
	    .choices = "strict tenants repair",
	    .help = "Make CRLF of bare LF and CR from tenants' clients, or from all (repair), or "
		    "refuse them (500 5.5.2, 550 5.6.0)." },
	{ .name = "nul-bytes",
	    .type = CONF_CHOICE,
	    .def = "refuse",
	    .choices = "refuse replace",
	    .help = "Refuse a message that holds a NUL (550 5.6.0), or make a space of each." },
	{ .name = "smtputf8",
	    .type = CONF_BOOL,
	    .def = "yes",
	    .help =
		"Offer SMTPUTF8: addresses and headers in UTF-8; without it they get 553 5.6.7." },
	{ .name = "max-size",
	    .type = CONF_SIZE,
	    .def = "25M",
	    .min = 1024,
	    .help = "Bytes of a message at most; beyond, 552 5.3.4." },
	{ .name = "max-recipients",
	    .type = CONF_NUMBER,
	    .def = "1000",
	    .min = 100,
	    .max = 50000,
	    .help = "Recipients of a message at most; beyond, 452 4.5.3." },
	{ .name = "max-connections",
	    .type = CONF_NUMBER,
	    .def = "10000",
	    .min = 1,
	    .max = 1000000,
	    .help = "Connections a worker holds for this listener; beyond, 421 4.3.2." },
	{ .name = "client-connections",
	    .type = CONF_NUMBER,
	    .def = "100",
	    .min = 1,
	    .max = 60000,
	    .help = "Connections of one client (an IPv6 client is its /64), over all workers; "
		    "beyond, 421 4.7.0." },
	{ .name = "client-rate",
	    .type = CONF_RATE,
	    .help = "New connections of one client, over all workers; beyond, 421 4.7.0." },
	{ .name = "max-errors",
	    .type = CONF_NUMBER,
	    .def = "20",
	    .min = 1,
	    .max = 100000,
	    .help = "Refused commands of a session; then 421 4.7.0." },
	{ .name = "header-size",
	    .type = CONF_SIZE,
	    .def = "256K",
	    .min = 4096,
	    .max = 16 * 1024 * 1024,
	    .help = "Bytes of a message's header at most; beyond, 552 5.3.4." },
	{ .name = "max-received",
	    .type = CONF_NUMBER,
	    .def = "100", /* RFC 5321 6.3 */
	    .min = 10,
	    .max = 1000,
	    .help = "Received lines of a message at most; beyond, 554 5.4.6: a loop." },
	{ .name = "line-length",
	    .type = CONF_SIZE,
	    .def = "64K",
	    .min = 998,
	    .max = 1024 * 1024 * 1024,
	    .help = "Bytes of a message's line at most; beyond, 550 5.6.0." },
	{ .name = "session-memory",
	    .type = CONF_SIZE,
	    .min = 64 * 1024,
	    .max = 64 * 1024 * 1024,
	    .help = "Memory of one transaction's envelope; beyond, 452 4.3.1. Without it, what "
		    "max-recipients take at most." },
	{ .name = "timeout-command",
	    .type = CONF_DURATION,
	    .def = "5m",
	    .min = 1,
	    .max = 3600,
	    .help = "Time a client has for its next command, and to read what it was "
		    "answered; then 421 4.4.2." },
	{ .name = "timeout-data",
	    .type = CONF_DURATION,
	    .def = "3m",
	    .min = 1,
	    .max = 3600,
	    .help = "Time between two pieces of a message's content; then 421 4.4.2." },
	{ .name = "min-rate",
	    .type = CONF_SIZE,
	    .def = "500",
	    .min = 1,
	    .max = 1024 * 1024,
	    .help =
		"Bytes a second that a message's content comes at, after timeout-data; slower, 421 "
		"4.4.2." },
	{ .name = "timeout-tls",
	    .type = CONF_DURATION,
	    .def = "1m",
	    .min = 1,
	    .max = 3600,
	    .help = "Time for a TLS handshake; then the connection is closed." },
	{ .name = "timeout-session",
	    .type = CONF_DURATION,
	    .def = "4h",
	    .min = 1,
	    .max = 86400 * 7,
	    .help = "Time for a whole session; then 421 4.4.2." },
	{ .name = NULL },
};

static bool
is(const struct conf_block *b, const char *setting, const char *word)
{
	return strcmp(conf_str(b, setting), word) == 0;
}

/* The first address that others than this machine reach; -1: none. */
static ptrdiff_t
reached_from_outside(const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "address"); i++) {
		const struct conf_address *a = conf_address_at(b, "address", i);
		struct ip ip;

		ip_of((const struct sockaddr *)&a->addr, &ip);
		if (a->addr.ss_family != AF_UNIX && (a->any || !ip_is_loopback(&ip)))
			return (ptrdiff_t)i;
	}
	return -1;
}

static void
auth_check(struct conf *conf, const struct conf_block *b)
{
	ptrdiff_t outside = reached_from_outside(b);

	if (is(b, "auth", "none"))
		return;
	if (is(b, "tls", "none") && !conf_bool(b, "auth-without-tls"))
		conf_complain(conf, b, "auth", "auth needs tls, or auth-without-tls yes");
	else if (conf_bool(b, "auth-without-tls") && outside >= 0)
		conf_complain(conf, b, "auth-without-tls",
		    "passwords would cross the network in clear text to %s\n"
		    "set tls, and leave auth-without-tls to listeners on loopback",
		    conf_str_at(b, "address", (size_t)outside));
}

static void
listener_check(struct conf *conf, const struct conf_block *b)
{
	if (!is(b, "tls", "none") && !conf_is_set(b, "tls-certificate"))
		conf_complain(conf, b, "tls", "tls needs tls-certificate");
	if (!is(b, "tls", "none") && !conf_is_set(b, "tls-key"))
		conf_complain(conf, b, "tls", "tls needs tls-key");
	auth_check(conf, b);
	house_named_check(conf, b, "tenant", "tenant");
	if (conf_is_set(b, "allow") && conf_str(b, "tenant")[0] == '\0')
		conf_complain(conf, b, "allow", "allow needs the tenant whose clients these are");
	house_allow_check(conf, b);
}

static const struct conf_table listener_table = {
	.name = "listener",
	.named = true,
	.help = "Where mail comes in, and from whom.",
	.settings = listener_settings,
	.check = listener_check,
	.roles = ROLE_BIT(ROLE_SMTPD),
};

static const struct conf_setting accept_settings[] = {
	{ .name = "tenant",
	    .type = CONF_STRING,
	    .help = "Tenant that mail to this domain is counted for." },
	{ .name = NULL },
};

static void
accept_check(struct conf *conf, const struct conf_block *b)
{
	house_named_check(conf, b, "tenant", "tenant");
}

static const struct conf_table accept_table = {
	.name = "accept",
	.named = true,
	.help = "A domain whose mail is taken from anybody.",
	.settings = accept_settings,
	.check = accept_check,
	.roles = ROLE_BIT(ROLE_SMTPD),
};

static const struct conf_table *const blocks[] = { &listener_table, &accept_table, &tenant_table,
	NULL };

const struct conf_table smtpd_table = { .settings = house_settings, .blocks = blocks };

/* A recipient takes an address and an ORCPT of their full length, its record (twice, as lists grow by doubling) and its place in
 * the set; a sender and the facts of a header stand beside them. */
enum { RECIPIENT_BYTES = 256 + 512 + 2 * 48 + 32, BESIDE_BYTES = 64 * 1024 };

static size_t
memory_bytes(const struct conf_block *b)
{
	if (conf_is_set(b, "session-memory"))
		return conf_num(b, "session-memory");
	return BESIDE_BYTES + conf_num(b, "max-recipients") * RECIPIENT_BYTES;
}

void
listener_conf_read(const struct conf_block *b, struct listener_conf *l)
{
	*l = (struct listener_conf){
		.block = b,
		.name = conf_name(b),
		.tenant = conf_str(b, "tenant"),
		.tls = is(b, "tls", "starttls")   ? LISTENER_TLS_STARTTLS
		       : is(b, "tls", "implicit") ? LISTENER_TLS_IMPLICIT
						  : LISTENER_TLS_NONE,
		.auth = is(b, "auth", "optional")   ? LISTENER_AUTH_OPTIONAL
			: is(b, "auth", "required") ? LISTENER_AUTH_REQUIRED
						    : LISTENER_AUTH_NONE,
		.auth_without_tls = conf_bool(b, "auth-without-tls"),
		.line_ends = is(b, "line-ends", "strict")   ? LISTENER_LINES_STRICT
			     : is(b, "line-ends", "repair") ? LISTENER_LINES_REPAIR
							    : LISTENER_LINES_TENANTS,
		.nul_to_space = is(b, "nul-bytes", "replace"),
		.smtputf8 = conf_bool(b, "smtputf8"),
		.max_size_bytes = conf_num(b, "max-size"),
		.timeout_command_ms = conf_num(b, "timeout-command") * 1000,
		.min_rate = conf_num(b, "min-rate"),
		.timeout_data_ms = conf_num(b, "timeout-data") * 1000,
		.timeout_session_ms = conf_num(b, "timeout-session") * 1000,
		.timeout_tls_ms = conf_num(b, "timeout-tls") * 1000,
		.max_recipients = (uint32_t)conf_num(b, "max-recipients"),
		.max_connections = (uint32_t)conf_num(b, "max-connections"),
		.client_connections = (uint32_t)conf_num(b, "client-connections"),
		.max_errors = (uint32_t)conf_num(b, "max-errors"),
		.max_received = (uint32_t)conf_num(b, "max-received"),
		.header_bytes = (uint32_t)conf_num(b, "header-size"),
		.line_bytes = (uint32_t)conf_num(b, "line-length"),
		.memory_bytes = memory_bytes(b),
		.client_rate = conf_rate(b, "client-rate"),
	};
}
