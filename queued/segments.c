/* What the segments of the journal hold at a start, and what is wrong with them (DESIGN 4).
 *
 * They are read in the order of their generations; those older than the newest one's oldest hold nothing that counts. A
 * later generation says how many records of an earlier one count: what a group that failed left behind it does not. Where a
 * record is damaged, reading goes on at the next of that generation; how much is missing and whose is said, and a copy of the
 * segment is kept in corrupt/ before it is used again. Of the last group nobody says whether it was finished: what looks
 * like the beginning of one more record may be damage or an end in mid-write, and is told as such. */
#include "err.h"
#include "log.h"
#include "loop.h"
#include "store_inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROBE_BYTES = 1024 * 1024, SECTOR = 4096, TRACES_MOST = 1000, WORDS = 256 };

/* What a segment's opening says. */
struct opened {
	uint64_t oldest, bytes;
	uint32_t segments;
	bool headless; /* there are records, and no opening */
};

struct reading {
	struct store *store;
	char *block; /* one segment's bytes */
	struct opened opened[SEGMENTS_MAX];
	struct {
		uint64_t generation, records;
	} * ends; /* of those that somebody knows of */
	size_t ends_n, ends_cap;
	segment_each *each, *lost;
	void *ctx;
};

/* ---- bytes ---- */

/* One that cannot be read is zeros: no record. */
static size_t
sector_read(const struct segment *seg, char *to, size_t n, size_t at)
{
	ssize_t got = pread(seg->fd, to, n < SECTOR ? n : SECTOR, (off_t)at);

	if (got >= 0)
		return (size_t)got;
	memset(to, 0, n < SECTOR ? n : SECTOR);
	return n < SECTOR ? n : SECTOR;
}

static size_t
bytes_read_at(const struct segment *seg, char *to, size_t n, size_t from)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = pread(seg->fd, to + at, n - at, (off_t)(from + at));
		size_t some = got >= 0 ? (size_t)got : sector_read(seg, to + at, n - at, from + at);

		if (some == 0)
			break;
		at += some;
	}
	return at;
}

static size_t
bytes_read(const struct segment *seg, char *to, size_t n)
{
	return bytes_read_at(seg, to, n, 0);
}

/* ---- what the openings say ---- */

static void
end_known(struct reading *r, uint64_t generation, uint64_t records)
{
	if (records == UINT64_MAX)
		return;
	if (r->ends_n == r->ends_cap) {
		r->ends_cap = r->ends_cap == 0 ? 64 : r->ends_cap * 2;
		r->ends = reallocarray(r->ends, r->ends_cap, sizeof(*r->ends));
		if (r->ends == NULL)
			fatal("out of memory for the journal's ends");
	}
	r->ends[r->ends_n].generation = generation;
	r->ends[r->ends_n++].records = records;
}

/* UINT64_MAX: nobody knows. */
static uint64_t
end_of(const struct reading *r, uint64_t generation)
{
	uint64_t records = UINT64_MAX;

	for (size_t i = 0; i < r->ends_n; i++)
		if (r->ends[i].generation == generation && r->ends[i].records < records)
			records = r->ends[i].records;
	return records;
}

static void
opening_take(struct reading *r, unsigned i, const struct journal_record *rec)
{
	struct journal_end end;

	r->opened[i] = (struct opened){ rec->oldest, rec->segment_bytes, rec->segments, false };
	end_known(r, rec->generation - 1, rec->previous_end);
	for (size_t at = 0; at + sizeof(end) <= rec->ends.n; at += sizeof(end)) {
		memcpy(&end, rec->ends.p + at, sizeof(end));
		end_known(r, end.generation, end.records);
	}
}

static void
opening_read(struct reading *r, unsigned i)
{
	struct segment *seg = &r->store->segments[i];
	struct journal_reader reader;
	struct journal_record rec;
	struct journal_gap gap;

	journal_reader_init(&reader, span_of(r->block, bytes_read(seg, r->block, SECTOR)));
	if (journal_next(&reader, &rec))
		opening_take(r, i, &rec);
	else { /* of what this start has just made there is nothing to read */
		journal_reader_init(
		    &reader, span_of(r->block, bytes_read(seg, r->block, seg->had)));
		if (!journal_skip(&reader, &gap))
			return;
		r->opened[i].headless = true;
	}
	seg->generation = reader.generation;
	seg->salt = reader.salt;
	if (seg->generation > r->store->generation)
		r->store->generation = seg->generation;
}

