/* key_disk.h: the rings of keys where they lie, KEYS/tracking.key and KEYS/bounce.key. */
#pragma once

#include "ctl.h"
#include "key_file.h"

/* -1: it cannot be read, or is none. */
int key_ring_load(struct ctl *, enum key_kind, struct key_ring *, struct err *);
int key_rings_load(struct ctl *, struct key_ring rings[KEY_KINDS], struct err *);
int key_ring_store(struct ctl *, enum key_kind, const struct key_ring *, struct err *);
/* Both files, or neither: the second failing puts the first back. */
int key_rings_store(struct ctl *, const struct key_ring was[KEY_KINDS],
    const struct key_ring now[KEY_KINDS], struct err *);
/* Nobody else changes keys until the descriptor is closed, or the process ends. -1: err. */
int key_rings_lock(struct ctl *, struct err *);
