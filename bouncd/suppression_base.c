#include "suppression_base.h"
#include "crc32c.h"
#include "endian_bytes.h"
#include "sealed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEAD_BYTES = 64,
	HEAD_SUMMED = 60,
	BUCKETS = 65536,
	DIRECTORY_BYTES = (BUCKETS + 1) * 8,
	TAIL_BYTES = SUPPRESSION_HASH_BYTES - 2, /* of a hash, in an entry */
	WAITING_MAX = 2 << 20,
	HASHES_AT_ONCE = 32 * 1024,
	BUCKET_BYTES = 64 * 1024, /* mostly far less */
};

/* A head: magic, then where each number stands. */
static const char magic[8] = "phlist\0\1";
enum { AT_COUNT = 8, AT_BYTES = 16, AT_GENERATION = 24, AT_EXPIRY = 32, AT_TEXTS = 40 };
enum { AT_DATA_CRC = 48, AT_HEAD_CRC = HEAD_SUMMED };

struct base_writer {
	int fd;
	uint64_t generation, most, count, next_expiry_s, texts;
	uint64_t written; /* bytes of entries in the file */
	uint32_t crc;
	struct buf waiting;
	uint8_t *directory;
	uint32_t bucket; /* up to this one the directory is filled */
	int hashes_fd;
	uint64_t hashes_written;
	uint64_t hashes[HASHES_AT_ONCE];
	size_t hashes_n;
	bool failed;
	struct err err;
};

static const uint8_t *
entries(const struct base *b)
{
	return b->map + HEAD_BYTES;
}

/* ---- reading ---- */

static uint32_t
head_crc(const uint8_t *head, const uint8_t *directory)
{
	return crc32c(crc32c(0, span_of(head, HEAD_SUMMED)), span_of(directory, DIRECTORY_BYTES));
}

static int
head_read(struct base *b, uint64_t generation, struct err *err)
{
	if (b->map_bytes < HEAD_BYTES + DIRECTORY_BYTES ||
	    memcmp(b->map, magic, sizeof(magic)) != 0)
		return err_set(err, "it is no list of ours");
	b->count = be64(b->map + AT_COUNT);
	b->data_bytes = be64(b->map + AT_BYTES);
	b->generation = be64(b->map + AT_GENERATION);
	b->next_expiry_s = be64(b->map + AT_EXPIRY);
	b->texts = be64(b->map + AT_TEXTS);
	if (b->generation != generation)
		return err_set(err, "it is the list number %llu, not %llu",
		    (unsigned long long)b->generation, (unsigned long long)generation);
	if (b->data_bytes != b->map_bytes - HEAD_BYTES - DIRECTORY_BYTES)
		return err_set(err, "it is cut short");
	b->directory = b->map + HEAD_BYTES + b->data_bytes;
	if (be32(b->map + AT_HEAD_CRC) != head_crc(b->map, b->directory) ||
	    be32(b->map + AT_DATA_CRC) != crc32c(0, span_of(entries(b), b->data_bytes)))
		return err_set(err, "its checksum is wrong");
	return 0;
}

static int
map_file(struct base *b, struct err *err)
{
	struct stat st;
	void *p;

	if (fstat(b->fd, &st) == -1)
		return err_sys(err, "look at it");
	if (st.st_size < HEAD_BYTES)
		return err_set(err, "it is cut short");
	b->map_bytes = (size_t)st.st_size;
	p = mmap(NULL, b->map_bytes, PROT_READ, MAP_SHARED, b->fd, 0);
	if (p == MAP_FAILED)
		return err_sys(err, "map it");
	b->map = p;
	return 0;
}

static uint64_t
bucket_begin(const struct base *b, uint32_t bucket)
{
	return be64(b->directory + (size_t)bucket * 8);
}

/* The bytes of one entry, of which more may follow; 0: it is none. */
static size_t
entry_read(
    struct span in, uint32_t bucket, struct suppression_hash *h, struct suppression_packed *p)
{
	uint8_t whole[SUPPRESSION_HASH_BYTES];
	size_t n;

	if (in.n <= TAIL_BYTES)
		return 0;
	be16_put(whole, (uint16_t)bucket);
	memcpy(whole + 2, in.p, TAIL_BYTES);
	*h = suppression_hash_get(whole);
	n = suppression_unpack(p, span_from(in, TAIL_BYTES));
	return n == 0 ? 0 : TAIL_BYTES + n;
}

