/* trace: a message's whole story: what trackd-stats finds in the event files, then what queued has of it now. */
#include "ask.h"
#include "err.h"
#include "id.h"
#include "listing.h"
#include "past.h"
#include "story.h"
#include "table.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static const char *
colour(const json_t *event)
{
	static const char *const colours[] = { "", "\033[32m", "\033[33m", "\033[31m" };

	return ctl_colour() ? colours[story_mood(event)] : "";
}

static void
line_print(const json_t *event)
{
	struct buf b;
	const char *shade = colour(event);

	buf_init(&b, 128 * 1024);
	story_line(event, &b);
	printf("%-24.24s  %s", row_str(event, "time"), shade);
	text_print(buf_all(&b), stdout);
	puts(shade[0] == '\0' ? "" : "\033[0m");
	buf_free(&b);
}

static void
event_print(const json_t *event)
{
	json_dumpf(event, stdout, JSON_COMPACT);
	putchar('\n');
}

static void
waiting_print(struct ctl *c, const json_t *row)
{
	static const struct {
		const char *key, *words;
	} parts[] = { { "attempts", "tries" }, { "site", "site" }, { "next_ms", "next" },
		{ "code+status+reply", "last answer" }, { "why", "because" } };

	fputs("waits now:                <", stdout);
	text_print(row_text(row, "recipient", c->arena), stdout);
	fputs("> ", stdout);
	text_print(row_text(row, "state", c->arena), stdout);
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct span s = row_text(row, parts[i].key, c->arena);

		if (s.n == 0)
			continue;
		printf(", %s ", parts[i].words);
		text_print(s, stdout);
	}
	putchar('\n');
}

struct args {
	uint64_t limit;
	bool all;
};

static const struct opt opts[] = {
	{ "all", 'a', OPT_FLAG, offsetof(struct args, all), NULL,
	    "of an address: what befell the other recipients of its messages too" },
	{ "limit", 'n', OPT_NUMBER, offsetof(struct args, limit), "N",
	    "of an address: the last N messages (50; 0: all)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* What is asked for. */
struct tracing {
	struct ctl *c;
	const char *only; /* the one recipient; NULL: all */
	struct past past;
	size_t shown; /* lines */
};

/* What of that message waits; nothing where queued knows of none, or is away. */
static void
now(struct tracing *t, const char *id)
{
	bool whole = t->only == NULL || past_has(&t->past, id, "from", t->only);
	struct ask *a = ask(t->c, "queued", ASK_VIEW,
	    json_pack("{ssssss*}", "verb", "trace", "id", id, "to", whole ? NULL : t->only));
	const json_t *row;

	for (; (row = ask_row(a)) != NULL; t->shown++)
		if (t->c->json)
			printf("%.*s\n", SPAN(ask_line(a)));
		else
			waiting_print(t->c, row);
	ask_free(a);
}

/* Its events, then what waits of it. at: the first event of this message, or of one behind it; where the next begins. */
static size_t
message_print(struct tracing *t, const char *id, size_t at)
{
	const struct past *p = &t->past;

	if (!t->c->json)
		printf("%sMessage %s\n", t->shown > 0 ? "\n" : "", id);
	for (; at < p->n && strcmp(row_str(p->at[at], "message"), id) == 0; at++, t->shown++)
		if (t->c->json)
			event_print(p->at[at]);
		else
			line_print(p->at[at]);
	now(t, id);
	return at;
}

/* The message that was asked for by its id, though no event names it: it may wait. */
static void
unknown_print(struct tracing *t, const char *which)
{
	struct id lo, hi;

	if (t->past.messages_n == 0 && id_prefix(span_str(which), &lo, &hi) == 0)
		now(t, which);
}

/* And not a Message-ID. */
static bool
is_address(const struct past *p, const char *which)
{
	if (strchr(which, '@') == NULL || which[0] == '<')
		return false;
	for (size_t i = 0; i < p->messages_n; i++)
		if (past_has(p, p->messages[i], "message_id", which))
			return false;
	return true;
}

/* The events may be there when queued is away, and the other way round: both are asked. */
static int
trace(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .limit = PAST_MESSAGES_DEFAULT };
	struct tracing t = { .c = c };
	size_t at = 0;
	int exit_code;

	verb_words(c, v, &args, argc, argv, 1, 1);
	exit_code = past_find(c, argv[0], args.limit, &t.past);
	if (exit_code == 2) {
		past_free(&t.past);
		return exit_code;
	}
	if (!args.all && is_address(&t.past, argv[0]))
		t.only = argv[0];
	past_name(&t.past);
	if (t.only != NULL)
		past_only(&t.past, t.only);
	for (size_t i = 0; i < t.past.messages_n; i++)
		at = message_print(&t, t.past.messages[i], at);
	unknown_print(&t, argv[0]);
	if (t.past.messages_found > t.past.messages_n && !c->json)
		printf("\nThe last %zu of %zu messages are shown; --limit 0 shows all.\n",
		    t.past.messages_n, t.past.messages_found);
	past_free(&t.past);
	if (exit_code == 0 && t.shown == 0)
		return ctl_fail(1, "no event and no waiting mail knows of \"%s\"", argv[0]);
	return exit_code;
}

const struct verb verb_trace = { .name = "trace",
	.words = "[--all] [--limit N] ID|ADDRESS|MESSAGE-ID",
	.help = "Tell the story of a message, or of those to or from an address: received, each "
		"attempt, "
		"how it ended, what still waits.",
	.opts = opts,
	.run = trace };
