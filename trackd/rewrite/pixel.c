#include "pixel.h"

#define BEFORE "<img src=\""
/* A token may end in "-" or "_", which a mail program may take for a mark behind the link. */
#define TEXT_END "?t"
#define AFTER    "\" width=\"1\" height=\"1\" alt=\"\">"

/* Seen by no eye, read out by no screen reader, reached by no key. */
#define TRAP_BEFORE "<a href=\""
#define TRAP_AFTER                                                                                 \
	"\" rel=\"nofollow\" tabindex=\"-1\" aria-hidden=\"true\" style=\"display:none\"></a>"

static const char *
folder(enum token_kind kind)
{
	static const char *const names[] = { [TOKEN_CLICK] = "c/",
		[TOKEN_OPEN] = "o/",
		[TOKEN_UNSUBSCRIBE] = "u/",
		[TOKEN_TRAP] = "t/" };

	return names[kind];
}

size_t
pixel_edit_length(const struct edit *e, const void *place)
{
	const struct pixel_place *p = place;
	size_t n = p->base.n + 2 + token_length(p->campaign_bytes, e->url.n) +
		   (e->text ? sizeof(TEXT_END) - 1 : 0);

	return e->kind == TOKEN_OPEN   ? n + sizeof(BEFORE AFTER) - 1
	       : e->kind == TOKEN_TRAP ? n + sizeof(TRAP_BEFORE TRAP_AFTER) - 1
				       : n;
}

void
pixel_edit_text(const struct edit *e, struct span base, struct token_sealer *sealer,
    const struct token_facts *who, struct buf *out)
{
	struct token_facts facts = *who;

	facts.kind = e->kind;
	facts.url = e->url;
	if (e->kind == TOKEN_OPEN)
		buf_str(out, BEFORE);
	else if (e->kind == TOKEN_TRAP)
		buf_str(out, TRAP_BEFORE);
	buf_span(out, base);
	buf_str(out, folder(e->kind));
	token_seal(sealer, &facts, out);
	if (e->text)
		buf_str(out, TEXT_END);
	if (e->kind == TOKEN_OPEN)
		buf_str(out, AFTER);
	else if (e->kind == TOKEN_TRAP)
		buf_str(out, TRAP_AFTER);
}

bool
pixel_token_of(struct span url, struct span base, enum token_kind *kind, struct span *token)
{
	struct span rest = span_from(url, base.n), query;

	if (url.n < base.n || !span_eq(span_first(url, base.n), base))
		return false;
	for (*kind = TOKEN_CLICK; *kind <= TOKEN_TRAP; (*kind)++)
		if (span_starts(rest, folder(*kind))) {
			*token = span_cut(span_from(rest, 2), '?', &query);
			return true;
		}
	return false;
}
