/* trace: a message's whole story: what trackd-stats finds in the event files, then what queued has of it now. */
#include "ask.h"
#include "err.h"
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
story_print(const struct past *e)
{
	const char *message = "";

	for (size_t i = 0; i < e->n; i++) {
		const char *own = row_str(e->at[i], "message");

		if (i == 0 || strcmp(own, message) != 0)
			printf("%sMessage %s\n", i > 0 ? "\n" : "", own);
		message = own;
		line_print(e->at[i]);
	}
}

static void
events_print(const struct past *p)
{
	for (size_t i = 0; i < p->n; i++) {
		json_dumpf(p->at[i], stdout, JSON_COMPACT);
		putchar('\n');
	}
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

/* How many deliveries of that message wait; none where queued knows of none, or is away. */
static size_t
now(struct ctl *c, const char *id)
{
	struct ask *a = ask(c, "queued", ASK_VIEW, json_pack("{ssss}", "verb", "trace", "id", id));
	const json_t *row;
	size_t rows = 0;

	for (; (row = ask_row(a)) != NULL; rows++)
		if (c->json)
			printf("%.*s\n", SPAN(ask_line(a)));
		else
			waiting_print(c, row);
	ask_free(a);
	return rows;
}

/* Of each message the events name; where they name none, of the one that was asked for. */
static size_t
now_all(struct ctl *c, const struct past *p, const char *which)
{
	const char *last = "";
	size_t rows = 0;

	for (size_t i = 0; i < p->n; i++) {
		const char *id = row_str(p->at[i], "message");

		if (strcmp(id, last) != 0)
			rows += now(c, id);
		last = id;
	}
	return p->n > 0 ? rows : now(c, which);
}

/* The events may be there when queued is away, and the other way round: both are asked. */
static int
trace(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct past p = { 0 };
	size_t known;
	int exit_code;

	verb_words(c, v, NULL, argc, argv, 1, 1);
	exit_code = past_find(c, argv[0], &p);
	if (c->json)
		events_print(&p);
	else {
		past_name(&p);
		story_print(&p);
	}
	known = p.n + now_all(c, &p, argv[0]);
	past_free(&p);
	if (exit_code == 0 && known == 0)
		return ctl_fail(1, "no event and no waiting mail knows of \"%s\"", argv[0]);
	return exit_code;
}

const struct verb verb_trace = { .name = "trace",
	.words = "ID|ADDRESS|MESSAGE-ID",
	.help = "Tell the story of a message, or of all to an address: received, each attempt, how "
		"it ended.",
	.run = trace };
