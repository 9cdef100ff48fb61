/* pixel.h: the text that stands in a message for a link or an open: tracking URL, image tag. */
#pragma once

#include "scan.h"

/* What all tracking URLs of a message have in common. */
struct pixel_place {
	struct span base;      /* URL they begin with */
	size_t campaign_bytes; /* of the campaign in each token */
};

/* Characters of the text of an edit; context: a struct pixel_place. */
size_t pixel_edit_length(const struct edit *, const void *place);
void pixel_edit_text(const struct edit *, struct span base, struct token_sealer *,
    const struct token_facts *who, struct buf *out);

/* The token in a tracking URL of any kind, without a query behind it; false: it is none below that base. */
bool pixel_token_of(struct span url, struct span base, enum token_kind *, struct span *token);