/* Read and not mapped: a look-up in a file of hundreds of megabytes leaves nothing of it in this process. */
bool
base_get(const struct base *b, struct suppression_hash hash, struct suppression_packed *p)
{
	static char some[BUCKET_BYTES];
	uint32_t bucket = (uint32_t)(hash.published >> 48);
	struct suppression_hash h;
	struct span left;
	uint64_t at;

	if (b->count == 0)
		return false;
	at = bucket_begin(b, bucket);
	left = span_of(entries(b) + at, bucket_begin(b, bucket + 1) - at);
	if (left.n <= sizeof(some) &&
	    pread(b->fd, some, left.n, (off_t)(HEAD_BYTES + at)) == (ssize_t)left.n)
		left.p = some;
	for (size_t n; (n = entry_read(left, bucket, &h, p)) > 0; left = span_from(left, n))
		if (suppression_hash_cmp(h, hash) >= 0)
			return suppression_hash_cmp(h, hash) == 0;
	return false;
}

bool
base_next(const struct base *b, struct base_at *at, struct suppression_hash *h,
    struct suppression_packed *p)
{
	size_t n;

	if (b->count == 0 || at->offset >= b->data_bytes)
		return false;
	while (at->bucket + 1 < BUCKETS && bucket_begin(b, at->bucket + 1) <= at->offset)
		at->bucket++;
	n = entry_read(
	    span_of(entries(b) + at->offset, b->data_bytes - at->offset), at->bucket, h, p);
	at->offset += n;
	return n > 0;
}

struct base_at
base_seek(const struct base *b, struct suppression_hash hash)
{
	struct base_at at = { 0, 0 }, next;
	struct suppression_packed p;
	struct suppression_hash h;

	if (b->count == 0)
		return at;
	at.bucket = (uint32_t)(hash.published >> 48);
	at.offset = bucket_begin(b, at.bucket);
	for (next = at; base_next(b, &next, &h, &p) && suppression_hash_cmp(h, hash) < 0; at = next)
		continue;
	return at;
}

void
base_rest(const struct base *b)
{
	if (b->map != NULL)
		madvise((void *)b->map, b->map_bytes, MADV_DONTNEED);
}

/* ---- the memory file of hashes ---- */

static int
hashes_new(void)
{
	return memfd_create("suppressed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int
write_all(int fd, const void *p, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t w = pwrite(fd, p, n, (off_t)at);

		if (w <= 0)
			return -1;
		p = (const char *)p + w;
		n -= (size_t)w;
		at += (uint64_t)w;
	}
	return 0;
}

/* Reads all entries once. */
static int
hashes_make(struct base *b, struct err *err)
{
	static uint64_t some[HASHES_AT_ONCE];
	struct base_at at = { 0, 0 };
	struct suppression_packed p;
	struct suppression_hash h;
	uint64_t done = 0;
	size_t n = 0;

	b->hashes_fd = hashes_new();
	if (b->hashes_fd == -1)
		return err_sys(err, "memory for its hashes");
	while (base_next(b, &at, &h, &p)) {
		some[n++] = h.published;
		if (n < HASHES_AT_ONCE && done + n < b->count)
			continue;
		if (write_all(b->hashes_fd, some, n * 8, done * 8) == -1)
			return err_sys(err, "memory for its hashes");
		done += n;
		n = 0;
	}
	if (done != b->count || n > 0)
		return err_set(err, "%llu entries were promised, %llu are there",
		    (unsigned long long)b->count, (unsigned long long)(done + n));
	return sealed_close(b->hashes_fd, err);
}

int
base_open(struct base *b, int fd, uint64_t generation, struct err *err)
{
	*b = (struct base){ .fd = fd, .hashes_fd = -1, .next_expiry_s = UINT64_MAX };
	if (generation == 0)
		return 0;
	if (map_file(b, err) == -1 || head_read(b, generation, err) == -1 ||
	    (b->count > 0 && hashes_make(b, err) == -1)) {
		base_close(b);
		return -1;
	}
	base_rest(b);
	return 0;
}

void
base_close(struct base *b)
{
	if (b->map != NULL)
		munmap((void *)b->map, b->map_bytes);
	if (b->hashes_fd != -1)
		close(b->hashes_fd);
	*b = (struct base){ .fd = b->fd, .hashes_fd = -1, .next_expiry_s = UINT64_MAX };
}

/* ---- writing ---- */

struct base_writer *
base_writer_new(int fd, uint64_t generation, uint64_t most, struct err *err)
{
	struct base_writer *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->directory = malloc(DIRECTORY_BYTES)) == NULL)
		fatal("out of memory for the suppression list");
	w->fd = fd;
	w->generation = generation;
	w->most = most;
	w->next_expiry_s = UINT64_MAX;
	buf_init(&w->waiting, WAITING_MAX);
	be64_put(w->directory, 0);
	w->hashes_fd = hashes_new();
	if (w->hashes_fd == -1 || ftruncate(fd, 0) == -1) {
		err_sys(err, "begin a new file of the suppression list");
		base_writer_abort(w);
		return NULL;
	}
	return w;
}

