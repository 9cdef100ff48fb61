/* Faults of the disk under the store: everything that was told durable is there on reopening, what is done does not come
 * back.
 *
 *	store_fault work FOLDER [N]	a day of the queue: N accepted, ended, waiting, held; says on standard output what it was told
 *	store_fault check FOLDER	opens the same store again and says what lives in it, and whether it takes one more
 *
 * store_fault.py runs the first under fault.so with N = 1, 2, 3 ... and compares. Lines:
 *	accepted ID RCPTS | refused ID | asked ID INDEX | ended ID INDEX | dropped ID	(work)
 *	lives ID MARKS | event TEXT | damaged ID | corrupt NAME WHY			(check)
 *	afterwards	one more was accepted: nothing is stuck				(both) */
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "../../queued/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MESSAGES = 28,
	MESSAGES_MOST = 20000,
	RCPTS_MOST = 3,
	SMALL = 12000,
	LARGE = 90000,
	PATIENCE_MS = 20000,
	AGAIN_MS = 50,
	QUIET_TURNS = 20
};

struct message {
	struct id id;
	uint32_t rcpts_n;
	bool accepted, ended[RCPTS_MOST];
};

struct work {
	struct store *store;
	struct message at[MESSAGES_MOST];
	unsigned messages; /* to be given in all */
	unsigned given, answered, ends_asked, ends_told, turn;
	bool checking, stopping, once_more, looked, asked, settled;
	struct timer *again;
	struct timer *patience;
	char hold[1024];
};

/* To standard output in one write, so that nothing told is lost when the process is killed. */
static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(3);
}

/* ---- messages that know themselves ---- */

