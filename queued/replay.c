/* The start: what the journal holds is made true again (DESIGN 4).
 *
 *	1. segments are read in the order of their generations, from the highest floor on, each up to the first record
 *	   that does not match;
 *	2. an acceptance makes a message live, an end marks its recipient and its event is told again;
 *	3. each living message's file, where there is one, is compared by length and checksum: a file is believed only
 *	   whole (a renamed one can come back empty), else it is written again by the checkpoint that follows;
 *	4. ends of messages that live in files alone are marked there; a file whose last recipient ended is removed. */
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message_file.h"
#include "spool.h"
#include "store_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* An end whose message the journal does not hold. */
struct orphan {
	struct id id;
	uint32_t index;
	char mark;
};

struct replaying {
	struct store *store;
	struct orphan *orphans;
	size_t orphans_n, orphans_cap;
	uint64_t accepted, ended;
};

static void
orphan_add(struct replaying *r, const struct journal_record *rec)
{
	if (r->orphans_n == r->orphans_cap) {
		r->orphans_cap = r->orphans_cap == 0 ? 256 : r->orphans_cap * 2;
		r->orphans = reallocarray(r->orphans, r->orphans_cap, sizeof(*r->orphans));
		if (r->orphans == NULL)
			fatal("out of memory for the replay");
	}
	r->orphans[r->orphans_n++] = (struct orphan){ rec->id, rec->index, rec->mark };
}

static uint32_t
open_marks(struct span head)
{
	uint32_t open = 0;
	size_t at;

	for (uint32_t i = 0; (at = message_file_mark(head, i)) != 0; i++)
		open += head.p[at] == MARK_OPEN;
	return open;
}

static void
accept_again(struct replaying *r, const struct journal_record *rec, unsigned segment)
{
	struct message_file f;
	struct entry *e;

	if (entry_find(r->store, rec->id) != NULL || message_file_first(rec->body, &f) == -1 ||
	    f.head_bytes + f.size_bytes != rec->body.n)
		return;
	e = entry_new(r->store, rec->id);
	e->image = malloc(rec->body.n + 1);
	if (e->image == NULL)
		fatal("out of memory for the replay");
	memcpy(e->image, rec->body.p, rec->body.n);
	e->head_n = f.head_bytes;
	e->bytes_n = f.size_bytes;
	e->open = open_marks(entry_head(e));
	entry_living(r->store, e, segment);
	r->accepted++;
}

static void
end_again(struct replaying *r, const struct journal_record *rec)
{
	struct entry *e = entry_find(r->store, rec->id);
	size_t at = e == NULL ? 0 : message_file_mark(entry_head(e), rec->index);

	r->ended++;
	if (rec->body.n > 0)
		r->store->hooks->event(r->store->hooks_ctx, rec->body);
	if (e == NULL)
		orphan_add(r, rec);
	else if (at != 0 && e->image[at] == MARK_OPEN) {
		e->image[at] = rec->mark;
		e->open--;
		e->marks_late = true;
	}
}

static int
segment_replay(struct replaying *r, unsigned i, struct err *err)
{
	struct segment *seg = &r->store->segments[i];
	struct journal_record rec;
	struct span rest;
	struct stat st;
	char *map;

	if (fstat(seg->fd, &st) == -1)
		return err_sys(err, "journal segment %u", i);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, seg->fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, "read journal segment %u", i);
	rest = span_of(map, (size_t)st.st_size);
	while (journal_next(&rest, seg->generation, &rec)) {
		if (rec.type == JOURNAL_ACCEPT)
			accept_again(r, &rec, i);
		else if (rec.type == JOURNAL_END)
			end_again(r, &rec);
		r->store->sequence = rec.sequence;
	}
	seg->used = (size_t)st.st_size - rest.n;
	seg->state = SEGMENT_FULL;
	munmap(map, (size_t)st.st_size);
	return 0;
}

