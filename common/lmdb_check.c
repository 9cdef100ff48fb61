#include "lmdb_check.h"
#include "event.h"
#include "id.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	TABLES_MAX = 4096, /* more than any of ours has */
	PATH_BYTES = 4096,
	LOOK_EACH = 4096, /* entries between two looks at the clock */
	KEY_BYTES = 512,  /* LMDB's longest is 511 */
	/* A walk that stands still longer than its budget is caught in a page that leads back to itself. */
	STUCK_S = 60,
	HEAR_MS = 1000,
};

struct walk {
	MDB_env *env;
	MDB_txn *txn;
	uint64_t end_ms; /* 0: none */
	size_t last_page;
	unsigned seen;
	bool over; /* the budget */
	struct err *err;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
failed(const struct walk *w, const char *what, int rc)
{
	return err_set(w->err, "%s: %s", what, mdb_strerror(rc));
}

static void
clock_look(struct walk *w)
{
	if (++w->seen % LOOK_EACH == 0 && w->end_ms != 0 && now_ms() >= w->end_ms)
		w->over = true;
}

/* Every byte, so that all pages of it are there. */
static void
touch(const MDB_val *v)
{
	const volatile unsigned char *p = v->mv_data; /* each read counts */

	for (size_t i = 0; i < v->mv_size; i += 512)
		(void)p[i];
	if (v->mv_size > 0)
		(void)p[v->mv_size - 1];
}

/* A list of free pages: how many, then they, the highest first. */
static int
free_pages_check(struct walk *w, const MDB_val *v)
{
	const size_t *list = v->mv_data;
	size_t n;

	if (v->mv_size < sizeof(*list) || v->mv_size / sizeof(*list) - 1 < list[0])
		return err_set(w->err, "a list of free pages is cut short");
	n = list[0];
	for (size_t i = 1; i <= n; i++)
		if (list[i] < 2 || list[i] > w->last_page || (i > 1 && list[i] >= list[i - 1]))
			return err_set(w->err, "a free page does not exist");
	return 0;
}

static int
free_walk(struct walk *w)
{
	MDB_cursor *c;
	MDB_val k, v;
	size_t lists = 0;
	int rc = mdb_cursor_open(w->txn, 0, &c), r = 0;

	if (rc != 0)
		return failed(w, "free pages", rc);
	while (r == 0 && (rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		r = free_pages_check(w, &v);
		if (r == 0 && ++lists > w->last_page)
			r = err_set(w->err, "there are more lists of free pages than pages");
	}
	mdb_cursor_close(c);
	return r == -1 ? -1 : rc == MDB_NOTFOUND ? 0 : failed(w, "free pages", rc);
}

static int
order_check(struct walk *w, MDB_dbi dbi, const MDB_val *last, const MDB_val *key, unsigned flags)
{
	int cmp = last->mv_data == NULL ? -1 : mdb_cmp(w->txn, dbi, last, key);

	if (cmp > 0 || (cmp == 0 && (flags & MDB_DUPSORT) == 0))
		return err_set(w->err, "its keys are out of order");
	return 0;
}

/* A walk does not go by the keys of the pages above, a search does: each must be found where it stands. Each search starts at
 * the top: a cursor would find what lies in its own page without one. */
static int
search_check(
    const struct walk *w, MDB_dbi dbi, const MDB_val *key, const MDB_val *value, unsigned flags)
{
	MDB_val k = *key, v;
	int rc = mdb_get(w->txn, dbi, &k, &v);

	if (rc == MDB_NOTFOUND ||
	    (rc == 0 && (flags & MDB_DUPSORT) == 0 && v.mv_data != value->mv_data))
		return err_set(w->err, "a key is not found where it stands");
	return rc == 0 ? 0 : failed(w, "a table", rc);
}

static int
table_walk(struct walk *w, MDB_dbi dbi, int (*each)(struct walk *, const MDB_val *key))
{
	MDB_val k, v, last = { 0, NULL };
	size_t n = 0;
	unsigned flags = 0;
	MDB_cursor *c;
	MDB_stat st;
	int rc = mdb_stat(w->txn, dbi, &st), r = 0;

	if (rc == 0)
		rc = mdb_dbi_flags(w->txn, dbi, &flags);
	if (rc == 0)
		rc = mdb_cursor_open(w->txn, dbi, &c);
	if (rc != 0)
		return failed(w, "a table", rc);
	while (r == 0 && !w->over && (rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		touch(&v);
		r = order_check(w, dbi, &last, &k, flags);
		if (r == 0)
			r = search_check(w, dbi, &k, &v, flags);
		if (r == 0 && each != NULL)
			r = each(w, &k);
		last = k;
		if (++n > st.ms_entries)
			break; /* it may go on for ever */
		clock_look(w);
	}
	mdb_cursor_close(c);
	if (r == -1 || w->over)
		return r;
	if (rc != MDB_NOTFOUND && rc != 0)
		return failed(w, "a table", rc);
	return n == st.ms_entries
		   ? 0
		   : err_set(w->err, "a table has %zu entries of %zu", n, st.ms_entries);
}

/* A name of a table, or an entry like any other. */
static int
named_walk(struct walk *w, const MDB_val *key)
{
	char name[KEY_BYTES];
	MDB_dbi dbi;
	int rc;

	if (key->mv_size == 0 || key->mv_size >= sizeof(name) ||
	    memchr(key->mv_data, '\0', key->mv_size) != NULL)
		return 0;
	memcpy(name, key->mv_data, key->mv_size);
	name[key->mv_size] = '\0';
	rc = mdb_dbi_open(w->txn, name, 0, &dbi);
	if (rc == MDB_INCOMPATIBLE || rc == MDB_NOTFOUND)
		return 0;
	return rc != 0 ? failed(w, "a table", rc) : table_walk(w, dbi, NULL);
}

static int
walk(struct walk *w, const char *path)
{
	MDB_envinfo info;
	MDB_dbi top;
	int rc = mdb_env_create(&w->env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(w->env, TABLES_MAX);
	if (rc == 0)
		rc = mdb_env_open(
		    w->env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
	if (rc == 0)
		rc = mdb_env_info(w->env, &info);
	if (rc == 0)
		rc = mdb_txn_begin(w->env, NULL, MDB_RDONLY, &w->txn);
	if (rc == 0)
		rc = mdb_dbi_open(w->txn, NULL, 0, &top);
	if (rc != 0)
		return failed(w, "open", rc);
	w->last_page = info.me_last_pgno;
	return free_walk(w) == -1 || table_walk(w, top, named_walk) == -1 ? -1 : 0;
}

/* Its heap dies with it. */
static _Noreturn void
child(const char *path, unsigned budget_ms, int tell)
{
	static const int deadly[] = { SIGBUS, SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGALRM };
	struct err err = { "" };
	int quiet;
	struct walk w = { .end_ms = budget_ms == 0 ? 0 : now_ms() + budget_ms, .err = &err };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		(void)signal(deadly[i], SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	if ((quiet = open("/dev/null", O_WRONLY | O_CLOEXEC)) != -1)
		(void)dup2(quiet, STDERR_FILENO); /* LMDB says there which line it died in */
	if (budget_ms != 0)
		(void)alarm(budget_ms / 1000 + STUCK_S);
	if (walk(&w, path) == 0)
		_exit(0);
	_exit(write(tell, err.text, strlen(err.text)) < 0 ? 2 : 1);
}

/* However long it takes, the master hears that it goes on. */
static void
hear(int fd, struct err *why)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[200];
	ssize_t n;

	while (poll(&p, 1, HEAR_MS) <= 0)
		progress("reading a database");
	n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	err_set(why, "%s", n > 0 ? text : "reading it failed");
}

static enum lmdb_state
judged(pid_t pid, int fd, struct err *why)
{
	int status = 0;

	hear(fd, why); /* until it has said all, or is gone */
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return LMDB_FINE; /* nobody can tell: it is tried */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return LMDB_FINE;
	if (WIFSIGNALED(status))
		err_set(why, "reading it ended with signal %d", WTERMSIG(status));
	return LMDB_DAMAGED;
}

enum lmdb_state
lmdb_check(const char *path, unsigned budget_ms, struct err *why)
{
	enum lmdb_state state;
	struct stat st;
	int tell[2];
	pid_t pid;

	if (stat(path, &st) == -1)
		return errno == ENOENT ? LMDB_NONE : (err_sys(why, "look at it"), LMDB_DAMAGED);
	if (!S_ISREG(st.st_mode) || st.st_size == 0) {
		err_set(why, st.st_size == 0 ? "it is empty" : "it is not a file");
		return LMDB_DAMAGED;
	}
	if (pipe(tell) == -1)
		return LMDB_FINE;
	pid = fork();
	if (pid == 0) {
		close(tell[0]);
		child(path, budget_ms, tell[1]);
	}
	close(tell[1]);
	state = pid == -1 ? LMDB_FINE : judged(pid, tell[0], why);
	close(tell[0]);
	return state;
}

int
lmdb_usable(const char *file, int rc)
{
	if (rc == MDB_PANIC || rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND)
		fatal("%s: %s: it is opened anew", file, mdb_strerror(rc));
	return rc;
}

/* ---- set aside ---- */

int
lmdb_set_aside(const char *path, struct err *err)
{
	char first[PATH_BYTES], second[PATH_BYTES];

	if ((size_t)snprintf(first, sizeof(first), "%s.damaged", path) >= sizeof(first) ||
	    (size_t)snprintf(second, sizeof(second), "%s.damaged.1", path) >= sizeof(second))
		return err_set(err, "%s: the name is too long", path);
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return 0; /* what is aside stays where it is */
	if (rename(first, second) == -1 && errno != ENOENT)
		return err_sys(err, "rename %s", first);
	if (rename(path, first) == -1 && errno != ENOENT)
		return err_sys(err, "rename %s", path);
	return 0;
}

void
lmdb_event_put(struct buf *out, const char *path, const char *why)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	event_open(
	    out, "admin", id_new(), (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
	event_str(out, "verb", "set-aside");
	event_str(out, "value", path);
	event_str(out, "reason", why);
	event_close(out);
}
