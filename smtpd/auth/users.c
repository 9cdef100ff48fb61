#include "users.h"

#include <stdlib.h>
#include <sys/random.h>

/* Costs what a hash that posthouse user writes costs (yescrypt, default cost); no password fits it. */
static const char nobodys[] =
    "$y$j9T$eLZHUSTgKyD9gVUtTSqgG/$0000000000000000000000000000000000000000000";

enum { WORD_BYTES = 255, HASH_BYTES = 383 }; /* CRYPT_OUTPUT_SIZE less its NUL */

bool
users_word_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127 || s.p[i] == ':')
			return false;
	return s.n > 0 && s.n <= WORD_BYTES && s.p[0] != '#';
}

static int
line_read(struct span line, struct arena *a, struct user *u)
{
	struct span tenant, hash, login = span_cut(line, ':', &tenant);

	tenant = span_cut(tenant, ':', &hash);
	if (!users_word_ok(login) || !users_word_ok(tenant) || !users_word_ok(hash) ||
	    hash.n > HASH_BYTES)
		return -1;
	u->login = arena_span(a, login);
	u->tenant = arena_span(a, tenant);
	u->hash = arena_cstr(a, hash);
	return 0;
}

static int
by_login(const void *a, const void *b)
{
	return span_cmp(((const struct user *)a)->login, ((const struct user *)b)->login);
}

static size_t
lines(struct span text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

int
users_read(struct span text, struct arena *a, struct users *users, struct err *err)
{
	size_t number = 0;

	*users = (struct users){ .list = arena_alloc(a, sizeof(struct user) * lines(text)) };
	if (getrandom(&users->draw, sizeof(users->draw), 0) != sizeof(users->draw))
		fatal("getrandom");
	while (text.n > 0) {
		struct span line = span_cut(text, '\n', &text);

		number++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (line_read(line, a, &users->list[users->n]) == -1)
			return err_set(
			    err, "users:%zu: a line is login:tenant:hash, without spaces", number);
		users->n++;
	}
	if (users->n > 0)
		qsort(users->list, users->n, sizeof(*users->list), by_login);
	for (size_t i = 1; i < users->n; i++)
		if (span_eq(users->list[i - 1].login, users->list[i].login))
			return err_set(
			    err, "users: login \"%.*s\" stands twice", SPAN(users->list[i].login));
	return 0;
}

const struct user *
users_find(const struct users *users, struct span login)
{
	struct user want = { .login = login };

	if (users->n == 0)
		return NULL;
	return bsearch(&want, users->list, users->n, sizeof(want), by_login);
}

const char *
users_hash_of(const struct users *users, const struct user *u, struct span login)
{
	if (u != NULL)
		return u->hash;
	return users->n == 0 ? nobodys : users->list[siphash(&users->draw, login) % users->n].hash;
}