void
base_writer_abort(struct base_writer *w)
{
	if (w->hashes_fd != -1)
		close(w->hashes_fd);
	buf_free(&w->waiting);
	free(w->directory);
	free(w);
}

static void
failed(struct base_writer *w, const char *what)
{
	if (!w->failed)
		err_sys(&w->err, "suppression list: %s", what);
	w->failed = true;
}

static void
hashes_flush(struct base_writer *w)
{
	if (write_all(w->hashes_fd, w->hashes, w->hashes_n * 8, w->hashes_written * 8) == -1)
		failed(w, "memory for its hashes");
	w->hashes_written += w->hashes_n;
	w->hashes_n = 0;
}

/* Buckets up to this one begin here. */
static void
directory_to(struct base_writer *w, uint32_t bucket)
{
	while (w->bucket < bucket)
		be64_put(w->directory + (size_t)++w->bucket * 8, w->written + w->waiting.n);
}

static void
entries_write(struct base_writer *w)
{
	if (write_all(w->fd, w->waiting.p, w->waiting.n, HEAD_BYTES + w->written) == -1)
		failed(w, "write");
	w->crc = crc32c(w->crc, buf_all(&w->waiting));
	w->written += w->waiting.n;
	buf_reset(&w->waiting);
}

void
base_writer_add(
    struct base_writer *w, struct suppression_hash h, const struct suppression_packed *p)
{
	uint8_t whole[SUPPRESSION_HASH_BYTES], packed[SUPPRESSION_PACKED_MAX];
	size_t n = suppression_pack(p, packed);

	must(w->count < w->most);
	suppression_hash_put(h, whole);
	if (w->waiting.n + TAIL_BYTES + n > WAITING_MAX)
		entries_write(w);
	directory_to(w, be16(whole));
	buf_add(&w->waiting, whole + 2, TAIL_BYTES);
	buf_add(&w->waiting, packed, n);
	if (w->hashes_n == HASHES_AT_ONCE)
		hashes_flush(w);
	w->hashes[w->hashes_n++] = h.published;
	w->count++;
	w->texts += p->address.n > 0;
	if (p->expires_s > 0 && p->expires_s < w->next_expiry_s)
		w->next_expiry_s = p->expires_s;
}

size_t
base_writer_waiting(const struct base_writer *w)
{
	return w->waiting.n;
}

int
base_writer_flush(struct base_writer *w, struct err *err)
{
	entries_write(w);
	if (!w->failed && fdatasync(w->fd) == -1)
		failed(w, "sync");
	if (w->failed && err != NULL)
		*err = w->err;
	return w->failed ? -1 : 0;
}

static int
head_write(struct base_writer *w)
{
	uint8_t head[HEAD_BYTES] = { 0 };

	directory_to(w, BUCKETS);
	memcpy(head, magic, sizeof(magic));
	be64_put(head + AT_COUNT, w->count);
	be64_put(head + AT_BYTES, w->written);
	be64_put(head + AT_GENERATION, w->generation);
	be64_put(head + AT_EXPIRY, w->next_expiry_s);
	be64_put(head + AT_TEXTS, w->texts);
	be32_put(head + AT_DATA_CRC, w->crc);
	be32_put(head + AT_HEAD_CRC, head_crc(head, w->directory));
	if (write_all(w->fd, w->directory, DIRECTORY_BYTES, HEAD_BYTES + w->written) == -1 ||
	    write_all(w->fd, head, HEAD_BYTES, 0) == -1 || fdatasync(w->fd) == -1) {
		failed(w, "write");
		return -1;
	}
	return 0;
}

static int
stand(struct base_writer *w, struct base *b)
{
	hashes_flush(w);
	if (w->failed || sealed_close(w->hashes_fd, &w->err) == -1)
		return -1;
	*b = (struct base){ .fd = w->fd,
		.hashes_fd = -1,
		.count = w->count,
		.data_bytes = w->written,
		.generation = w->generation,
		.next_expiry_s = w->next_expiry_s,
		.texts = w->texts };
	if (map_file(b, &w->err) == -1)
		return -1;
	b->directory = b->map + HEAD_BYTES + b->data_bytes;
	if (w->count > 0) {
		b->hashes_fd = w->hashes_fd;
		w->hashes_fd = -1;
	}
	return 0;
}

int
base_writer_finish(struct base_writer *w, struct base *b, struct err *err)
{
	int r = base_writer_flush(w, NULL);

	if (r == 0)
		r = head_write(w);
	if (r == 0)
		r = stand(w, b);
	if (r == -1 && err != NULL)
		*err = w->err;
	base_writer_abort(w);
	return r;
}