/* Where the newest cannot say it, an older one's word is true too: what was freed since has its ends behind it. */
static uint64_t
oldest_of(const struct reading *r)
{
	uint64_t oldest = 1;

	for (unsigned i = 0; i < r->store->segments_n; i++)
		if (r->opened[i].oldest > oldest)
			oldest = r->opened[i].oldest;
	return oldest;
}

/* NULL: there is none yet. */
static const struct opened *
newest(const struct reading *r)
{
	for (unsigned i = 0; i < r->store->segments_n; i++)
		if (r->store->generation > 0 &&
		    r->store->segments[i].generation == r->store->generation)
			return &r->opened[i];
	return NULL;
}

/* ---- what is wrong ---- */

static void __attribute__((format(printf, 3, 4)))
damaged(struct store *s, unsigned segment, const char *fmt, ...)
{
	char name[32], why[WORDS];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	snprintf(name, sizeof(name), "journal/%06u", segment);
	s->numbers.damaged_segments++;
	s->hooks->corrupt(s->hooks_ctx, name, why);
}

int
segment_keep(struct store *s, unsigned segment)
{
	struct segment *seg = &s->segments[segment];
	struct err err;
	char name[48];

	snprintf(
	    name, sizeof(name), "journal-%06u-%llu", segment, (unsigned long long)seg->generation);
	if (spool_keep_segment(s->spool, seg->fd, seg->keep, name, &err) == -1) {
		log_error("journal-unkept", "segment=%u why=\"%s\"", segment, err.text);
		return -1;
	}
	log_warn("journal-kept", "segment=%u file=\"corrupt/%s\"", segment, name);
	seg->keep = 0;
	return 0;
}

/* Whose records they were, as far as their headers tell. */
static void
gap_told(struct reading *r, const struct journal_reader *reader, const struct journal_gap *gap,
    unsigned segment, bool counts)
{
	static const char *const kinds[] = { [JOURNAL_OPEN] = "opening",
		[JOURNAL_MESSAGE] = "message",
		[JOURNAL_END] = "end",
		[JOURNAL_MOVE] = "move" };
	struct journal_record rec;
	unsigned n = 0;

	log_error("journal-unreadable", "segment=%u generation=%llu at=%zu bytes=%zu records=%llu",
	    segment, (unsigned long long)reader->generation, gap->at, gap->n,
	    (unsigned long long)gap->records);
	for (size_t at = gap->at; n < TRACES_MOST && journal_trace(reader, gap, &at, &rec); n++) {
		log_error("journal-lost", "id=%s what=%s recipient=%u", id_text(rec.id).c,
		    rec.type >= JOURNAL_OPEN && rec.type <= JOURNAL_MOVE ? kinds[rec.type] : "?",
		    rec.type == JOURNAL_END ? rec.index : 0);
		if (counts && rec.is_certain)
			r->lost(r->ctx, &rec, segment);
	}
}

static void
gaps_add(struct journal_gap *sum, const struct journal_gap *gap)
{
	sum->n += gap->n;
	sum->records += gap->records;
}

/* ---- one segment ---- */

/* Its records, up to that one; what is missing between them is told and summed up. */
static void
records_read(struct reading *r, unsigned i, struct journal_reader *reader, uint64_t end,
    struct journal_gap *missing)
{
	struct journal_record rec;
	struct journal_gap gap;

	while (reader->sequence < end) {
		if (journal_next(reader, &rec)) {
			r->each(r->ctx, &rec, i);
			continue;
		}
		if (!journal_skip(reader, &gap))
			break;
		if (reader->sequence > end)
			gap.records -= reader->sequence - end;
		gap_told(r, reader, &gap, i, true);
		gaps_add(missing, &gap);
	}
}

/* Nothing more of it can be read: is that where it ended? Whoever sent what was never finished has it still. */
static void
end_look(struct reading *r, const struct journal_reader *reader, uint64_t end, unsigned i,
    struct journal_gap *missing)
{
	struct journal_gap gap;

