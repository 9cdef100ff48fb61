#include "phrases.h"

#include <assert.h>
#include <string.h>

/* Phrases by their first four bytes: where in the text these stand, those that begin so are compared. */
enum { KEY_BYTES = 4, PHRASES_MAX = 2000, SLOTS = 4096 };

struct phrase {
	struct span text;
	const struct phrase_line *line;
	uint16_t next; /* of that slot, 1 more than its index; 0: none */
};

static struct {
	struct phrase phrases[PHRASES_MAX];
	uint16_t slots[SLOTS]; /* as next */
	unsigned n;
} known;

static unsigned
slot_of(const char *p)
{
	uint32_t key;

	memcpy(&key, p, KEY_BYTES);
	return key * 2654435761u >> 20; /* Knuth's multiplicative hash; 12 bits */
}

static void
add(struct span text, const struct phrase_line *line)
{
	struct phrase *p = &known.phrases[known.n];
	uint16_t *slot = &known.slots[slot_of(text.p)];

	assert(known.n < PHRASES_MAX && text.n >= KEY_BYTES);
	*p = (struct phrase){ text, line, *slot };
	*slot = (uint16_t)++known.n;
}

static void
index_make(void)
{
	for (unsigned i = 0; i < phrase_lines_n; i++) {
		struct span rest = span_str(phrase_lines[i].phrases);

		while (rest.n > 0)
			add(span_cut(rest, '|', &rest), &phrase_lines[i]);
	}
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
begins(const struct phrase *p, struct span s, size_t at)
{
	if (p->text.n > s.n - at || memcmp(s.p + at, p->text.p, p->text.n) != 0)
		return false;
	return at == 0 || !is_letter(p->text.p[0]) || !is_letter(s.p[at - 1]);
}

unsigned
phrases_say(struct span s, enum phrase_place place)
{
	unsigned said = 0;

	if (known.n == 0)
		index_make();
	for (size_t at = 0; at + KEY_BYTES <= s.n; at++)
		for (unsigned i = known.slots[slot_of(s.p + at)]; i > 0;) {
			const struct phrase *p = &known.phrases[i - 1];

			if ((p->line->place & place) && begins(p, s, at))
				said |= p->line->says;
			i = p->next;
		}
	return said;
}
