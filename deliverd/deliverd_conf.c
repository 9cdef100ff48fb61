#include "deliverd_conf.h"
#include "house_conf.h"
#include "role_kind.h"

#define TIMEOUT(what, value, why)                                                                  \
	{                                                                                          \
		.name = "timeout-" what, .type = CONF_DURATION, .def = value, .min = 1,            \
		.max = 3600, .help = why                                                           \
	}

static const struct conf_setting settings[] = {
	TIMEOUT("connect", "30s", "Time for a connection to stand."),
	TIMEOUT("greeting", "5m", "Time the server has for its greeting (RFC 5321 4.5.3.2.1)."),
	TIMEOUT("ehlo", "5m", "Time the server has to answer EHLO and HELO."),
	TIMEOUT("tls", "2m", "Time for STARTTLS and the handshake together."),
	TIMEOUT("auth", "2m", "Time the server has to answer a login."),
	TIMEOUT("mail", "5m", "Time the server has to answer MAIL."),
	TIMEOUT("rcpt", "5m", "Time the server has to answer each RCPT."),
	TIMEOUT("data", "2m", "Time the server has to answer DATA."),
	TIMEOUT("block", "3m", "Time in which some of the content must be taken."),
	TIMEOUT("dot", "10m", "Time the server has to answer the final dot."),
	TIMEOUT("rset", "20s", "Time the server has to answer RSET."),
	TIMEOUT("quit", "10s", "Time the server has to answer QUIT."),
	TIMEOUT("idle", "4m", "Time a session without work stays open unless the queue closes it."),
	{ .name = "memory",
	    .type = CONF_SIZE,
	    .def = "64M",
	    .min = 1024 * 1024,
	    .help = "Contents a worker holds at once; what comes beyond waits in the queue." },
	{ .name = "tls-authorities",
	    .type = CONF_PATH,
	    .def = "/etc/ssl/certs/ca-certificates.crt",
	    .help = "Certificates of the authorities that verified TLS trusts, PEM." },
	{ .name = NULL },
};

const struct conf_table delivery_table = {
	.name = "delivery",
	.single = true,
	.help = "How mail is handed to servers.",
	.settings = settings,
	.roles = ROLE_BIT(ROLE_DELIVERD),
};

static const struct conf_table *const blocks[] = { &delivery_table, NULL };

const struct conf_table deliverd_table = { .settings = house_settings, .blocks = blocks };

static const char *const limits[LIMITS] = {
	[LIMIT_CONNECT] = "timeout-connect",
	[LIMIT_GREETING] = "timeout-greeting",
	[LIMIT_EHLO] = "timeout-ehlo",
	[LIMIT_TLS] = "timeout-tls",
	[LIMIT_AUTH] = "timeout-auth",
	[LIMIT_MAIL] = "timeout-mail",
	[LIMIT_RCPT] = "timeout-rcpt",
	[LIMIT_DATA] = "timeout-data",
	[LIMIT_BLOCK] = "timeout-block",
	[LIMIT_DOT] = "timeout-dot",
	[LIMIT_RSET] = "timeout-rset",
	[LIMIT_QUIT] = "timeout-quit",
	[LIMIT_IDLE] = "timeout-idle",
};

/* A configuration without the block has its defaults: an empty one, kept as long as the process. */
static const struct conf_block *
block_of(const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "delivery");

	if (b == NULL)
		b = conf_first(conf_top(conf_read_text(
				   &deliverd_table, "defaults", SPAN_LIT("delivery {\n}\n"))),
		    "delivery");
	return b;
}

void
delivery_read(const struct conf *conf, struct delivery *d)
{
	const struct conf_block *b = block_of(conf);

	for (unsigned i = 0; i < LIMITS; i++)
		d->limit_ms[i] = limits[i] == NULL ? 0 : conf_num(b, limits[i]) * 1000;
	d->memory_bytes = conf_num(b, "memory");
	d->ca_file = conf_str(b, "tls-authorities");
}
