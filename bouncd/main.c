/* bouncd: understands what comes back; makes bounce messages; owns the suppression list.
 *
 * queued asks it (asked.c, returned.c), trackd-web (web.c), people (verbs.c). What strangers wrote is taken apart by bouncd-parse, not
 * here. Read next: classify.h (what a reply means), rules.h (etc/bounces.conf), suppression.h, notice.h. */
#include "asked.h"
#include "batch.h"
#include "book.h"
#include "bouncd.h"
#include "bouncd_conf.h"
#include "databases.h"
#include "disk.h"
#include "err.h"
#include "group.h"
#include "log.h"
#include "loop.h"
#include "proto_bounce.h"
#include "publish.h"
#include "returned.h"
#include "role.h"
#include "sandbox.h"
#include "shipped_rules.h"
#include "verbs.h"
#include "web.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { QUEUE_BYTES = 8 * 1024 * 1024 };

static struct bouncd bouncd;

static int
usage(void)
{
	fputs("usage: bouncd --batch classify [RULES]\n", stderr);
	return 2;
}

static int
run_batch(const char *path)
{
	struct span text = path == NULL ? shipped_rules() : span_of(NULL, 0);
	struct err err;
	struct rules *rules = rules_load(path == NULL ? "bounces.conf" : path, text, NULL, &err);
	int status;

	if (rules == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return EX_CONFIG;
	}
	status = batch_classify(rules, stdin, stdout);
	rules_free(rules);
	return status;
}

static void
on_queued(void *ctx, struct chan *c, struct msg *m)
{
	struct bouncd *b = ctx;

	switch (m->type) {
	case BOUNCE_REPLY:
		asked_reply(b, m);
		break;
	case BOUNCE_CONFIRM:
		asked_confirm(b, m);
		break;
	case BOUNCE_NOTICE_RCPT:
		asked_notice_rcpt(b, m);
		break;
	case BOUNCE_NOTICE_HEAD:
		asked_notice_head(b, m);
		break;
	case BOUNCE_NOTICE:
		asked_notice(b, m);
		break;
	case BOUNCE_RETURNED:
		returned_take(b, m);
		break;
	default:
		chan_bad(c, "a record that bouncd does not know");
	}
}

static void
on_queued_gone(void *ctx, struct chan *c, const char *why)
{
	struct bouncd *b = ctx;

	(void)why;
	if (b->queued != c)
		return;
	b->queued = NULL;
	asked_forget();
	returned_forget();
}

static void
queued_connected(void *ctx, unsigned instance, int fd)
{
	struct bouncd *b = ctx;

	(void)instance;
	asked_forget();
	returned_forget();
	b->queued = chan_new(fd, "queued", QUEUE_BYTES, on_queued, on_queued_gone, b);
	chan_answers(b->queued);
	chan_hold(b->queued, disk_busy());
	publish_list(b);
}

/* The configured file's text as the master read it, or the shipped rules. */
static struct rules *
rules_of(struct span text, const struct conf *conf, struct err *err)
{
	const struct conf_block *b = conf_first(conf_top(conf), "bounces");
	const char *path = b != NULL && conf_is_set(b, "rules") ? conf_str(b, "rules") : NULL;

	if (path != NULL && text.p == NULL) {
		err_set(err, "%s: the master did not hand it over", path);
		return NULL;
	}
	return rules_load(
	    path == NULL ? "bounces.conf" : path, path == NULL ? shipped_rules() : text, NULL, err);
}

/* Nothing is on its way to the old file: what was written there is synced. */
static void
turn_of_events(struct bouncd *b, void *unused)
{
	int old = role_events_take(b->role);

	(void)unused;
	if (old == -1)
		return;
	close(old);
	event_file_open(&b->events, b->events.fd, role_fd(b->role, "events-read"));
}

static void
on_events_file(void *ctx)
{
	disk_when_free(ctx, turn_of_events, NULL);
}

