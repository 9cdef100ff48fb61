/* suffixes.h: the organisational domain of a name, by the public suffix list (what RFC 7489 3.2 and a site's name go by).
 *
 * Programs that use it link libpsl. */
#pragma once

#include "span.h"

struct suffixes;

/* The distribution's list, or the one the library brings: load it before the sandbox. Dies without memory. */
struct suffixes *suffixes_load(void);
void suffixes_free(struct suffixes *);
/* "example.co.uk" of "a.b.example.co.uk": within host, which is lower case. An address, a public suffix, and a name longer
 * than a domain's 255 bytes are their own. */
struct span suffixes_organisation(const struct suffixes *, struct span host);
