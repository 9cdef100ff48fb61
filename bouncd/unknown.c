#include "unknown.h"

#include "err.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLACES = 32768, /* a power of two, three times UNKNOWN_MAX */
	LOOKED_AT = 512 /* of them to make room: a hostile server says something else each time */
};

struct unknowns {
	struct unknown_entry *entries[PLACES]; /* open addressing, by key */
	size_t n;
	size_t hand; /* where the next search for room begins */
};

struct unknowns *
unknowns_new(void)
{
	struct unknowns *u = calloc(1, sizeof(*u));

	if (u == NULL)
		fatal("out of memory for unknown replies");
	return u;
}

void
unknowns_free(struct unknowns *u)
{
	if (u == NULL)
		return;
	unknowns_forget(u);
	free(u);
}

void
unknowns_forget(struct unknowns *u)
{
	for (size_t i = 0; i < PLACES; i++) {
		free(u->entries[i]);
		u->entries[i] = NULL;
	}
	u->n = 0;
}

size_t
unknowns_count(const struct unknowns *u)
{
	return u->n;
}

bool
unknown_is(const struct verdict *v)
{
	return v->category != CATEGORY_NONE && v->confidence < UNKNOWN_BELOW;
}

/* ---- the text ---- */

static bool
in_name(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) != 0 || strchr(".-_/:=%@?&+~#", c) != NULL;
}

/* A host, a link, a path: a dot, slash or @ between letters or digits. */
static bool
is_name(struct span t)
{
	for (size_t i = 1; i + 1 < t.n; i++)
		if ((t.p[i] == '.' || t.p[i] == '/' || t.p[i] == '@') &&
		    isalnum((unsigned char)t.p[i - 1]) &&
		    (isalnum((unsigned char)t.p[i + 1]) || t.p[i + 1] == '/'))
			return true;
	return span_find_str(t, "://") > 0;
}

static bool
is_id(struct span t)
{
	size_t digits = 0;

	for (size_t i = 0; i < t.n; i++)
		digits += isdigit((unsigned char)t.p[i]) != 0;
	return t.n >= 8 && digits >= 3;
}

static size_t
put(char *out, size_t n, struct span s)
{
	s = span_first(s, UNKNOWN_TEXT_MAX - n);
	if (s.n > 0)
		memcpy(out + n, s.p, s.n);
	return n + s.n;
}

/* Digits become 0, control bytes ?, and of several digits or spaces in a row one is left. */
static size_t
put_plain(char *out, size_t n, struct span s)
{
	for (size_t i = 0; i < s.n && n < UNKNOWN_TEXT_MAX; i++) {
		char c = s.p[i];

		if (isdigit((unsigned char)c))
			c = '0';
		else if ((unsigned char)c < 32 || c == 127)
			c = '?';
		if (n == 0 || (c != '0' && c != ' ') || out[n - 1] != c)
			out[n++] = c;
	}
	return n;
}

size_t
unknown_mask(struct span text, char *out)
{
	size_t n = 0;

	while (text.n > 0 && n < UNKNOWN_TEXT_MAX) {
		struct span t = text;

		for (t.n = 0; t.n < text.n && text.p[t.n] != '\0' && in_name(text.p[t.n]);)
			t.n++;
		while (t.n > 1 && strchr(".:?", t.p[t.n - 1]) != NULL)
			t.n--;
		if (t.n == 0)
			t.n = 1;
		if (is_name(t))
			n = put(out, n, SPAN_LIT("host.example"));
		else if (is_id(t))
			n = put(out, n, SPAN_LIT("0"));
		else
			n = put_plain(out, n, t);
		text = span_from(text, t.n);
	}
	return n;
}

/* ---- the table ---- */

static uint64_t
key_of(const struct unknown_entry *e)
{
	uint64_t codes = (uint64_t)e->code << 32 ^ (uint64_t)e->status.class << 28 ^
			 (uint64_t)e->status.subject << 14 ^ e->status.detail;
	uint64_t h = (span_hash(span_of(e->text, e->text_n)) ^ codes) * 0x9e3779b97f4a7c15u;

	h ^= h >> 31;
	return h == 0 ? 1 : h;
}

