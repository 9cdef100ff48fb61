/* verdict.h: what an answer means, in the words that stand in events, rules, commands and man pages.
 *
 * Kind, class and category are the closed lists of posthouse-bounces(5). A verdict holds its texts itself, so it
 * may be kept, copied and sent. */
#pragma once

#include "span.h"

/* What a mail that came to a bounce or feedback address is. */
enum kind { KIND_OTHER, KIND_BOUNCE, KIND_DELAYED, KIND_DELIVERED, KIND_COMPLAINT, KIND_AUTOREPLY };

/* hard: the address (or its domain) will not take mail again. soft: everything else. */
enum verdict_class { CLASS_NONE, CLASS_SOFT, CLASS_HARD };

enum category {
	CATEGORY_NONE, /* nothing was said */
	CATEGORY_BAD_MAILBOX,
	CATEGORY_BAD_DOMAIN,
	CATEGORY_INACTIVE,
	CATEGORY_MOVED,
	CATEGORY_NOT_ACCEPTING,
	CATEGORY_MAILBOX_FULL,
	CATEGORY_TOO_LARGE,
	CATEGORY_POLICY,
	CATEGORY_SPAM_CONTENT,
	CATEGORY_VIRUS,
	CATEGORY_BLOCKED_SOURCE,
	CATEGORY_AUTH_FAILURE,
	CATEGORY_BAD_SENDER,
	CATEGORY_RATE_LIMITED,
	CATEGORY_GREYLISTED,
	CATEGORY_NETWORK,
	CATEGORY_TLS,
	CATEGORY_RELAY_DENIED,
	CATEGORY_PROTOCOL,
	CATEGORY_SYSTEM,
	CATEGORY_EXPIRED,
	CATEGORY_OTHER,
};

enum advice {
	ADVICE_NONE,
	ADVICE_RETRY,          /* by the usual schedule */
	ADVICE_RETRY_LATER,    /* not before retry_s */
	ADVICE_SLOW_LANE,      /* too much at once */
	ADVICE_SUSPEND_LANE,   /* this source is blocked at that site */
	ADVICE_SUSPEND_TENANT, /* the content is: that tenant in the lane */
	ADVICE_SUPPRESS,       /* the address */
	ADVICE_FIX,            /* something of ours; fix says what */
};

struct verdict {
	enum verdict_class class;
	enum category category;
	enum advice advice;
	bool
	    later; /* a rule knows the words of this permanent answer to mean: not now (5yz alone means: never) */
	bool
	    specific; /* a rule of rank 7 and more: one such answer may stop a lane or a tenant (course.c) */
	bool agreed; /* hard by words, and its status says so too: one such answer suppresses */
	uint32_t retry_s; /* ADVICE_RETRY_LATER */
	uint8_t
	    confidence; /* 0..100: 90 a rule's own pattern, 60 the enhanced code, 30 the basic code */
	char status[12];   /* "5.1.1", as said or as implied by the code; "" if none */
	char fix[24];      /* ADVICE_FIX: authentication, rdns, content... */
	char rule[48];     /* its name; "status" or "code" where no rule knew it */
	char doubt[24];    /* why a permanent answer of a hard category is soft (bouncd/dead.h) */
	char provider[24]; /* whose words these are; "" unknown */
};

const char *kind_word(enum kind);
const char *class_word(enum verdict_class); /* CLASS_NONE: "" */
const char *category_word(enum category);   /* CATEGORY_NONE: "" */
const char *advice_word(enum advice);

/* By word, ASCII case-blind; -1 if there is no such word. */
int kind_of(struct span);
int class_of(struct span);
int category_of(struct span);
int advice_of(struct span);

/* All words but the empty one with a space between them, as CONF_CHOICE takes them. */
extern const char category_choices[], advice_choices[];

/* Whether a permanent answer of this category means that the address will never work. */
bool category_is_hard(enum category);
/* What to do about it where no rule says otherwise. permanent: it was said for good, so nothing is tried again (RFC 5321 4.2.1). */
enum advice category_advice(enum category, enum verdict_class, bool permanent);
/* "The usual schedule", or a time: nothing but another try. */
bool advice_is_retry(enum advice);
/* What to fix, for ADVICE_FIX; "" where there is nothing of ours. */
const char *category_fix(enum category);