/* The highest floor that the records of a segment name. */
static uint64_t
floor_read(struct span segment, uint64_t generation)
{
	struct journal_record rec;
	uint64_t floor = 0, named;

	while (journal_next(&segment, generation, &rec))
		if (rec.type == JOURNAL_FLOOR && rec.body.n == sizeof(named)) {
			memcpy(&named, rec.body.p, sizeof(named));
			if (named > floor)
				floor = named;
		}
	return floor;
}

/* What each segment was last used for, and from where on it counts. */
static int
generations_read(struct store *s, uint64_t *floor, struct err *err)
{
	*floor = 0;
	for (unsigned i = 0; i < s->segments_n; i++) {
		struct segment *seg = &s->segments[i];
		uint64_t named;
		struct stat st;
		char *map;

		if (fstat(seg->fd, &st) == -1)
			return err_sys(err, "journal segment %u", i);
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, seg->fd, 0);
		if (map == MAP_FAILED)
			return err_sys(err, "read journal segment %u", i);
		seg->generation = journal_generation(span_of(map, (size_t)st.st_size));
		named = floor_read(span_of(map, (size_t)st.st_size), seg->generation);
		munmap(map, (size_t)st.st_size);
		if (seg->generation > s->generation)
			s->generation = seg->generation;
		if (named > *floor)
			*floor = named;
	}
	return 0;
}

static int
oldest_after(const struct store *s, uint64_t generation)
{
	int found = -1;

	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].generation > generation &&
		    (found == -1 || s->segments[i].generation < s->segments[found].generation))
			found = (int)i;
	return found;
}

/* ---- files ---- */

static bool
file_whole(int fd, const struct entry *e)
{
	size_t n = e->head_n + e->bytes_n;
	struct message_file f;
	struct stat st;
	bool whole = false;
	char *map;

	if (fstat(fd, &st) == -1 || (size_t)st.st_size != n)
		return false;
	map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	if (message_file_first(span_of(map, n), &f) == 0 && f.head_bytes == e->head_n)
		whole = crc32c(0, span_of(map + e->head_n, e->bytes_n)) == f.crc32c;
	munmap(map, n);
	return whole;
}

static void
file_marks(struct store *s, struct id id, struct span head)
{
	struct err err;
	size_t at;

	for (uint32_t i = 0; (at = message_file_mark(head, i)) != 0; i++)
		if (head.p[at] != MARK_OPEN && spool_mark(s->spool, id, at, head.p[at], &err) == -1)
			log_error("replay-mark", "id=%s why=\"%s\"", id_text(id).c, err.text);
}

static void
file_compare(struct store *s, struct entry *e)
{
	enum spool_place place = SPOOL_CUR;
	int fd = spool_read_open(s->spool, e->id, &place);

	if (fd == -1)
		return;
	e->held = place == SPOOL_HOLD;
	if (file_whole(fd, e)) {
		file_marks(s, e->id, entry_head(e));
		TAILQ_REMOVE(&s->segments[e->segment].living, e, living);
		e->state = ENTRY_FILE;
		e->indexed = true;
		s->numbers.files++;
	}
	close(fd);
}

static void
entry_tell(struct store *s, struct entry *e)
{
	struct arena *a = arena_new(0);
	struct store_found found = { .bytes = entry_bytes(e), .held = e->held };
	struct envelope envelope;
	struct facts facts;
	struct err err;

	if (message_file_parse(entry_head(e), &envelope, &facts, a, &err) == 0) {
		found.envelope = &envelope;
		found.facts = &facts;
		s->hooks->found(s->hooks_ctx, &found);
	} else
		log_error("replay-damaged", "id=%s why=\"%s\"", id_text(e->id).c, err.text);
	arena_free(a);
}

static void
entries_settle(struct store *s)
{
	struct table_node *n = table_each(&s->entries, NULL), *next;

	for (; n != NULL; n = next) {
		struct entry *e = TABLE_OF(n, struct entry, by_id);

		next = table_each(&s->entries, n);
		if (e->open == 0) {
			(void)spool_remove(s->spool, e->id);
			index_remove_all(s->index, e->id);
			entry_left(s, e);
			continue;
		}
		file_compare(s, e);
		entry_tell(s, e);
	}
}

