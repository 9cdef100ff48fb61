#include "suppressed.h"
#include "err.h"
#include "siphash.h"
#include "table.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = ADDRESS_MAX + 256 };

/* A hash that came or went since the list was made. */
struct change {
	struct table_node by_hash;
	bool suppressed;
};

struct suppressed {
	struct siphash_key key;
	const uint64_t *hashes;
	size_t n;
	struct table changes;
};

struct suppressed *
suppressed_new(void)
{
	struct suppressed *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the suppression list");
	return s;
}

static void
changes_forget(struct suppressed *s)
{
	struct table_node *n;

	while ((n = table_each(&s->changes, NULL)) != NULL) {
		table_remove(&s->changes, n);
		free(TABLE_OF(n, struct change, by_hash));
	}
}

static const uint64_t *
mapped(const struct bounce_list *l)
{
	struct stat st;
	void *p;

	if (l->count > SIZE_MAX / 8 || fstat(l->fd, &st) == -1 ||
	    (uint64_t)st.st_size < l->count * 8)
		return NULL;
	p = mmap(NULL, l->count * 8, PROT_READ, MAP_SHARED, l->fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

int
suppressed_list(struct suppressed *s, const struct bounce_list *l)
{
	const uint64_t *hashes = NULL;

	if (l->count > 0 && l->fd >= 0)
		hashes = mapped(l);
	if (l->fd >= 0)
		close(l->fd);
	if (l->count > 0 && hashes == NULL)
		return -1;
	if (s->n > 0)
		munmap((void *)s->hashes, s->n * 8);
	s->hashes = hashes;
	s->n = l->count;
	s->key = (struct siphash_key){ l->seed, l->seed2 };
	changes_forget(s);
	return 0;
}

void
suppressed_change(struct suppressed *s, const struct bounce_change *c)
{
	struct change *ch = TABLE_OF(table_first(&s->changes, c->hash), struct change, by_hash);

	if (ch == NULL) {
		ch = calloc(1, sizeof(*ch));
		if (ch == NULL)
			fatal("out of memory for a change of the suppression list");
		table_put(&s->changes, &ch->by_hash, c->hash);
	}
	ch->suppressed = c->suppressed;
}

static bool
listed(const struct suppressed *s, uint64_t hash)
{
	const struct change *ch = TABLE_OF(table_first(&s->changes, hash), struct change, by_hash);
	size_t lo = 0, hi = s->n;

	if (ch != NULL)
		return ch->suppressed;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->hashes[mid] < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->hashes[lo] == hash;
}

static size_t
lower_into(char *p, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
	return s.n;
}

bool
suppressed_maybe(const struct suppressed *s, struct span tenant, struct span address)
{
	char name[NAME_MAX_BYTES];
	size_t n;

	if ((s->n == 0 && s->changes.n == 0) || address.n > ADDRESS_MAX || tenant.n > 255)
		return false;
	n = lower_into(name, address);
	name[n++] = '\0';
	if (listed(s, siphash(&s->key, span_of(name, n))))
		return true;
	n += lower_into(name + n, tenant);
	return tenant.n > 0 && listed(s, siphash(&s->key, span_of(name, n)));
}
