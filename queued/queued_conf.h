/* queued_conf.h: what queued(8) reads of posthouse.conf(5), made ready: streams, sources, routes, sites, tenants. */
#pragma once

#include "conf.h"
#include "house_conf.h"
#include "health.h"
#include "limits.h"
#include "retry.h"
#include "route.h"

extern const struct conf_table queued_table;

struct stream {
	struct span name;
	struct retry_rule retry;
	unsigned priority;       /* 0 goes first */
	uint32_t delay_notice_s; /* 0: never */
};

struct source {
	struct span name, address, ehlo; /* address empty: the kernel chooses */
};

struct tenant {
	struct table_node by_name;
	struct span name, bounce_domain, replies;
	const struct stream *stream;
	uint32_t weight;
	uint32_t digest_s; /* failures of a sender gather so long; 0: each message alone */
	bool sign, notify_sender;
	bool new_fields; /* of the header, the same ones for all */
	enum unsubscribe_links unsubscribe;
	bool refuse_paused; /* new mail, while it is paused */
	struct health_limits limits;
	struct conf_place bounces_at, complaints_at; /* where the limits stand; line 0: built in */
};

/* A bounce domain of a tenant, or a feedback address. */
struct own {
	struct table_node by_name;
	struct span name;
	const struct tenant *tenant;
};

/* Lives with its conf; struct tenant and the rest stay valid as long as it does: until nothing refers to it. */
struct queued_conf {
	struct conf *conf;
	uint32_t refs;
	struct arena *arena;
	struct span hostname;
	struct stream *streams; /* the first is what counts where none is named */
	size_t streams_n;
	struct source *sources; /* at least one */
	size_t sources_n;
	struct routes routes;
	struct limit_rule *rules;
	size_t rules_n;
	struct table tenants, bounce_domains, feedback; /* the latter two: struct own */
	struct tenant nobody;                           /* mail that came from outside */
	size_t memory_messages;
	struct conf_rate
	    outside_bounces;   /* bounce messages for mail of strangers; count 0: no limit */
	uint64_t return_bytes; /* of a message that a bounce message returns whole */
	uint64_t segment_bytes;
	unsigned segments;
	uint32_t session_idle_s;
	uint32_t bounce_valid_s; /* of a signed bounce address, from the attempt on */
};

/* Takes over conf. Never NULL: what was wrong stands in conf_errors(conf). */
struct queued_conf *queued_conf_new(struct conf *);
/* A reference more, and one less: freed with the last. drop: NULL is fine. */
struct queued_conf *queued_conf_keep(struct queued_conf *);
void queued_conf_drop(struct queued_conf *);
unsigned queued_confs(void); /* that are in memory */

const struct tenant *
conf_tenant(const struct queued_conf *, struct span name); /* unknown: nobody */
const struct stream *
conf_stream(const struct queued_conf *, struct span name, const struct tenant *);
/* Whose bounce domain it is; NULL: nobody's. */
const struct tenant *conf_bounce_tenant(const struct queued_conf *, struct span domain);
/* An address that takes reports of anybody. */
bool conf_is_feedback(const struct queued_conf *, struct span address);
