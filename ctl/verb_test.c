#include "id.h"
#include "past.h"
#include "sendmail.h"
#include "story.h"
#include "submit.h"
#include "table.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_S = 60, POLL_MS = 200, MESSAGE_BYTES = 64 * 1024 };

struct args {
	const char *from, *tenant;
	uint64_t wait_s;
};

static const struct opt opts[] = {
	{ "from", 'f', OPT_TEXT, offsetof(struct args, from), "ADDRESS",
	    "sender (default: postmaster at the tenant's first domain)" },
	{ "tenant", 't', OPT_TEXT, offsetof(struct args, tenant), "NAME",
	    "as mail of that tenant (default: the tenant of the first listener with a socket)" },
	{ "wait", 'w', OPT_NUMBER, offsetof(struct args, wait_s), "S",
	    "give up watching after S seconds (60)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* ---- the way in ---- */

struct way {
	const char *socket;
	struct span tenant; /* empty: the listener has none */
};

/* The first listener with a socket that takes mail of that tenant, or of any where it is NULL. */
static int
way_find(struct ctl *c, const char *tenant, struct way *w)
{
	const struct conf_block *top = conf_top(ctl_conf(c)), *l;

	*w = (struct way){ .socket = sendmail_socket(c) };
	if (tenant != NULL && conf_find(top, "tenant", span_str(tenant)) == NULL)
		return ctl_fail(2, "there is no tenant \"%s\"", tenant);
	for (l = conf_first(top, "listener"); l != NULL; l = conf_next(l)) {
		const char *socket = sendmail_socket_of(l), *its = conf_str(l, "tenant");

		if (socket == NULL || (tenant != NULL && strcmp(its, tenant) != 0))
			continue;
		*w = (struct way){ socket, span_str(its) };
		return 0;
	}
	if (tenant == NULL)
		return 0;
	return ctl_fail(2,
	    "no listener has both a socket and tenant %s; add, for instance: listener %s { address "
	    "unix:%s/%s tenant %s }",
	    tenant, tenant, ctl_path(c, "run"), tenant, tenant);
}

static const char *
sender_of(struct ctl *c, const struct way *w)
{
	const struct conf_block *t =
	    w->tenant.n == 0 ? NULL : conf_find(conf_top(ctl_conf(c)), "tenant", w->tenant);

	return arena_printf(c->arena, "postmaster@%s",
	    t != NULL && conf_count(t, "domain") > 0 ? conf_str_at(t, "domain", 0)
						     : ctl_path(c, "hostname"));
}

/* ---- the message ---- */

static void
message_make(const char *from, const char *to, const char *hostname, struct buf *b)
{
	time_t now = time(NULL);
	char date[64];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &tm);
	id_init(0);
	buf_printf(b, "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s@%s>\r\n", date, from,
	    to, id_text(id_new()).c, hostname);
	buf_printf(b, "Subject: posthouse test\r\nAuto-Submitted: auto-generated\r\n\r\n");
	buf_printf(
	    b, "This is a test of the mail relay %s. Nobody needs to answer it.\r\n", hostname);
}

/* The id in "2.0.0 queued as 01J...". */
static const char *
id_in(struct span reply, struct arena *arena)
{
	struct id id;

	while (reply.n > 0) {
		struct span word = span_word(reply, &reply);

		if (id_parse(word, &id) == 0)
			return arena_cstr(arena, word);
	}
	return NULL;
}

static const char *
hand_in(struct ctl *c, const struct way *way, const char *from, const char *to, int *exit_code)
{
	struct span rcpt = span_str(to);
	struct submit job = { .socket = way->socket,
		.helo = ctl_path(c, "hostname"),
		.from = span_str(from),
		.verbose = !c->json,
		.to = &rcpt,
		.to_n = 1,
		.notify = "",
		.ret = "",
		.envid = "" };
	struct buf message, reply;
	struct submitted submitted;
	const char *id = NULL;
	struct err err = { "" };

	buf_init(&message, MESSAGE_BYTES);
	buf_init(&reply, SUBMIT_LINE_BYTES);
	message_make(from, to, job.helo, &message);
	job.message = buf_all(&message);
	*exit_code = 0;
	if (submit(&job, &reply, &submitted, &err) == -1)
		*exit_code = ctl_fail(1, "%s", err.text);
	else if ((id = id_in(buf_all(&reply), c->arena)) == NULL)
		*exit_code =
		    ctl_fail(1, "the relay took it but named no id: %.*s", SPAN(buf_all(&reply)));
	buf_free(&message);
	buf_free(&reply);
	return id;
}

/* Prints the events from the given one on. True: the last is final. */
static bool
news_print(struct ctl *c, const struct past *p, size_t from)
{
	bool final = false;

	for (size_t i = from; i < p->n; i++) {
		struct buf b;

		buf_init(&b, 128 * 1024);
		story_line(p->at[i], &b);
		if (c->json)
			json_dumpf(p->at[i], stdout, JSON_COMPACT);
		else {
			printf("%-24.24s  ", row_str(p->at[i], "time"));
			text_print(buf_all(&b), stdout);
		}
		putchar('\n');
		fflush(stdout);
		buf_free(&b);
		final |= story_is_final(p->at[i]);
	}
	return final;
}

static bool
was_delivered(const struct past *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(row_str(p->at[i], "event"), "delivered") == 0)
			return true;
	return false;
}

static int
watch(struct ctl *c, const char *id, uint64_t wait_s)
{
	size_t shown = 0;

	for (uint64_t i = 0; i < wait_s * 1000 / POLL_MS; i++) {
		struct past p = { 0 };
		bool final, good;

		if (past_of(c, id, &p) == -1)
			return ctl_fail(
			    1, "it was taken, but trackd-stats does not say what became of it");
		final = news_print(c, &p, shown);
		shown = p.n > shown ? p.n : shown;
		good = was_delivered(&p);
		past_free(&p);
		if (final)
			return !good;
		usleep(POLL_MS * 1000);
	}
	return ctl_fail(1, "not at its end after %llu s; posthouse why %s says what it waits for",
	    (unsigned long long)wait_s, id);
}

static int
test(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL, NULL, WAIT_S };
	int exit_code = 0;
	struct way way;
	const char *id;

	verb_words(c, v, &args, argc, argv, 1, 1);
	if (way_find(c, args.tenant, &way) != 0)
		return 2;
	if (args.from == NULL)
		args.from = sender_of(c, &way);
	id = hand_in(c, &way, args.from, argv[0], &exit_code);
	if (id == NULL)
		return exit_code;
	if (!c->json)
		printf("Accepted as %s.\n", id);
	return watch(c, id, args.wait_s);
}

const struct verb verb_test = { .name = "test",
	.words = "[--from ADDRESS] [--tenant NAME] [--wait S] ADDRESS",
	.help = "Send a message, show the dialogue and what becomes of it; 0 if it is delivered.",
	.opts = opts,
	.run = test };
