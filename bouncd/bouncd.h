/* bouncd.h: the parts of the role bouncd, so that each finds the others. */
#pragma once

#include "conf.h"
#include "event_file.h"
#include "links.h"
#include "msg.h"
#include "owners.h"
#include "policy.h"
#include "reply_book.h"
#include "rules.h"
#include "suppression.h"

struct bouncd {
	struct role *role;
	struct conf *conf, *conf_next;
	struct owners *owners; /* of conf */
	struct rules *rules, *rules_next;
	struct reply_book *book;
	struct timer *book_due;
	struct suppression *list;
	struct links *links;  /* switched off */
	struct policy policy; /* of the list */
	struct chan *queued;  /* NULL: away */
	struct event_file events;
	const char *hostname;
};