	if (reader->sequence >= end || (end == UINT64_MAX && !journal_is_torn(reader, &gap)))
		return;
	if (end != UINT64_MAX) {
		gap = (struct journal_gap){ .at = reader->at,
			.n = reader->segment.n - reader->at,
			.first = reader->sequence,
			.records = end - reader->sequence };
	}
	gap_told(r, reader, &gap, i, end != UINT64_MAX);
	gaps_add(missing, &gap);
}

static void
missing_tell(struct store *s, unsigned i, const struct journal_gap *missing, bool of_last_group)
{
	s->numbers.damaged_bytes += missing->n;
	s->numbers.damaged_records += missing->records;
	damaged(s, i, "%zu bytes of generation %llu could not be read, %llu records%s", missing->n,
	    (unsigned long long)s->segments[i].generation, (unsigned long long)missing->records,
	    of_last_group ? ", damaged or never finished" : "");
	(void)segment_keep(s, i); /* else it is tried again, and the segment not used until then */
}

static void
segment_take(struct reading *r, unsigned i)
{
	struct store *s = r->store;
	struct segment *seg = &s->segments[i];
	uint64_t end = end_of(r, seg->generation);
	struct journal_gap missing = { 0 };
	struct journal_reader reader;

	journal_reader_init(&reader, span_of(r->block, bytes_read(seg, r->block, seg->bytes)));
	if (r->opened[i].headless) {
		reader.generation = seg->generation;
		reader.salt = seg->salt;
	}
	records_read(r, i, &reader, end, &missing);
	end_look(r, &reader, end, i, &missing);
	seg->used = reader.at;
	seg->records = reader.sequence;
	seg->state = SEGMENT_FULL;
	if (missing.records > 0) {
		seg->keep = reader.at + missing.n < seg->bytes ? reader.at + missing.n : seg->bytes;
		missing_tell(s, i, &missing, end == UINT64_MAX);
	}
	if (fdatasync(seg->fd) == -1) {
		/* What was read may not be on disk: all of it goes to files, and nothing is written here. */
		log_error("journal-failed", "segment=%u why=\"%s\"", i, strerror(errno));
		seg->state = SEGMENT_FAILED;
	}
}

static int
next_generation(const struct store *s, uint64_t after)
{
	int found = -1;

	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].generation > after &&
		    (found == -1 || s->segments[i].generation < s->segments[found].generation))
			found = (int)i;
	return found;
}

/* ---- all of them ---- */

/* Between what was read and the next generation: is one missing that held something? The opening alone is nothing. */
static void
generations_look(struct reading *r, uint64_t from, uint64_t to)
{
	struct store *s = r->store;

	for (uint64_t g = from; g < to && to - from <= SEGMENTS_MAX; g++) {
		uint64_t end = end_of(r, g);

		/* One that the newest does not list had failed before it held anything. */
		if (end <= 1 || (end == UINT64_MAX && newest(r)->segments > 0))
			continue;
		s->numbers.damaged_segments++;
		if (end != UINT64_MAX)
			s->numbers.damaged_records += end;
		log_error("journal-missing", "generation=%llu records=%lld", (unsigned long long)g,
		    end == UINT64_MAX ? -1LL : (long long)end);
		s->hooks->corrupt(s->hooks_ctx, "journal/",
		    "a generation is missing: its segment was lost or overwritten");
	}
}

/* The sizes that openings tell: one's own, or the least there is; files that were lost are there again, full of zeros. */
static void
sizes_look(const struct reading *r)
{
	struct store *s = r->store;
	uint64_t least = UINT64_MAX;
	uint32_t segments = 0;

	for (unsigned i = 0; i < s->segments_n; i++) {
		const struct opened *o = &r->opened[i];

		if (o->segments == 0)
			continue;
		least = o->bytes < least ? o->bytes : least;
		if (s->segments[i].generation == s->generation || segments == 0)
			segments = o->segments;
	}
	for (unsigned i = 0; i < segments && i < s->segments_n; i++) {
		uint64_t was = r->opened[i].segments > 0 ? r->opened[i].bytes : least;

		if (s->segments[i].had == 0)
			damaged(s, i, "it was missing");
		else if (s->segments[i].had < was)
			damaged(s, i, "it was %zu bytes long instead of %llu", s->segments[i].had,
			    (unsigned long long)was);
	}
}

