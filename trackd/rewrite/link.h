/* link.h: where a link leads, if it is one to be tracked: the same for HTML and plain text. */
#pragma once

#include "scan.h"

struct linker {
	const struct scan_rules *rules;
	const struct charset *charset;
	struct arena *arena;
	struct buf utf8, value, url; /* scratch */
};

/* A byte may become U+FFFD, and that nine bytes of percent signs. */
enum { LINK_GROWTH = 9 };

enum link_syntax { LINK_HTML /* with character references */, LINK_TEXT };

/* most: bytes of the longest text a link may have. */
void linker_begin(struct linker *, const struct scan_rules *, const struct charset *,
    struct arena *, size_t most);
void linker_end(struct linker *);

/* raw: as it stands in the document. The URL a browser would ask for, in the arena; empty: left alone. */
struct span linker_target(struct linker *, struct span raw, enum link_syntax);
