#include "key_disk.h"
#include "whole_file.h"

#include <string.h>

static const char *
path_of(struct ctl *c, enum key_kind kind)
{
	return arena_printf(c->arena, "%s/%s", ctl_path(c, "keys"), key_kinds[kind].file);
}

int
key_ring_load(struct ctl *c, enum key_kind kind, struct key_ring *ring, struct err *err)
{
	const char *path = path_of(c, kind);
	struct buf text;
	int done;

	ring->n = 0;
	buf_init(&text, KEY_FILE_BYTES);
	done = whole_read(path, &text, err);
	if (done == 0 && key_ring_read(ring, buf_all(&text), key_kinds[kind].id_max, err) == -1)
		done = err_context(err, "%s", path);
	explicit_bzero(text.p, text.n);
	buf_free(&text);
	return done;
}

int
key_rings_load(struct ctl *c, struct key_ring rings[KEY_KINDS], struct err *err)
{
	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++)
		if (key_ring_load(c, kind, &rings[kind], err) == -1)
			return -1;
	return 0;
}

int
key_ring_store(struct ctl *c, enum key_kind kind, const struct key_ring *ring, struct err *err)
{
	struct buf text;
	int done;

	buf_init(&text, KEY_FILE_BYTES);
	key_ring_put(ring, &text);
	done = whole_write(path_of(c, kind), buf_all(&text), err);
	explicit_bzero(text.p, text.n);
	buf_free(&text);
	return done;
}

int
key_rings_store(struct ctl *c, const struct key_ring was[KEY_KINDS],
    const struct key_ring now[KEY_KINDS], struct err *err)
{
	if (key_ring_store(c, KEY_TRACKING, &now[KEY_TRACKING], err) == -1)
		return -1;
	if (key_ring_store(c, KEY_BOUNCE, &now[KEY_BOUNCE], err) == 0)
		return 0;
	if (key_ring_store(c, KEY_TRACKING, &was[KEY_TRACKING], NULL) == -1)
		err_context(err, "tracking.key has the new keys all the same");
	return -1;
}

int
key_rings_lock(struct ctl *c, struct err *err)
{
	return whole_lock(path_of(c, KEY_TRACKING), err);
}