static void
start(struct bouncd *b, int argc, char **argv)
{
	struct span folder;
	struct err err;
	struct suppression_options options = { .max_bytes = (uint64_t)8 << 30 };
	const struct conf_block *block;

	b->role = role_start(ROLE_BOUNCD, argc, argv);
	b->conf = role_conf(b->role, &bouncd_table);
	b->owners = owners_new(b->conf);
	b->hostname = conf_str(conf_top(b->conf), "hostname");
	event_file_open(&b->events, role_fd(b->role, "events"), role_fd(b->role, "events-read"));
	role_on_events(b->role, on_events_file, b);
	b->rules = rules_of(role_secret(b->role, "bounce-rules"), b->conf, &err);
	if (b->rules == NULL)
		role_fail(b->role, EX_CONFIG, "%s", err.text);
	folder = role_secret(b->role, "suppression-path");
	block = conf_first(conf_top(b->conf), "bounces");
	if (block != NULL)
		options.max_bytes = conf_num(block, "list-size");
	b->policy = policy_read(b->conf);
	options.hashed = b->policy.hashed;
	databases_open(b, folder.p == NULL ? "." : folder.p, &options);
	book_start(b);
}

static int
reload_prepare(void *ctx, struct conf *conf, struct err *err)
{
	struct bouncd *b = ctx;

	b->conf_next = conf; /* a refusal is followed by reload_abort() */
	if (returned_keys_prepare(b, err) == -1)
		return -1;
	b->rules_next = rules_of(role_secret_fresh(b->role, "bounce-rules"), conf, err);
	return b->rules_next == NULL ? -1 : 0;
}

static void
reload_commit(void *ctx)
{
	struct bouncd *b = ctx;
	bool hashed = b->policy.hashed;

	returned_keys_commit();
	owners_free(b->owners);
	conf_free(b->conf);
	b->conf = b->conf_next;
	b->owners = owners_new(b->conf);
	b->hostname = conf_str(conf_top(b->conf), "hostname");
	b->policy = policy_read(b->conf);
	b->policy.hashed = hashed; /* taken at a start */
	b->conf_next = NULL;
	reply_book_rules(b->book, b->rules_next);
	rules_free(b->rules);
	b->rules = b->rules_next;
	b->rules_next = NULL;
}

static void
reload_abort(void *ctx)
{
	struct bouncd *b = ctx;

	conf_free(b->conf_next);
	b->conf_next = NULL;
	rules_free(b->rules_next);
	b->rules_next = NULL;
}

/* ---- the end: what is not on disk goes there, and the loop answers meanwhile ---- */

static void
stopped(struct bouncd *b, void *unused)
{
	(void)unused;
	role_done(b->role);
}

static void
stop_list(struct bouncd *b, void *unused, const struct err *err)
{
	(void)unused;
	(void)err;
	publish_stop(b, stopped);
}

static void
stop(void *ctx, unsigned deadline_s)
{
	(void)deadline_s;
	book_write(ctx, stop_list, NULL);
}

int
main(int argc, char **argv)
{
	struct bouncd *b = &bouncd;
	struct err err;

	if (argc > 1) {
		if (argc < 3 || argc > 4 || strcmp(argv[1], "--batch") != 0 ||
		    strcmp(argv[2], "classify") != 0)
			return usage();
		return run_batch(argc > 3 ? argv[3] : NULL);
	}
	start(b, argc, argv);
	role_on_peer(b->role, ROLE_QUEUED, queued_connected, b);
	role_on_reload(b->role, reload_prepare, reload_commit, reload_abort, b);
	role_on_stop(b->role, stop, b);
	if (returned_start(b, &err) == -1)
		role_fail(b->role, EX_CONFIG, "%s", err.text);
	web_start(b);
	group_start(b);
	publish_start(b);
	verbs_serve(b);
	sandbox_enter(b->role);
	return role_run(b->role);
}
