#include "publish.h"
#include "err.h"
#include "log.h"
#include "proto_bounce.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct hashes {
	const struct siphash_key *key;
	uint64_t *at;
	size_t n, max;
};

static bool
hash_take(void *arg, const struct suppression_entry *e)
{
	struct hashes *h = arg;

	if (h->n == h->max)
		return false;
	h->at[h->n++] = suppression_hash(h->key, span_str(e->scope), span_str(e->address));
	return true;
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* -1: no memory, or the list cannot be read. */
static int
hashes_file(struct bouncd *b, struct hashes *h, struct err *err)
{
	size_t bytes;
	int fd = memfd_create("suppressed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	h->max = suppression_count(b->list);
	bytes = h->max * sizeof(uint64_t);
	if (fd == -1 || ftruncate(fd, (off_t)bytes) == -1)
		return err_sys(err, "memory for %zu suppressed addresses", h->max);
	h->at = bytes == 0 ? NULL : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (h->at == MAP_FAILED || suppression_list(b->list, NULL, hash_take, h, err) == -1) {
		close(fd);
		return -1;
	}
	if (bytes > 0) {
		qsort(h->at, h->n, sizeof(uint64_t), ascending);
		munmap(h->at, bytes);
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ==
	    -1) {
		close(fd);
		return err_sys(err, "seal the list");
	}
	return fd;
}

void
publish_list(struct bouncd *b)
{
	struct hashes h = { .key = &b->hash_key };
	struct err err = { "" };
	int fd = hashes_file(b, &h, &err);

	if (fd == -1) {
		log_error("list-not-published", "why=\"%s\"", err.text);
		return;
	}
	bounce_list_put(b->queued,
	    &(struct bounce_list){
		.seed = b->hash_key.k0, .seed2 = b->hash_key.k1, .count = h.n, .fd = fd });
}

void
publish_change(struct bouncd *b, const struct suppression_entry *e, bool suppressed)
{
	uint64_t hash = suppression_hash(&b->hash_key, span_str(e->scope), span_str(e->address));

	if (b->queued != NULL)
		bounce_change_put(b->queued, &(struct bounce_change){ hash, suppressed });
}