/* Where the entry of that key is, or the empty place it would take. */
static size_t
place_of(const struct unknowns *u, uint64_t key)
{
	size_t i = key % PLACES;

	while (u->entries[i] != NULL && u->entries[i]->key != key)
		i = (i + 1) % PLACES;
	return i;
}

/* Takes one out and closes the gap behind it. */
static void
take_out(struct unknowns *u, size_t at)
{
	free(u->entries[at]);
	u->entries[at] = NULL;
	u->n--;
	for (size_t i = (at + 1) % PLACES; u->entries[i] != NULL; i = (i + 1) % PLACES) {
		struct unknown_entry *e = u->entries[i];

		u->entries[i] = NULL;
		u->entries[place_of(u, e->key)] = e;
	}
}

static bool
goes_before(const struct unknown_entry *a, const struct unknown_entry *b)
{
	if ((a->count == 1) != (b->count == 1))
		return a->count == 1;
	return a->last_s < b->last_s;
}

static void
make_room(struct unknowns *u)
{
	size_t worst = PLACES;

	if (u->n < UNKNOWN_MAX)
		return;
	for (size_t seen = 0; seen < PLACES; seen++) {
		size_t i = u->hand = (u->hand + 1) % PLACES;

		if (u->entries[i] != NULL &&
		    (worst == PLACES || goes_before(u->entries[i], u->entries[worst])))
			worst = i;
		if (seen >= LOOKED_AT && worst != PLACES && u->entries[worst]->count == 1)
			break;
	}
	take_out(u, worst);
}

static struct unknown_entry *
entry_new(struct unknowns *u, const struct unknown_entry *like)
{
	struct unknown_entry *e = malloc(sizeof(*e));

	if (e == NULL)
		fatal("out of memory for unknown replies");
	make_room(u);
	*e = *like;
	u->entries[place_of(u, e->key)] = e;
	u->n++;
	return e;
}

void
unknown_put(struct unknowns *u, const struct unknown_entry *e)
{
	if (e->key == key_of(e) && u->entries[place_of(u, e->key)] == NULL)
		entry_new(u, e);
}

static void
set_from(struct unknown_entry *e, struct span from)
{
	from = span_first(from, UNKNOWN_FROM_MAX);
	for (size_t i = 0; i < from.n; i++)
		e->from[i] = from.p[i] > 32 && from.p[i] < 127 ? from.p[i] : '?';
	e->from[from.n] = '\0';
}

const struct unknown_entry *
unknown_note(struct unknowns *u, const struct said *sd, struct span from, const struct verdict *v,
    uint64_t now_s)
{
	struct unknown_entry as = { .first_s = now_s, .code = sd->code, .status = sd->status }, *e;

	as.text_n = (uint16_t)unknown_mask(sd->text, as.text);
	as.key = key_of(&as);
	e = u->entries[place_of(u, as.key)];
	if (e == NULL)
		e = entry_new(u, &as);
	e->count++;
	e->last_s = now_s;
	e->category = v->category;
	e->confidence = v->confidence;
	if (v->provider[0] != '\0' || from.n > 0)
		set_from(e, v->provider[0] != '\0' ? span_str(v->provider) : from);
	return e;
}

static int
by_count(const void *a, const void *b)
{
	const struct unknown_entry *x = *(const struct unknown_entry *const *)a;
	const struct unknown_entry *y = *(const struct unknown_entry *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->last_s != y->last_s)
		return x->last_s > y->last_s ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

size_t
unknowns_top(const struct unknowns *u, const struct unknown_entry **out, size_t n)
{
	const struct unknown_entry **all = calloc(u->n + 1, sizeof(*all));
	size_t k = 0;

	if (all == NULL)
		fatal("out of memory for unknown replies");
	for (size_t i = 0; i < PLACES; i++)
		if (u->entries[i] != NULL)
			all[k++] = u->entries[i];
	qsort(all, k, sizeof(*all), by_count);
	if (n > k)
		n = k;
	if (n > 0)
		memcpy(out, all, n * sizeof(*all));
	free(all);
	return n;
}
