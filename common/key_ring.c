#include "key_ring.h"
#include "hex.h"

/* Words and times behind the key. */
static int
times_read(struct ring_key *k, struct span rest)
{
	for (;;) {
		struct span word = span_word(rest, &rest), number;
		uint64_t *to = span_is(word, "made")    ? &k->made_s
			       : span_is(word, "until") ? &k->until_s
							: NULL;

		if (word.n == 0)
			return 0;
		number = span_word(rest, &rest);
		if (to == NULL || span_u64(number, UINT32_MAX, to) == -1)
			return -1;
	}
}

int
ring_key_read(struct ring_key *k, struct span line, unsigned id_max, struct err *err)
{
	struct span rest, word = span_word(line, &rest), hex = span_word(rest, &rest);
	uint64_t id;

	*k = (struct ring_key){ 0 };
	if (span_u64(word, id_max, &id) == -1)
		return err_set(err, "a key has no number from 0 to %u", id_max);
	k->id = (uint8_t)id;
	if (hex_bytes(hex, k->bytes, sizeof(k->bytes)) == -1)
		return err_set(err, "key %u is not in %d hexadecimal digits", k->id, 2 * KEY_BYTES);
	if (times_read(k, rest) == -1)
		return err_set(err, "behind key %u stands more than \"made N until N\"", k->id);
	return 0;
}

int
key_ring_read(struct key_ring *ring, struct span text, unsigned id_max, struct err *err)
{
	struct ring_key k;

	ring->n = 0;
	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (ring_key_read(&k, line, id_max, err) == -1)
			return -1;
		if (key_ring_find(ring, k.id) != NULL)
			return err_set(err, "key %u stands there twice", k.id);
		if (ring->n == KEY_RING_MAX)
			return err_set(err, "there are more than %d keys", KEY_RING_MAX);
		ring->at[ring->n++] = k;
	}
	return 0;
}

void
ring_key_put(const struct ring_key *k, struct buf *out)
{
	buf_printf(out, "%u ", k->id);
	for (size_t i = 0; i < KEY_BYTES; i++)
		buf_printf(out, "%02x", k->bytes[i]);
	if (k->made_s > 0)
		buf_printf(out, " made %llu", (unsigned long long)k->made_s);
	if (k->until_s > 0)
		buf_printf(out, " until %llu", (unsigned long long)k->until_s);
	buf_byte(out, '\n');
}

void
key_ring_put(const struct key_ring *ring, struct buf *out)
{
	for (size_t i = 0; i < ring->n; i++)
		ring_key_put(&ring->at[i], out);
}

struct ring_key *
key_ring_find(struct key_ring *ring, unsigned id)
{
	for (size_t i = 0; i < ring->n; i++)
		if (ring->at[i].id == id)
			return &ring->at[i];
	return NULL;
}
