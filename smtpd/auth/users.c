#include "users.h"

#include <stdlib.h>

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
users_parse(struct users *u, struct span text, struct arena *a, struct err *err)
{
	size_t most = lines(text), number = 0;

	*u = (struct users){ .n = 0 };
	if (most > USERS_MAX)
		return err_set(err, "users: more than %d lines", USERS_MAX);
	u->at = arena_alloc(a, sizeof(*u->at) * most);
	while (text.n > 0) {
		struct span rest, line = span_trim(span_cut(text, '\n', &text));
		struct user *user = &u->at[u->n];

		number++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		user->login = arena_span(a, span_cut(line, ':', &rest));
		user->tenant = arena_span(a, span_cut(rest, ':', &rest));
		user->hash = arena_cstr(a, rest);
		if (user->login.n == 0 || user->tenant.n == 0 || rest.n == 0)
			return err_set(err, "users: line %zu is not login:tenant:hash", number);
		u->n++;
	}
	qsort(u->at, u->n, sizeof(*u->at), by_login);
	return 0;
}

const struct user *
users_find(const struct users *u, struct span login)
{
	struct user key = { .login = login };

	return u->n == 0 ? NULL : bsearch(&key, u->at, u->n, sizeof(*u->at), by_login);
}
