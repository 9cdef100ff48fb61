#include "key_file.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { SHA256_BYTES = 32, SHA256_DIGITS = 64 };

static const char head[] = "posthouse-keys 1";

const struct key_kind_facts key_kinds[KEY_KINDS] = {
	[KEY_TRACKING] = { "tracking", "tracking.key", TRACKING_KEY_ID_MAX },
	[KEY_BOUNCE] = { "bounce", "bounce.key", BOUNCE_KEY_ID_MAX },
};

static void
sha256_hex(struct span s, char out[SHA256_DIGITS + 1])
{
	uint8_t digest[SHA256_BYTES];

	must(EVP_Q_digest(NULL, "SHA256", NULL, s.p, s.n, digest, NULL) == 1);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void
ring_key_mark(const struct ring_key *k, char out[17])
{
	char full[SHA256_DIGITS + 1];

	sha256_hex(span_of(k->bytes, sizeof(k->bytes)), full);
	memcpy(out, full, 16);
	out[16] = '\0';
}

void
key_file_put(const struct key_ring rings[KEY_KINDS], struct buf *out)
{
	char sum[SHA256_DIGITS + 1];

	buf_printf(out, "%s\n", head);
	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++)
		for (size_t i = 0; i < rings[kind].n; i++) {
			buf_printf(out, "%s ", key_kinds[kind].word);
			ring_key_put(&rings[kind].at[i], out);
		}
	sha256_hex(buf_all(out), sum);
	buf_printf(out, "sha256 %s\n", sum);
}

static int
line_read(struct key_ring rings[KEY_KINDS], struct span line, struct err *err)
{
	struct span rest, word = span_word(line, &rest);

	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++) {
		struct key_ring *ring = &rings[kind];
		struct ring_key k;

		if (!span_is(word, key_kinds[kind].word))
			continue;
		if (ring_key_read(&k, rest, key_kinds[kind].id_max, err) == -1)
			return err_context(err, "%s", key_kinds[kind].word);
		if (key_ring_find(ring, k.id) != NULL || ring->n == KEY_RING_MAX)
			return err_set(err, "%s: key %u stands there twice, or there are too many",
			    key_kinds[kind].word, k.id);
		ring->at[ring->n++] = k;
		return 0;
	}
	return err_set(err, "a line begins with neither tracking nor bounce");
}

/* What stands before the sum's line, if that is right. */
static int
sum_check(struct span text, struct span *lines, struct err *err)
{
	ptrdiff_t at = span_find_str(text, "\nsha256 ");
	char sum[SHA256_DIGITS + 1];

	if (at < 0)
		return err_set(err, "it was cut: the line with the sum is missing");
	*lines = span_first(text, (size_t)at + 1);
	sha256_hex(*lines, sum);
	if (!span_is(span_trim(span_from(text, (size_t)at + strlen("\nsha256 "))), sum))
		return err_set(err, "it was changed: its sum is another");
	return 0;
}

int
key_file_read(struct key_ring rings[KEY_KINDS], struct span text, struct err *err)
{
	struct span lines, first = span_trim(span_first(text, (size_t)(span_find(text, '\n') + 1)));

	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++)
		rings[kind].n = 0;
	if (!span_starts(first, "posthouse-keys "))
		return err_set(err, "it is no file of posthouse keys export");
	if (!span_is(first, head))
		return err_set(err, "it is of a version this posthouse does not know");
	if (sum_check(text, &lines, err) == -1)
		return -1;
	span_cut(lines, '\n', &lines);
	while (lines.n > 0)
		if (line_read(rings, span_cut(lines, '\n', &lines), err) == -1)
			return -1;
	return 0;
}

int
key_ring_merge(struct key_ring *ring, const struct key_ring *more, bool replace, struct err *err)
{
	int added = 0;

	for (size_t i = 0; i < more->n; i++) {
		const struct ring_key *k = &more->at[i];
		struct ring_key *there = key_ring_find(ring, k->id);

		if (there != NULL && memcmp(there->bytes, k->bytes, sizeof(k->bytes)) == 0)
			continue;
		if (there != NULL && !replace)
			return err_set(err, "key %u here is another one than in the file", k->id);
		if (there == NULL && ring->n == KEY_RING_MAX)
			return err_set(err, "there would be more than %d keys", KEY_RING_MAX);
		*(there != NULL ? there : &ring->at[ring->n++]) = *k;
		added++;
	}
	return added;
}

bool
key_ring_use(struct key_ring *ring, unsigned id, uint64_t now_s)
{
	struct ring_key *k = key_ring_find(ring, id), used;

	if (k == NULL)
		return false;
	if (k == ring->at)
		return true;
	used = *k;
	used.until_s = 0;
	ring->at[0].until_s = now_s;
	memmove(ring->at + 1, ring->at, (size_t)(k - ring->at) * sizeof(*k));
	ring->at[0] = used;
	return true;
}

size_t
key_ring_forget(struct key_ring *ring, uint64_t before_s)
{
	size_t kept = 0, n = ring->n;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || ring->at[i].until_s == 0 || ring->at[i].until_s >= before_s)
			ring->at[kept++] = ring->at[i];
	ring->n = kept;
	return n - kept;
}

int
key_ring_free_id(struct key_ring *ring, unsigned id_max)
{
	unsigned most = 0;

	for (size_t i = 0; i < ring->n; i++)
		most = ring->at[i].id > most ? ring->at[i].id : most;
	if (most < id_max)
		return (int)most + 1;
	for (unsigned id = 1; id <= id_max; id++)
		if (key_ring_find(ring, id) == NULL)
			return (int)id;
	return -1;
}