/* The file of a message the journal does not hold: marked, removed when that was its last recipient. */
static void
orphan_settle(struct store *s, const struct orphan *o)
{
	int fd = spool_read_open(s->spool, o->id, NULL);
	char first[MESSAGE_FILE_FIRST], *head;
	struct message_file f;
	struct err err;
	size_t at;

	if (fd == -1)
		return;
	if (pread(fd, first, sizeof(first), 0) != (ssize_t)sizeof(first) ||
	    message_file_first(span_of(first, sizeof(first)), &f) == -1 ||
	    (head = malloc(f.head_bytes)) == NULL) {
		close(fd);
		return;
	}
	if (pread(fd, head, f.head_bytes, 0) == (ssize_t)f.head_bytes &&
	    (at = message_file_mark(span_of(head, f.head_bytes), o->index)) != 0) {
		head[at] = o->mark;
		if (open_marks(span_of(head, f.head_bytes)) == 0) {
			(void)spool_remove(s->spool, o->id);
			index_remove_all(s->index, o->id);
		} else if (spool_mark(s->spool, o->id, at, o->mark, &err) == -1)
			log_error("replay-mark", "id=%s why=\"%s\"", id_text(o->id).c, err.text);
	}
	free(head);
	close(fd);
}

int
replay(struct store *s, struct err *err)
{
	struct replaying r = { .store = s };
	uint64_t generation = 0, floor;
	int i;

	if (generations_read(s, &floor, err) == -1)
		return -1;
	if (floor > 0)
		generation = floor - 1;
	while ((i = oldest_after(s, generation)) != -1) {
		generation = s->segments[i].generation;
		if (segment_replay(&r, (unsigned)i, err) == -1)
			return -1;
	}
	for (size_t k = 0; k < r.orphans_n; k++)
		orphan_settle(s, &r.orphans[k]);
	free(r.orphans);
	entries_settle(s);
	log_info("replayed", "accepted=%llu ended=%llu living=%llu generation=%llu",
	    (unsigned long long)r.accepted, (unsigned long long)r.ended,
	    (unsigned long long)s->numbers.messages, (unsigned long long)s->generation);
	return 0;
}

/* ---- files without a record ---- */

struct stray_work {
	struct work work;
	struct store *store;
	struct id *ids;
	size_t n, cap;
};

static void
stray_see(void *ctx, const char *folder, const char *name)
{
	struct stray_work *k = ctx;
	struct id id;

	if (id_parse(span_str(name), &id) == -1) {
		spool_set_aside(k->store->spool, folder, name);
		return;
	}
	if (k->n == k->cap) {
		k->cap = k->cap == 0 ? 1024 : k->cap * 2;
		k->ids = reallocarray(k->ids, k->cap, sizeof(*k->ids));
		if (k->ids == NULL)
			fatal("out of memory for the spool's names");
	}
	k->ids[k->n++] = id;
}

static void
stray_run(struct work *w)
{
	struct stray_work *k = (struct stray_work *)w;

	spool_each(k->store->spool, SPOOL_CUR, stray_see, k);
	spool_each(k->store->spool, SPOOL_HOLD, stray_see, k);
}

static void
on_strays(struct work *w)
{
	struct stray_work *k = (struct stray_work *)w;
	struct store *s = k->store;

	for (size_t i = 0; i < k->n; i++)
		if (entry_find(s, k->ids[i]) == NULL && !index_has(s->index, k->ids[i]))
			s->hooks->stray(s->hooks_ctx, k->ids[i]);
	free(k->ids);
	free(k);
}

void
replay_strays(struct store *s)
{
	struct stray_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatal("out of memory for the spool's names");
	*k = (struct stray_work){ .work = { .run = stray_run, .done = on_strays }, .store = s };
	thread_push(s->sync, &k->work);
}
