/* answer.h: what a request for a path is answered with, and the event it leaves.
 *
 * A token of ours, unchanged: a click is redirected to exactly its URL, an open gets a pixel. Anything else is not found:
 * no redirector for strangers. */
#pragma once

#include "buf.h"
#include "role.h"

enum answer_kind {
	ANSWER_REDIRECT,
	ANSWER_PIXEL,
	ANSWER_NOT_FOUND,
	ANSWER_GONE,
	ANSWER_ROBOTS,
	ANSWER_HEALTH
};

struct web_request {
	struct span path; /* as sent, without the query */
	struct span client, user_agent;
	bool head; /* HEAD: answered alike, counted as it is */
};

void answer_start(struct role *, const struct conf *);
/* url: where a redirect leads; valid until the next call. */
enum answer_kind answer(const struct web_request *, struct span *url);
