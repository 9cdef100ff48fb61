#include "doing.h"
#include "log.h"
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SUSPECTS_MAX = 64,
	HUNG_MS =
	    20 *
	    1000, /* a turn this long was not cut short by whoever killed us: it would not have ended */
};

static const char magic[8] = "doing 1";

struct page {
	char magic[8];
	struct doing_note now;
	uint64_t since_ms; /* monotonic: when what is in hand began */
	uint32_t crashed;  /* by a signal of our own, or fatal() */
	uint32_t next;     /* suspect to be overwritten */
	struct {
		struct doing_note note;
		uint32_t deaths;
	} suspects[SUSPECTS_MAX];
};
_Static_assert(sizeof(struct page) <= DOING_BYTES, "the note fits its memory file");

static struct page unshared; /* where there is no memory file */
static struct page *page = &unshared;

static const char *const names[] = {
	[DOING_NOTHING] = "nothing",
	[DOING_LOADED] = "it was read from the disk",
	[DOING_BEGUN] = "it set out",
	[DOING_ROUTED] = "its domain was looked up",
	[DOING_CONFIRMED] = "its recipient was looked up in the suppression list",
	[DOING_JUDGED] = "a reply was judged",
	[DOING_RETURNED] = "it had come back and was read",
	[DOING_NOTICED] = "its sender was told",
	[DOING_SENT] = "it was handed to a delivery process",
	[DOING_RESULT] = "its result was taken",
	[DOING_SETTLED] = "its end was written",
	[DOING_OPERATED] = "an operator's command was followed",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == DOING_KINDS, "each has its words");

struct doing_note
doing_begin(struct id id, uint32_t index, enum doing what)
{
	struct doing_note before = page->now;

	if (before.what == DOING_NOTHING)
		page->since_ms = loop_now_ms();
	page->now = (struct doing_note){ id, index, what };
	return before;
}

void
doing_end(const struct doing_note *before)
{
	page->now = *before;
}

/* ---- those that came to grief ---- */

static void
suspect_add(const struct doing_note *n)
{
	unsigned i = 0;

	while (i < SUSPECTS_MAX &&
	       (page->suspects[i].deaths == 0 || !id_eq(page->suspects[i].note.id, n->id)))
		i++;
	if (i == SUSPECTS_MAX) {
		i = page->next++ % SUSPECTS_MAX;
		page->suspects[i].deaths = 0;
	}
	page->suspects[i].note = *n;
	page->suspects[i].deaths++;
	log_begin(LOG_LEVEL_ERROR, "died-handling");
	log_kvs("id", id_text(n->id).c);
	log_num("rcpt", n->index);
	log_kvs("when", names[n->what]);
	log_num("deaths", page->suspects[i].deaths);
	log_end();
}

unsigned
doing_deaths(struct id id, const char **what)
{
	for (unsigned i = 0; i < SUSPECTS_MAX; i++)
		if (page->suspects[i].deaths > 0 && id_eq(page->suspects[i].note.id, id)) {
			*what = names[page->suspects[i].note.what];
			return page->suspects[i].deaths;
		}
	return 0;
}

void
doing_forgive(struct id id)
{
	for (unsigned i = 0; i < SUSPECTS_MAX; i++)
		if (id_eq(page->suspects[i].note.id, id))
			page->suspects[i].deaths = 0;
}

/* ---- the end that was not wanted ---- */

static void
note_crash(void)
{
	page->crashed = page->now.what != DOING_NOTHING;
}

#ifndef __SANITIZE_ADDRESS__
/* The default action follows: the instruction is tried again, abort() raises again. */
static void
on_fault(int sig)
{
	(void)sig;
	note_crash();
}

static void
faults_watch(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	struct sigaction once = { .sa_handler = on_fault,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };

	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &once, NULL);
}
#else
static void
faults_watch(void) /* the sanitizer watches, and reports */
{
}
#endif

/* Whoever was killed from outside did nothing wrong, unless it hung. */
static void
last_life(void)
{
	bool hung = page->now.what != DOING_NOTHING && loop_now_ms() - page->since_ms > HUNG_MS;

	if (page->now.what < DOING_KINDS && page->now.what != DOING_NOTHING &&
	    (page->crashed || hung))
		suspect_add(&page->now);
	page->now.what = DOING_NOTHING;
	page->crashed = 0;
}

void
doing_open(int fd)
{
	void *p = fd == -1 ? MAP_FAILED
			   : mmap(NULL, DOING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED) {
		log_warn("not-noted", "why=\"what queued has in its hand: %s\"",
		    strerror(fd == -1 ? ENOENT : errno));
		return;
	}
	page = p;
	if (memcmp(page->magic, magic, sizeof(magic)) != 0) {
		memset(page, 0, sizeof(*page));
		memcpy(page->magic, magic, sizeof(magic));
	}
	last_life();
	faults_watch();
	if (atexit(note_crash) != 0)
		log_warn("not-noted", "why=\"ends by fatal errors\"");
}
