#include "mailq.h"
#include "ask.h"
#include "delivery_state.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* Column widths of Postfix with long ids; ours are longer. */
#define ROW "%-26s %8s %-19s "

enum { REASON_END = 76 };

struct listed {
	char id[40];
	uint64_t messages, bytes;
	char reason[200]; /* said last: not repeated for each recipient */
};

static void
arrival(const json_t *row, char *text, size_t size)
{
	time_t s = (time_t)(row_num(row, "received_ms") / 1000);
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(text, size, "%a %b %e %H:%M:%S", &tm);
}

static char
mark(struct span word)
{
	int state = delivery_state_of(word);

	return state == -1 ? ' ' : delivery_state_mark((enum delivery_state)state);
}

static void
message_print(struct listed *l, const json_t *row, struct span id, struct arena *arena)
{
	struct span from = row_text(row, "from", arena);
	uint64_t bytes = row_num(row, "size");
	char when[40], name[40];

	if (l->messages > 0)
		putchar('\n');
	arrival(row, when, sizeof(when));
	snprintf(name, sizeof(name), "%.*s%c", SPAN(id), mark(row_text(row, "state", arena)));
	printf("%-26s %8" PRIu64 " %19.19s ", name, bytes, when);
	text_print(from.n == 0 ? SPAN_LIT("MAILER-DAEMON") : from, stdout);
	putchar('\n');
	snprintf(l->id, sizeof(l->id), "%.*s", SPAN(id));
	l->reason[0] = '\0';
	l->messages++;
	l->bytes += bytes;
}

static void
recipient_print(struct listed *l, const json_t *row, struct arena *arena)
{
	struct span reason =
	    span_first(row_text(row, "code+status+reply", arena), sizeof(l->reason) - 1);
	size_t n = text_width(reason) + 2;

	if (reason.n > 0 && !span_is(reason, l->reason)) {
		printf("%*s(", n < REASON_END ? (int)(REASON_END - n) : 0, "");
		text_print(reason, stdout);
		puts(")");
		snprintf(l->reason, sizeof(l->reason), "%.*s", SPAN(reason));
	}
	printf(ROW, "", "", "");
	text_print(row_text(row, "recipient", arena), stdout);
	putchar('\n');
}

static void
row_print(struct listed *l, const json_t *row, struct arena *arena)
{
	struct span id = row_text(row, "message", arena);

	if (l->messages == 0)
		printf(ROW "%s\n", "----Queue ID-----", "--Size--", "---Arrival Time----",
		    "--Sender/Recipient------");
	if (l->messages == 0 || !span_is(id, l->id))
		message_print(l, row, id, arena);
	recipient_print(l, row, arena);
}

/* ---- -j: as postqueue -j ---- */

/* Postfix's name of the queue that a message in this state would be in. */
static const char *
queue_name(struct span state, struct span reason)
{
	return span_is(state, "held")      ? "hold"
	       : span_is(state, "sending") ? "active"
	       : reason.n > 0              ? "deferred"
					   : "incoming";
}

static json_t *
text_of(struct span s)
{
	return json_stringn(s.p == NULL ? "" : s.p, s.n);
}

static json_t *
message_object(const json_t *row, struct arena *arena)
{
	struct span state = row_text(row, "state", arena);
	struct span reason = row_text(row, "code+status+reply", arena);
	struct span from = row_text(row, "from", arena);

	return json_pack("{ss so sI sI sb so s[]}", "queue_name", queue_name(state, reason),
	    "queue_id", text_of(row_text(row, "message", arena)), "arrival_time",
	    (json_int_t)(row_num(row, "received_ms") / 1000), "message_size",
	    (json_int_t)row_num(row, "size"), "forced_expire", 0, "sender",
	    text_of(from.n == 0 ? SPAN_LIT("MAILER-DAEMON") : from), "recipients");
}

static void
object_print(json_t *message)
{
	if (message == NULL)
		return;
	json_dumpf(message, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(message);
}

static int
list_json(struct ask *a)
{
	struct arena *scratch = arena_new(0);
	json_t *message = NULL, *to;
	const json_t *row;

	while ((row = ask_row(a)) != NULL) {
		struct span id = row_text(row, "message", scratch);
		struct span reason = row_text(row, "code+status+reply", scratch);

		if (message == NULL ||
		    !span_is(id, json_string_value(json_object_get(message, "queue_id")))) {
			object_print(message);
			message = message_object(row, scratch);
		}
		to = json_pack("{so}", "address", text_of(row_text(row, "recipient", scratch)));
		if (reason.n > 0)
			json_object_set_new(to, "delay_reason", text_of(reason));
		json_array_append_new(json_object_get(message, "recipients"), to);
		arena_reset(scratch);
	}
	object_print(message);
	arena_free(scratch);
	return ask_end(a) == 0 ? EX_OK : EX_UNAVAILABLE;
}

static int
list(struct ask *a)
{
	struct arena *scratch = arena_new(0);
	struct listed l = { "", 0, 0, "" };
	const json_t *row;

	while ((row = ask_row(a)) != NULL) {
		row_print(&l, row, scratch);
		arena_reset(scratch);
	}
	arena_free(scratch);
	if (ask_end(a) != 0)
		return EX_UNAVAILABLE;
	if (l.messages == 0) {
		puts("Mail queue is empty");
		return EX_OK;
	}
	/* Sendmail's count is read by some scripts, and Postfix's last line by others. */
	printf("\n\t\tTotal requests: %" PRIu64 "\n", l.messages);
	printf("-- %" PRIu64 " Kbytes in %" PRIu64 " Request%s.\n", (l.bytes + 1023) / 1024,
	    l.messages, l.messages == 1 ? "" : "s");
	return EX_OK;
}

int
mailq(struct ctl *c, int argc, char **argv)
{
	bool json = c->json;
	struct ask *a;
	int opt;

	opterr = 0;
	optind = 1;
	/* Postfix's and Sendmail's; those but -j and -C change nothing here. */
	while (argv != NULL && (opt = getopt(argc, argv, "+Aac:C:jo:q::v")) != -1) {
		json |= opt == 'j';
		if (opt == 'C')
			c->conf_path = optarg;
	}
	a = ask(c, "queued", ASK_VIEW,
	    json_pack("{sssI}", "verb", "queue", "limit", (json_int_t)UINT32_MAX));
	return json ? list_json(a) : list(a);
}
