/* answer.h: what a request for a path is answered with, and the event it leaves.
 *
 * A token of ours, unchanged: a click is redirected to exactly its URL, an open gets a pixel, an unsubscribe a page that
 * asks (GET) or does it (POST, RFC 8058). Anything else is not found: no redirector for strangers. */
#pragma once

#include "buf.h"
#include "role.h"
#include "token.h"

enum answer_kind {
	ANSWER_REDIRECT,
	ANSWER_PIXEL,
	ANSWER_NOT_FOUND,
	ANSWER_GONE,
	ANSWER_SWITCHED_OFF,
	ANSWER_ROBOTS,
	ANSWER_HEALTH,
	ANSWER_ASK,          /* a page with a button: shall it be done? */
	ANSWER_UNSUBSCRIBED, /* it is stored */
	ANSWER_LATER,        /* it could not be stored now */
	ANSWER_WAIT,         /* no answer yet: done() tells */
};

enum web_method { WEB_GET, WEB_HEAD, WEB_POST };

struct web_request {
	enum web_method method;
	struct span path; /* as sent, without the query */
	struct span host; /* of the Host field, without port */
	struct span client, user_agent;
	bool one_click; /* the body is that of RFC 8058 */
	bool by_page;   /* or that of our page's button */
};

void answer_start(struct role *, const struct conf *);
enum { ANSWER_FACTS_MAX = 1024 };

/* text: where a redirect leads; of ASK and WAIT three lines, at most ANSWER_FACTS_MAX bytes: whom it takes off (made
 * unreadable for others), from whose mail, from which campaign's (empty: from all). Valid until the next call. done is called once if it is ANSWER_WAIT: stored or not. */
enum answer_kind answer(
    const struct web_request *, void (*done)(void *ctx, bool stored), void *ctx, struct span *text);
