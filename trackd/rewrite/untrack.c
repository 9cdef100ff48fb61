#include "untrack.h"
#include "key_ring.h"
#include "pixel.h"

#include <string.h>

int
untrack_add(struct untrack *u, const uint8_t master[TOKEN_MASTER_BYTES], uint8_t id,
    const char *tenant, struct arena *arena, struct err *err)
{
	struct untrack_key *k = arena_alloc(arena, sizeof(*k));

	if (token_key_derive(master, id, span_str(tenant), &k->key, err) == -1)
		return -1;
	k->sealer = NULL;
	k->next = u->keys;
	u->keys = k;
	return 0;
}

int
untrack_add_ring(
    struct untrack *u, struct span text, const char *tenant, struct arena *arena, struct err *err)
{
	struct key_ring ring;
	int result = key_ring_read(&ring, text, TRACKING_KEY_ID_MAX, err);

	for (size_t i = 0; result == 0 && i < ring.n; i++)
		result = untrack_add(u, ring.at[i].bytes, ring.at[i].id, tenant, arena, err);
	explicit_bzero(&ring, sizeof(ring));
	return result;
}

void
untrack_free(struct untrack *u)
{
	for (struct untrack_key *k = u->keys; k != NULL; k = k->next)
		token_sealer_free(k->sealer);
}

/* What stands before the last two steps of the path: the letter of the kind, and the token. */
static struct span
base_of(struct span url)
{
	struct span query, path = span_cut(url, '?', &query);
	ptrdiff_t at = span_find_last(path, '/');

	return span_first(url, at < 1 ? 0 : (size_t)at - 1);
}

static bool
opens(struct untrack_key *k, struct span token, struct buf *scratch, struct token_facts *facts)
{
	if (k->sealer == NULL)
		k->sealer = token_sealer_new(&k->key);
	return token_open(k->sealer, token, scratch, facts) == 0;
}

static struct span
what_it_is(const struct token_facts *facts)
{
	switch (facts->kind) {
	case TOKEN_CLICK:
		return facts->url;
	case TOKEN_OPEN:
		return SPAN_LIT("(open pixel)");
	case TOKEN_TRAP:
		return SPAN_LIT("(trap for machines)");
	default:
		return SPAN_LIT("(unsubscribe link)");
	}
}

bool
untrack_print(struct untrack *u, struct span url, struct buf *scratch, FILE *to)
{
	struct span token, base = u->base.n > 0 ? u->base : base_of(url);
	struct token_facts facts;
	enum token_kind kind;
	bool named = false;

	if (!pixel_token_of(url, base, &kind, &token)) {
		fprintf(to, "(no tracking link%s%.*s)\n", u->base.n > 0 ? " below " : "",
		    SPAN(u->base));
		return false;
	}
	for (struct untrack_key *k = u->keys; k != NULL; k = k->next) {
		if (!token_names(token, &k->key))
			continue;
		named = true;
		if (!opens(k, token, scratch, &facts) || facts.kind != kind)
			continue;
		fprintf(to, "%.*s\n", SPAN(what_it_is(&facts)));
		return true;
	}
	fputs(named ? "(a tracking link that was changed, or that another key made)\n"
		    : "(a tracking link of another tenant or key)\n",
	    to);
	return false;
}
