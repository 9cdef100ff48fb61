/* recent.h: logins whose password was checked some minutes ago, so that it need not be hashed again.
 *
 * What is kept is a MAC over login, password and hash, with a key that is drawn at the start and never leaves this process: it
 * ends with the process, at a reload too, and fits no more when the hash changes. Of 16 384 at most, those go first that
 * end first. */
#pragma once

#include "span.h"

struct recent;

/* Before the sandbox closes: the library loads what it needs. */
struct recent *recent_new(void);
void recent_free(struct recent *);

void recent_add(
    struct recent *, struct span login, struct span password, const char *hash, uint64_t now_ms);
bool recent_has(
    struct recent *, struct span login, struct span password, const char *hash, uint64_t now_ms);
