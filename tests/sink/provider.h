/* provider.h: how one mail provider of the small outside world behaves.
 *
 * A provider is a line: NAME ADDRESS:PORT KEY=VALUE ...   (values with spaces in "quotes")
 *	tls=no|offer|require|implicit      no
 *	pipelining=no 8bitmime=no          both yes
 *	dsn=yes smtputf8=yes               both no
 *	size=BYTES                         announced and kept to; 0: not announced
 *	greeting=REPLY mail=REPLY rcpt=REPLY data=REPLY dot=REPLY    refuse everyone at that point
 *	unknown=GLOB full=GLOB             local parts that get 550 5.1.1 and 552 5.2.2 (nobody*, full*)
 *	greylist=yes                       an address gets 451 4.7.1 the first time
 *	throttle-every=N                   each Nth message gets throttle-reply at MAIL
 *	throttle-after=N                   after N messages of a connection the same, and the connection ends
 *	throttle-rate=N                    more than N messages a second get it
 *	throttle-reply=REPLY               "421 4.7.28 too much mail from you"
 *	connections=N                      more get 421 4.7.0 as a greeting
 *	slow=MS                            before each answer
 *	drop-bytes=N                       the connection breaks after so many bytes of content
 *	drop-dot=yes                       the connection breaks instead of an answer to the final dot
 *
 * A recipient may ask for an answer of its own, whoever the provider (+ stands for a space):
 *	say-550+5.1.1+gone@    at RCPT         once-450+4.2.0+later@  the same, the first time only
 *	data-451+4.3.0+no@     at DATA         dot-554+5.7.1+spam@    after the content
 *	drop@                  the connection breaks within the content
 *	hang@                  no answer to the final dot, ever */
#pragma once

#include "arena.h"
#include "err.h"

enum provider_tls {
	PROVIDER_TLS_NO,
	PROVIDER_TLS_OFFER,
	PROVIDER_TLS_REQUIRE,
	PROVIDER_TLS_IMPLICIT
};

struct provider {
	const char *name, *address;
	enum provider_tls tls;
	bool no_pipelining, no_8bitmime, dsn, smtputf8, greylist, drop_dot;
	const char *greeting, *mail, *rcpt, *data, *dot; /* replies, or NULL */
	const char *unknown, *full, *throttle_reply;
	uint64_t size_bytes, throttle_every, throttle_after, throttle_rate, connections, slow_ms,
	    drop_bytes;

	uint64_t messages; /* begun so far */
	uint64_t open;     /* connections */
	uint64_t second, in_second;
	uint64_t *seen; /* hashes of addresses that have been put off; old ones are forgotten */
};

/* Strings live in the arena. */
int provider_read(struct provider *, struct span line, struct arena *, struct err *);

/* The answer to a command, or NULL for the usual one. of_connection: messages before this one. */
const char *provider_at_mail(struct provider *, uint64_t of_connection, uint64_t now_s);
const char *provider_at_rcpt(struct provider *, struct span address, struct arena *);

/* What a recipient asks for at DATA ("data-") or after the content ("dot-"); NULL: nothing. */
const char *provider_wish(struct span address, const char *prefix, struct arena *);
