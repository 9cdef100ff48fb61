#include "verbs_replies.h"
#include "book.h"
#include "draft.h"
#include "err.h"
#include "event.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_DEFAULT = 50, DRAFT_BYTES = 4096 };

static void
time_put(struct control_call *call, const char *key, uint64_t s)
{
	char when[32];

	time_text(s * 1000, when);
	control_str(call, key, when);
}

static void
unknown_row(struct control_call *call, const struct unknown_entry *e)
{
	char status[16] = "", reply[UNKNOWN_TEXT_MAX + 40];
	struct buf draft;

	if (e->status.class != 0)
		snprintf(status, sizeof(status), "%u.%u.%u ", e->status.class % 10u,
		    e->status.subject % 1000u, e->status.detail % 1000u);
	snprintf(reply, sizeof(reply), "%.*d%s%s%.*s", e->code == 0 ? 0 : 3, e->code,
	    e->code == 0 ? "" : " ", status, (int)e->text_n, e->text);
	buf_init(&draft, DRAFT_BYTES);
	draft_rule(e, &draft);
	control_row(call);
	control_num(call, "count", e->count);
	time_put(call, "first", e->first_s);
	time_put(call, "last", e->last_s);
	control_str(call, "from", e->from);
	control_str(call, "category", category_word(e->category));
	control_num(call, "confidence", e->confidence);
	control_str(call, "reply", reply);
	control_span(call, "draft", buf_all(&draft));
	control_row_end(call);
	buf_free(&draft);
}

void
verb_unknown(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	uint64_t limit = control_arg_num(call, "limit", ROWS_DEFAULT);
	size_t n = limit == 0 || limit > UNKNOWN_MAX ? UNKNOWN_MAX : limit;
	const struct unknown_entry **top = calloc(n, sizeof(*top));

	if (top == NULL)
		fatal("out of memory for unknown replies");
	n = unknowns_top(reply_book_unknowns(b->book), top, n);
	for (size_t i = 0; i < n; i++)
		unknown_row(call, top[i]);
	free(top);
	control_end(call);
}

struct forgetting {
	struct control_call *call;
	size_t n;
};

static void
forgotten(struct bouncd *b, void *what, const struct err *err)
{
	struct forgetting *f = what;

	(void)b;
	if (err != NULL) {
		control_error(f->call, 1, "%s", err->text);
	} else {
		log_info("unknown-forgotten", "actor=%u replies=%zu", control_actor(f->call), f->n);
		control_row(f->call);
		control_num(f->call, "forgotten", f->n);
		control_row_end(f->call);
		control_end(f->call);
	}
	free(f);
}

void
verb_unknown_forget(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	struct forgetting *f = malloc(sizeof(*f));

	if (f == NULL)
		fatal("out of memory for unknown replies");
	*f = (struct forgetting){ call, unknowns_count(reply_book_unknowns(b->book)) };
	reply_book_forget(b->book);
	book_write(b, forgotten, f);
}

void
verb_rules(void *ctx, struct control_call *call)
{
	struct bouncd *b = ctx;
	bool unused = control_arg_bool(call, "unused");

	for (size_t i = 0; i < rules_count(b->rules); i++) {
		const struct rule *r = rules_at(b->rules, i);

		if (unused && r->hits > 0)
			continue;
		control_row(call);
		control_num(call, "hits", r->hits);
		control_str(call, "rule", r->name);
		control_str(call, "category", category_word(r->category));
		control_str(call, "provider", r->provider == NULL ? "" : r->provider);
		control_num(call, "rank", r->rank);
		control_str(call, "file", r->place.file);
		control_num(call, "line", r->place.line);
		control_row_end(call);
	}
	control_end(call);
}
