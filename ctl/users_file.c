#include "users_file.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

bool
users_next(struct span *rest, struct user *u)
{
	while (rest->n > 0) {
		struct span line = span_trim(span_cut(*rest, '\n', rest));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		u->login = span_cut(line, ':', &line);
		u->tenant = span_cut(line, ':', &line);
		u->hash = line;
		return true;
	}
	return false;
}

int
users_word_check(const char *what, struct span s, struct err *err)
{
	bool bad = s.n == 0 || s.n > USER_WORD_BYTES || s.p[0] == '#';

	for (size_t i = 0; i < s.n; i++)
		bad |= (unsigned char)s.p[i] <= ' ' || s.p[i] == ':' || s.p[i] == 127;
	return bad ? err_set(err,
			 "a %s has 1 to %d bytes, no colon, no space, and does not begin with #",
			 what, USER_WORD_BYTES)
		   : 0;
}

/* Comments stay where they are. */
bool
users_set(struct span text, const struct user *u, struct buf *out)
{
	bool was = false;

	while (text.n > 0) {
		struct span line = span_cut(text, '\n', &text), one = line;
		struct user there;

		if (users_next(&one, &there) && span_eq(there.login, u->login)) {
			was = true;
			continue;
		}
		buf_span(out, line);
		buf_byte(out, '\n');
	}
	if (u->hash.n > 0)
		buf_printf(out, "%.*s:%.*s:%.*s\n", SPAN(u->login), SPAN(u->tenant), SPAN(u->hash));
	return was;
}

int
users_hash(const char *password, struct buf *out, struct err *err)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (data == NULL)
		fatal("out of memory for a hash");
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) != NULL)
		hash = crypt_r(password, salt, data);
	if (hash != NULL && hash[0] != '*')
		buf_str(out, hash);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return out->n > 0 ? 0 : err_set(err, "crypt(3) has no yescrypt here");
}
