#include "refusals.h"
#include "log.h"
#include "loop.h"

#include <inttypes.h>

enum { QUIET_MS = 10000 };

static const char *const names[REFUSALS] = {
	[REFUSED_CONNECTIONS] = "connections",
	[REFUSED_NETWORK_CONNECTIONS] = "network-connections",
	[REFUSED_NETWORK_RATE] = "network-rate",
	[REFUSED_DESCRIPTORS] = "descriptors",
	[REFUSED_BUFFERS] = "buffers",
	[REFUSED_PROXY] = "proxy-protocol",
	[REFUSED_MALFORMED] = "malformed",
	[REFUSED_TOO_LARGE] = "too-large",
	[REFUSED_SLOW] = "slow",
};

/* Since the last line of each kind; client and why are the newest's. */
static struct {
	uint64_t count, said_ms;
	const char *why;
	struct ip client;
} kinds[REFUSALS];

static void
say(enum refusal kind)
{
	char client[INET6_ADDRSTRLEN];

	ip_text(&kinds[kind].client, client);
	log_begin(kind <= REFUSED_BUFFERS ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "refused");
	log_kvs("reason", names[kind]);
	log_num("count", kinds[kind].count);
	if (kinds[kind].why != NULL)
		log_kvs("why", kinds[kind].why);
	if (client[0] != '\0')
		log_kvs("client", client);
	log_end();
	kinds[kind].count = 0;
	kinds[kind].said_ms = loop_now_ms();
}

static bool
is_due(enum refusal kind)
{
	return kinds[kind].count > 0 &&
	       (kinds[kind].said_ms == 0 || loop_now_ms() - kinds[kind].said_ms >= QUIET_MS);
}

void
refusals_note(enum refusal kind, const char *why, const struct ip *client)
{
	kinds[kind].count++;
	kinds[kind].why = why;
	kinds[kind].client = *client;
	if (is_due(kind))
		say(kind);
}

void
refusals_tick(void)
{
	for (enum refusal k = 0; k < REFUSALS; k++)
		if (is_due(k))
			say(k);
}

void
refusals_flush(void)
{
	for (enum refusal k = 0; k < REFUSALS; k++)
		if (kinds[k].count > 0)
			say(k);
}