static void
fill(char *p, size_t n, struct id id)
{
	struct id_text t = id_text(id);

	for (size_t i = 0; i < n; i++)
		p[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : t.c[i % ID_CHARS];
}

static bool
is_itself(struct span bytes, struct id id)
{
	char *p = malloc(bytes.n + 1);
	bool same;

	fill(p, bytes.n, id);
	same = memcmp(p, bytes.p, bytes.n) == 0;
	free(p);
	return same;
}

static size_t
size_of(unsigned n)
{
	return n % 8 == 3 ? LARGE : SMALL + n * 64;
}

/* ---- opening ---- */

static void
on_found(void *ctx, const struct store_found *f)
{
	struct work *w = ctx;
	char marks[RCPTS_MOST + 1] = "";
	struct store_bytes b;
	struct err err;
	struct span bytes = f->bytes;
	char *p = NULL;

	if (!w->checking)
		return;
	if (f->damaged) { /* to be ended */
		say("told %s\n", id_text(f->envelope->id).c);
		return;
	}
	if (bytes.n == 0 && store_read(w->store, f->envelope->id, &b, &err) == 0) {
		p = malloc(b.size_bytes);
		bytes = span_of(
		    p, pread(b.fd, p, b.size_bytes, (off_t)b.start) == -1 ? 0 : b.size_bytes);
		close(b.fd);
	}
	for (uint32_t i = 0; i < f->envelope->rcpts_n && i < RCPTS_MOST; i++)
		marks[i] = f->envelope->rcpts[i].mark;
	say("%s %s %s\n",
	    bytes.n == f->facts->size_bytes && is_itself(bytes, f->envelope->id) ? "lives"
										 : "damaged",
	    id_text(f->envelope->id).c, marks);
	free(p);
}

static void
on_event(void *ctx, struct span line)
{
	(void)ctx;
	say("event %.*s\n", (int)(line.n > 900 ? 900 : line.n), line.p);
}

static void
on_corrupt(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	say("corrupt %s %s\n", name, why);
}

static int
folder(const char *base, const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	mkdir(path, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static struct store *
opened(struct work *w, const char *base)
{
	static const struct store_hooks hooks = {
		.found = on_found, .event = on_event, .corrupt = on_corrupt
	};
	char index[1024], events[1024];
	struct store_options o = {
		.segment_bytes = 256 * 1024, .segments = 3, .index_path = index
	};
	struct err err;

	close(folder(base, ""));
	snprintf(index, sizeof(index), "%s/spool/index", base);
	snprintf(w->hold, sizeof(w->hold), "%s/spool/hold", base);
	snprintf(events, sizeof(events), "%s/events", base);
	o.spool = folder(base, "spool");
	close(folder(base, "spool/index"));
	o.events = open(events, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	w->store = store_prepare(&o, &err);
	if (w->store == NULL || store_start(w->store, &hooks, w, &err) == -1) {
		say("closed %s\n", err.text);
		exit(1);
	}
	return w->store;
}

/* ---- work ---- */

static struct message *
of_id(struct work *w, struct id id)
{
	for (unsigned i = w->given; i-- > 0;) /* the last ones come first */
		if (id_eq(w->at[i].id, id))
			return &w->at[i];
	return NULL;
}

static void
on_stopped(void *ctx)
{
	(void)ctx;
	loop_stop();
}

static void
on_ended(void *ctx, const struct store_end *end)
{
	struct work *w = ctx;

	say("ended %s %u\n", id_text(end->id).c, end->index);
	w->ends_told++;
}

static void
end(struct work *w, struct message *m, uint32_t index)
{
	char line[128];
	struct store_end e = { .id = m->id, .index = index, .mark = MARK_DONE };
	int n = snprintf(line, sizeof(line), "%s %u", id_text(m->id).c, index);

	e.event = span_of(line, (size_t)n);
	m->ended[index] = true;
	w->ends_asked++;
	say("asked %s %u\n", id_text(m->id).c, index);
	store_end(w->store, &e, on_ended, w);
}

/* What becomes of the nth: half are delivered at once, others wait, some partly done, one held, one dropped. */
static void
course(struct work *w, struct message *m)
{
	unsigned n = (unsigned)(m - w->at);
	struct store_wait wait = { .id = m->id, .next_ms = loop_wall_ms() + 60000, .attempts = 1 };

	if (n % 4 == 1)
		store_wait(w->store, &wait);
	if (n % 9 == 5)
		store_hold(w->store, m->id, true);
	if (n % 13 == 12) {
		say("dropped %s\n", id_text(m->id).c);
		store_drop(w->store, m->id);
		return;
	}
	if (n % 4 == 1 || n % 5 == 2)
		end(w, m, 0);
	if (n % 2 == 0)
		for (uint32_t i = 0; i < m->rcpts_n; i++)
			if (!m->ended[i])
				end(w, m, i);
}

static void
on_accepted(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct work *w = ctx;
	struct message *m = of_id(w, id);

	w->answered++;
	if (code != 0) {
		say("refused %s %u %.*s\n", id_text(id).c, code, SPAN(text));
		return;
	}
	say("accepted %s %u\n", id_text(id).c, m->rcpts_n);
	m->accepted = true;
	course(w, m);
}

static void
give(struct work *w)
{
	static const struct recipient rcpts[RCPTS_MOST] = { { .address = { "a@a.example", 11 } },
		{ .address = { "b@b.example", 11 } }, { .address = { "c@c.example", 11 } } };
	unsigned n = w->given++;
	struct message *m = &w->at[n];
	struct envelope e = { .id = id_new(), .from = SPAN_LIT("s@s.example") };
	struct facts f = { .size_bytes = size_of(n), .header_bytes = 64, .longest_line = 62 };
	char *p = malloc(f.size_bytes);
	struct err err;
	uint32_t draft;
	int fd;

	m->id = e.id;
	e.rcpts_n = m->rcpts_n = 1 + n % RCPTS_MOST;
	e.rcpts = (struct recipient *)rcpts;
	fill(p, f.size_bytes, e.id);
	f.crc32c = crc32c(0, span_of(p, f.size_bytes));
	if (f.size_bytes < LARGE)
		store_accept(w->store, &e, &f, span_of(p, f.size_bytes), on_accepted, w);
	else if ((fd = store_draft_new(w->store, &draft, &err)) == -1)
		w->answered++;
	else {
		if (write(fd, p, f.size_bytes) == (ssize_t)f.size_bytes)
			f.has_dots = false;
		close(fd);
		store_accept_draft(w->store, &e, &f, draft, on_accepted, w);
	}
	free(p);
}

/* ---- one more ---- */

static void once_more(void *ctx);

static void
on_once_more(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct work *w = ctx;

	(void)id;
	(void)text;
	if (code != 0) {
		timer_set_ms(w->again, AGAIN_MS);
		return;
	}
	say("afterwards\n");
	if (w->checking) {
		say("checked\n");
		_exit(0);
	}
	w->stopping = true;
	store_stop(w->store, on_stopped, w);
}

static void
once_more(void *ctx)
{
	struct work *w = ctx;
	struct recipient rcpt = { .address = SPAN_LIT("z@z.example") };
	struct envelope e = { .id = id_new(), .rcpts_n = 1, .rcpts = &rcpt };
	struct facts f = { .size_bytes = 64, .header_bytes = 64, .longest_line = 62 };
	char p[64];

	fill(p, sizeof(p), e.id);
	f.crc32c = crc32c(0, span_of(p, sizeof(p)));
	store_accept(w->store, &e, &f, span_of(p, sizeof(p)), on_once_more, w);
}

static void
on_turn(void *ctx)
{
	struct work *w = ctx;

	if (!w->checking && w->given < w->messages && w->given - w->answered < 4)
		for (unsigned i = 0; i < 3 && w->given < w->messages; i++)
			give(w);
	if (!w->checking && !w->once_more && w->answered == w->messages &&
	    w->ends_told == w->ends_asked) {
		w->once_more = true;
		once_more(w);
	}
	store_cut(w->store);
}

static void
on_patience(void *ctx)
{
	(void)ctx;
	say("patience\n");
	_exit(0);
}

/* ---- check ---- */

static void
load(void *ctx, const struct store_wait *wait)
{
	struct id **at = ctx;

	*(*at)++ = wait->id;
}

/* What is held is never due. */
static void
look_at_held(struct work *w)
{
	DIR *dir = opendir(w->hold);
	struct dirent *d;
	struct id id;
	struct err err;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (id_parse(span_str(d->d_name), &id) == 0)
			(void)store_load(w->store, id, on_found, w, &err);
}

static void
on_settled(void *ctx)
{
	((struct work *)ctx)->settled = true;
}

/* What the scan of the spool found is in the index once it is over and that was written. */
static void
scan_look(struct work *w)
{
	struct store_numbers n;

	store_numbers(w->store, &n);
	if (n.looking || w->asked)
		return;
	w->asked = true;
	store_settled(w->store, on_settled, w);
}

/* Until the scan of the spool and the index have told all; some time without news after that is the end. */
static void
look(void *ctx)
{
	struct work *w = ctx;
	struct id ids[64], *at = ids;
	struct err err;
	unsigned n;

	if (w->looked)
		on_patience(w);
	scan_look(w);
	n = store_due(w->store, UINT64_MAX, 64, load, &at);

	for (unsigned i = 0; i < n; i++)
		(void)store_load(w->store, ids[i], on_found, w, &err);
	if (n > 0 || !w->settled)
		w->turn = 0;
	if (w->turn++ <= QUIET_TURNS) {
		timer_set_ms(w->patience, 20);
		return;
	}
	look_at_held(w);
	timer_set_ms(w->patience, PATIENCE_MS);
	w->looked = true;
	once_more(w);
}

int
main(int argc, char **argv)
{
	static struct work w;

	if (argc < 3 || argc > 4)
		return 2;
	w.messages = argc == 4 ? (unsigned)atoi(argv[3]) : MESSAGES;
	if (w.messages > MESSAGES_MOST)
		return 2;
	log_init("store_fault", STDERR_FILENO);
	id_init(1);
	loop_init();
	w.checking = strcmp(argv[1], "check") == 0;
	opened(&w, argv[2]);
	w.again = timer_new(once_more, &w);
	loop_at_turn_end(on_turn, &w);
	w.patience = timer_new(w.checking ? look : on_patience, &w);
	timer_set_ms(w.patience, w.checking ? 20 : PATIENCE_MS);
	loop_run();
	say("stopped\n");
	return 0;
}
