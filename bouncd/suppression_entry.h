/* suppression_entry.h: one entry of the suppression list: who, for whom, why, since when; and how it is packed. Pure.
 *
 * The name of an entry is an address and a scope, both in lower case. Of the name the list keeps 96 bits of SipHash keyed
 * with the list's own key; the first 64 are what queued is told. They are made so that all scopes of an address stand
 * together: 40 bits of the address, then 24 of address and scope; of the other 32, half are the address's. */
#pragma once

#include "buf.h"
#include "err.h"
#include "siphash.h"

enum suppression_reason {
	SUPPRESSED_HARD_BOUNCE,
	SUPPRESSED_COMPLAINT,
	SUPPRESSED_UNSUBSCRIBED,
	SUPPRESSED_BY_HAND,
	SUPPRESSED_IMPORTED,
	SUPPRESSED_SOFT_BOUNCES, /* too many over days */
	SUPPRESSION_REASONS
};

enum {
	SUPPRESSION_SCOPE_MAX = 255,
	SUPPRESSION_ADDRESS_MAX = 320,
	SUPPRESSION_EVENT_MAX = 26,
	SUPPRESSION_HASH_BYTES = 12,
	SUPPRESSION_HASH_CHARS = 1 + 2 * SUPPRESSION_HASH_BYTES, /* "#9f86d0..." */
	SUPPRESSION_PACKED_MAX = 32 + SUPPRESSION_ADDRESS_MAX,
};

struct suppression_hash {
	uint64_t published; /* 40 bits of the address, 24 of address and scope */
	uint32_t check;     /* 16 more of each */
};

/* The bits of published that are the address's. */
#define SUPPRESSION_PERSON (~(uint64_t)0xffffff)

struct suppression_entry {
	char scope[SUPPRESSION_SCOPE_MAX + 1];     /* "": everybody's; a tenant; "tenant/list" */
	char address[SUPPRESSION_ADDRESS_MAX + 1]; /* canonical; "": only its hash is known */
	struct suppression_hash hash;              /* set by the list; given where address is "" */
	enum suppression_reason reason;
	uint64_t time_s, expires_s; /* Unix time, to 2106; expires_s 0: never */
	char
	    event[SUPPRESSION_EVENT_MAX + 1]; /* id of the event or message it came from; "" none */
};

const char *suppression_reason_word(enum suppression_reason);
int suppression_reason_of(struct span word); /* -1: no such word */
/* For CONF_CHOICE and usage: all words, a space between them. */
extern const char suppression_reason_words[];

/* Fills scope and address, canonical (common/address.h; a domain in A-labels); address may be in <>. "#" and 24 hexadecimal digits, as `suppress export` writes
 * them, are a hash. -1: no address, or too long. */
int
suppression_name(struct suppression_entry *, struct span scope, struct span address, struct err *);
struct suppression_hash
suppression_hash_of(const struct siphash_key *, const char *scope, const char *address);
int suppression_hash_cmp(struct suppression_hash, struct suppression_hash);
/* Both are of one address, in whatever scopes (2^-56 of others seem so). */
bool suppression_same_person(struct suppression_hash, struct suppression_hash);
void suppression_hash_put(struct suppression_hash, uint8_t out[SUPPRESSION_HASH_BYTES]);
struct suppression_hash suppression_hash_get(const uint8_t in[SUPPRESSION_HASH_BYTES]);
/* Its address, or "#" and the hash. */
const char *
suppression_shown(const struct suppression_entry *, char out[SUPPRESSION_HASH_CHARS + 1]);

/* All but the hash, packed; scopes are numbers of a list of scopes (0: everybody). A tombstone says that an older entry
 * of that hash is gone. */
struct suppression_packed {
	bool tombstone;
	enum suppression_reason reason;
	uint32_t time_s, expires_s, scope;
	bool has_event;
	uint8_t event[16];
	struct span address;
};

size_t suppression_pack(const struct suppression_packed *, uint8_t out[SUPPRESSION_PACKED_MAX]);
/* Bytes taken, 0: these are none. The address points into in. */
size_t suppression_unpack(struct suppression_packed *, struct span in);
