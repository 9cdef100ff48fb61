#include "databases.h"
#include "err.h"
#include "lmdb_check.h"
#include "log.h"
#include "role.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { EVENT_BYTES = 4096, PATH_BYTES = 4096 };

/* Beside the folder, so that who loses one has the other. */
static const char copies[] = "../suppression-copy";

static void
tell(struct bouncd *b, const char *what, const char *why)
{
	struct buf line;

	log_error("set-aside", "file=\"%s\" kept=.damaged why=\"%s\"", what, why);
	buf_init(&line, EVENT_BYTES);
	lmdb_event_put(&line, what, why);
	if (event_file_append(&b->events, buf_all(&line)) == -1)
		log_error("events-not-written", "why=\"%s\"", strerror(errno));
	buf_free(&line);
}

static void
list_open(struct bouncd *b, const char *folder, struct suppression_options *o)
{
	struct err err;
	bool lost;

	o->copies = access(copies, X_OK) == 0 ? copies : NULL;
	b->list = suppression_begin_or_open(folder, o, &lost, &err);
	if (b->list == NULL)
		role_fail(b->role, EX_CANTCREAT, "%s", err.text);
	if (lost)
		tell(b, "suppression list", suppression_lost(b->list));
	if (suppression_lost(b->list) != NULL)
		log_error("suppression-list-lost",
		    "why=\"%s\" do=\"bulk mail waits; posthouse suppress restore\"",
		    suppression_lost(b->list));
}

/* A file that can be begun anew. */
static void
aside(struct bouncd *b, const char *path, const char *name, const char *why)
{
	struct err err;

	if (lmdb_set_aside(path, &err) == -1)
		role_fail(b->role, EX_CANTCREAT, "%s", err.text);
	tell(b, name, why);
}

/* True: it was damaged, and is begun anew. */
static bool
look_at(struct bouncd *b, const char *path, const char *name)
{
	struct err why = { "" };

	if (lmdb_check(path, 0, &why) != LMDB_DAMAGED)
		return false;
	aside(b, path, name, why.text);
	return true;
}

static void
links_rebuilt(struct bouncd *b, bool lost)
{
	int read_fd = role_fd(b->role, "events-read"); /* the other one only appends */
	struct err err = { "" };
	long n = links_rebuild(b->links, read_fd == -1 ? b->events.fd : read_fd, &err);

	if (n == -1)
		log_error("links-not-rebuilt", "why=\"%s\"", err.text);
	else if (n > 0)
		log_warn("links-rebuilt", "blocked=%ld from=bouncd.jsonl", n);
	if (lost && n <= 0)
		log_error("links-lost",
		    "blocked=0 why=\"bouncd.jsonl tells of none\" do=\"posthouse links block\"");
}

/* What was blocked is blocked again: nobody shall be robbed for the sake of a bad disk. ran: bouncd ran here before, and so there
 * was a file. */
static void
links_start(struct bouncd *b, const char *folder, bool ran)
{
	char path[PATH_BYTES];
	struct err err = { "" };
	bool anew, lost;

	snprintf(path, sizeof(path), "%s/links.mdb", folder);
	lost = look_at(b, path, "links.mdb");
	anew = access(path, F_OK) == -1;
	if ((b->links = links_open(folder, &err)) == NULL) {
		aside(b, path, "links.mdb", err.text);
		anew = lost = true;
		b->links = links_open(folder, &err);
	}
	if (b->links == NULL)
		role_fail(b->role, EX_CANTCREAT, "%s", err.text);
	if (anew)
		links_rebuilt(b, lost || ran);
}

static void
book_start(struct bouncd *b, const char *folder)
{
	char path[PATH_BYTES];
	struct err err;

	snprintf(path, sizeof(path), "%s/replies.mdb", folder);
	look_at(b, path, "replies.mdb");
	if ((b->book = reply_book_open(folder, &err)) == NULL) {
		aside(b, path, "replies.mdb", err.text);
		b->book = reply_book_open(folder, &err);
	}
	if (b->book == NULL)
		role_fail(b->role, EX_CANTCREAT, "%s", err.text);
}

void
databases_open(struct bouncd *b, const char *folder, struct suppression_options *o)
{
	char data[PATH_BYTES];
	bool ran;

	snprintf(data, sizeof(data), "%s/data.mdb", folder);
	ran = access(data, F_OK) == 0;
	list_open(b, folder, o);
	links_start(b, folder, ran);
	book_start(b, folder);
}