static size_t
largest(const struct store *s)
{
	size_t n = SECTOR;

	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].bytes > n)
			n = s->segments[i].bytes;
	return n;
}

void
segments_read(struct store *s, segment_each *each, segment_each *lost, void *ctx)
{
	struct reading r = {
		.store = s, .block = malloc(largest(s)), .each = each, .lost = lost, .ctx = ctx
	};
	uint64_t at;
	int i;

	if (r.block == NULL)
		fatal("out of memory for the replay");
	for (unsigned k = 0; k < s->segments_n; k++)
		opening_read(&r, k);
	at = oldest_of(&r);
	i = next_generation(s, at - 1);
	if (i != -1 && newest(&r)->headless) /* what was freed since may be overwritten */
		at = s->segments[i].generation;
	while ((i = next_generation(s, at - 1)) != -1) {
		generations_look(&r, at, s->segments[i].generation);
		segment_take(&r, (unsigned)i);
		at = s->segments[i].generation + 1;
	}
	sizes_look(&r);
	free(r.block);
	free(r.ends);
}

/* ---- those that failed ---- */

enum { PROBE_FIRST_MS = 1000, PROBE_MOST_MS = 300 * 1000 };

struct probe_work {
	struct work work;
	struct store *store;
	unsigned segment;
	struct err err;
	int failed;
};

/* With what it holds: a start must find it as it was until its next use. */
static int
write_over(const struct segment *seg, char *block, struct err *err)
{
	for (size_t at = 0; at < seg->bytes; at += PROBE_BYTES) {
		size_t n = seg->bytes - at < PROBE_BYTES ? seg->bytes - at : PROBE_BYTES;

		bytes_read_at(seg, block, n, at);
		if (pwrite(seg->fd, block, n, (off_t)at) != (ssize_t)n)
			return err_sys(err, "write a journal segment");
	}
	return fdatasync(seg->fd) == -1 ? err_sys(err, "sync a journal segment") : 0;
}

static void
probe_run(struct work *w)
{
	struct probe_work *k = (struct probe_work *)w;
	struct segment *seg = &k->store->segments[k->segment];
	char *block = malloc(PROBE_BYTES);

	if (block == NULL)
		fatal("out of memory for a journal segment");
	k->failed = seg->keep > 0 && segment_keep(k->store, k->segment) == -1
			? err_set(&k->err, "no copy of it could be kept")
			: write_over(seg, block, &k->err);
	free(block);
}

static void
on_probed(struct work *w)
{
	struct probe_work *k = (struct probe_work *)w;
	struct store *s = k->store;
	struct segment *seg = &s->segments[k->segment];

	s->probing = false;
	if (k->failed) {
		seg->probe_at_ms =
		    loop_now_ms() +
		    (seg->probes > 8 ? PROBE_MOST_MS : PROBE_FIRST_MS << seg->probes);
		log_warn("journal-probe-failed", "segment=%u why=\"%s\"", k->segment, k->err.text);
		seg->probes++;
	} else {
		log_info("journal-back", "segment=%u", k->segment);
		seg->state = SEGMENT_FREE;
		seg->retired = false;
		seg->probes = 0;
	}
	free(k);
	segments_probe(s);
	store_cut(s);
}

void
segments_probe(struct store *s)
{
	for (unsigned i = 0; i < s->segments_n && !s->probing; i++) {
		struct segment *seg = &s->segments[i];
		struct probe_work *k;

		if (seg->state != SEGMENT_FAILED || !seg->retired ||
		    loop_now_ms() < seg->probe_at_ms)
			continue;
		k = calloc(1, sizeof(*k));
		if (k == NULL)
			fatal("out of memory for a probe");
		k->work = (struct work){ .run = probe_run, .done = on_probed };
		k->store = s;
		k->segment = i;
		s->probing = true;
		thread_push(s->probe, &k->work);
	}
}
