/* plain_hosts.h: servers whose TLS failed lately while the clear did not: opportunistic mail goes to them in the clear at once, so
 * that each connection does not cost two. Pure; who asks says what time it is (ms, monotonic).
 *
 * One is believed for PLAIN_HOSTS_MS from its failure and then asked for TLS again, however often it was used meanwhile. */
#pragma once

#include "span.h"

/* A broken server is rarely mended sooner; one whose handshake an attacker broke is back at TLS soon. */
enum { PLAIN_HOSTS_MS = 10 * 60 * 1000 };

struct plain_hosts;

struct plain_hosts *plain_hosts_new(void);
void plain_hosts_free(struct plain_hosts *);
/* Beyond some thousand the oldest is forgotten. */
void plain_hosts_put(struct plain_hosts *, struct span address, uint16_t port, uint64_t now_ms);
bool plain_hosts_has(struct plain_hosts *, struct span address, uint16_t port, uint64_t now_ms);
