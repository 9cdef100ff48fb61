/* conf_net.h: networks and socket addresses of a configuration, from text and back. Pure. */
#pragma once

#include "arena.h"
#include "conf.h"

enum conf_net { CONF_NET_OK, CONF_NET_BAD, CONF_NET_HOST_BITS };

/* After CONF_NET_HOST_BITS the network stands with those bits cleared. */
enum conf_net conf_network_parse(struct span, struct conf_network *);
const char *conf_network_text(const struct conf_network *, struct arena *);

/* 127.0.0.1:25, [::1]:25, *:25; ports 1 to 65535. */
int conf_address_parse(struct span, struct conf_address *);
int conf_address_unix(const char *path, struct conf_address *);
const char *conf_address_text(const struct conf_address *, struct arena *);
