/* web_conf.h: what the server of trackd-web reads of the tracking block, once at its start. */
#pragma once

#include "networks.h"

struct web_conf {
	const struct conf_block *block; /* NULL: there is none, and no socket either */
	uint64_t connections, buffers_bytes;
	uint64_t head_s, body_s, idle_s, answer_s;
	struct networks_limits networks;
	enum client_field field;
	bool proxy_protocol;
};

void web_conf_read(struct web_conf *, const struct conf *);
