#include "opts.h"
#include "span.h"

#include <string.h>

struct taking {
	const struct opt_set *sets;
	char **argv;
	int argc, at; /* at: the word being looked at */
};

/* An option that was found, and where its value goes. */
struct found {
	const struct opt *opt;
	char *to;
};

/* By its long name, or by its letter where name is empty. opt NULL: there is none. */
static struct found
find(const struct taking *t, struct span name, char letter)
{
	for (const struct opt_set *s = t->sets; s->opts != NULL; s++)
		for (const struct opt *o = s->opts; o->name != NULL; o++)
			if (name.n > 0 ? span_is(name, o->name) : o->letter == letter)
				return (struct found){ o, (char *)s->into + o->at };
	return (struct found){ NULL, NULL };
}

static int
value_set(struct found f, const char *value, struct err *err)
{
	const struct opt *o = f.opt;
	void *to = f.to;

	if (o->kind == OPT_FLAG)
		*(bool *)to = true;
	else if (o->kind == OPT_TEXT)
		*(const char **)to = value;
	else if (span_u64(span_str(value), UINT64_MAX, (uint64_t *)to) == -1)
		return err_set(err, "--%s wants a number, not \"%s\"", o->name, value);
	return 0;
}

/* attached: what stood in the same word behind = or the letter; NULL: nothing. */
static int
option(struct taking *t, struct found f, const char *attached, struct err *err)
{
	const struct opt *o = f.opt;

	if (o->kind == OPT_FLAG)
		return attached == NULL ? value_set(f, NULL, err)
					: err_set(err, "--%s takes no value", o->name);
	if (attached == NULL && t->at + 1 < t->argc)
		attached = t->argv[++t->at];
	if (attached == NULL)
		return err_set(err, "--%s wants a %s", o->name, o->word);
	return value_set(f, attached, err);
}

static int
long_option(struct taking *t, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);
	struct found f = find(t, span_of(word, n), 0);

	if (f.opt == NULL)
		return err_set(err, "there is no option --%.*s", (int)n, word);
	return option(t, f, equals == NULL ? NULL : equals + 1, err);
}

static int
letters(struct taking *t, const char *word, struct err *err)
{
	for (; *word != '\0'; word++) {
		struct found f = find(t, span_of(NULL, 0), *word);

		if (f.opt == NULL)
			return err_set(err, "there is no option -%c", *word);
		if (f.opt->kind != OPT_FLAG)
			return option(t, f, word[1] == '\0' ? NULL : word + 1, err);
		value_set(f, NULL, err);
	}
	return 0;
}

int
opts_take(const struct opt_set *sets, int argc, char **argv, struct err *err)
{
	struct taking t = { .sets = sets, .argv = argv, .argc = argc };
	bool all_words = false;
	int left = 0;

	for (; t.at < argc; t.at++) {
		char *word = argv[t.at];
		int bad = 0;

		if (all_words || word[0] != '-' || word[1] == '\0')
			argv[left++] = word;
		else if (strcmp(word, "--") == 0)
			all_words = true;
		else if (word[1] == '-')
			bad = long_option(&t, word + 2, err);
		else
			bad = letters(&t, word + 1, err);
		if (bad == -1)
			return -1;
	}
	argv[left] = NULL;
	return left;
}

void
opts_help(const struct opt *o, FILE *out)
{
	for (; o->name != NULL; o++) {
		int n = o->letter != 0 ? fprintf(out, "  -%c, --%s", o->letter, o->name)
				       : fprintf(out, "      --%s", o->name);

		if (o->kind != OPT_FLAG)
			n += fprintf(out, " %s", o->word);
		fprintf(out, "%*s%s\n", n < 28 ? 28 - n : 2, "", o->help);
	}
}
