#include "err.h"
#include "table.h"
#include "verb.h"

#include "../trackd/sign/dkim_key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEM_BYTES = 64 * 1024 };

struct args {
	const char *selector, *algorithm;
};

static const struct opt opts[] = {
	{ "selector", 's', OPT_TEXT, offsetof(struct args, selector), "NAME",
	    "name of the key in DNS (of new: default ph1)" },
	{ "algorithm", 'a', OPT_TEXT, offsetof(struct args, algorithm), "WORD",
	    "rsa (default, 2048 bits) or ed25519" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* A name that becomes one of a folder or file: letters, digits, dot, dash, underscore; no dot in front. */
static bool
is_name(const char *s)
{
	if (s[0] == '\0' || s[0] == '.' || strlen(s) > 253)
		return false;
	for (; *s != '\0'; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			(*s >= '0' && *s <= '9') || strchr("-._", *s) != NULL))
			return false;
	return true;
}

static const char *
key_path(struct ctl *c, const char *tenant, const char *domain, const char *selector)
{
	return arena_printf(
	    c->arena, "%s/dkim/%s/%s/%s.pem", ctl_path(c, "keys"), tenant, domain, selector);
}

/* mkdir -p of the folders above a key; readable by nobody else. */
static int
folders_make(struct ctl *c, const char *path, struct err *err)
{
	char *part = arena_strdup(c->arena, path);

	for (char *p = part + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(part, 0700) == -1 && errno != EEXIST)
			return err_sys(err, "make %s", part);
		*p = '/';
	}
	return 0;
}

static int
key_write(const char *path, struct span pem, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool written;

	if (fd == -1 && errno == EEXIST)
		return err_set(err, "%s is there already: a new key needs a new selector", path);
	if (fd == -1)
		return err_sys(err, "make %s", path);
	written = write(fd, pem.p, pem.n) == (ssize_t)pem.n && fsync(fd) == 0;
	close(fd);
	if (written)
		return 0;
	err_sys(err, "write %s", path);
	unlink(path);
	return -1;
}

static int
zone_print(const struct dkim_key *key, const char *selector, const char *domain, struct err *err)
{
	struct buf line;
	int made;

	buf_init(&line, PEM_BYTES);
	made = dkim_key_zone_line(key, span_str(selector), span_str(domain), &line, err);
	if (made == 0)
		printf("%.*s\n", SPAN(span_trim(buf_all(&line))));
	buf_free(&line);
	return made;
}

static int
key_make(
    struct ctl *c, const struct args *args, const char *tenant, const char *domain, struct err *err)
{
	const char *path = key_path(c, tenant, domain, args->selector);
	enum dkim_algorithm algorithm =
	    strcmp(args->algorithm, "ed25519") == 0 ? DKIM_ED25519_SHA256 : DKIM_RSA_SHA256;
	struct dkim_key *key = dkim_key_new(algorithm, err);
	struct buf pem;
	int made = -1;

	if (key == NULL)
		return -1;
	buf_init(&pem, PEM_BYTES);
	if (dkim_key_pem(key, &pem, err) == 0 && folders_make(c, path, err) == 0 &&
	    key_write(path, buf_all(&pem), err) == 0)
		made = zone_print(key, args->selector, domain, err);
	explicit_bzero(pem.p, pem.n);
	buf_free(&pem);
	dkim_key_free(key);
	return made;
}

static int new (struct ctl *c, struct args *args, char **words)
{
	struct err err = { "" };

	if (args->selector == NULL)
		args->selector = "ph1";
	if (!is_name(words[1]) || !is_name(words[2]) || !is_name(args->selector))
		return ctl_fail(
		    2, "tenant, domain and selector are names: letters, digits, dots and dashes");
	if (strcmp(args->algorithm, "rsa") != 0 && strcmp(args->algorithm, "ed25519") != 0)
		return ctl_fail(2, "the algorithm is rsa or ed25519, not \"%s\"", args->algorithm);
	if (key_make(c, args, words[1], words[2], &err) == -1)
		return ctl_fail(1, "%s", err.text);
	fputs("Publish this record; posthouse reload makes the relay sign with the key.\n", stderr);
	return 0;
}

static struct dkim_key *
key_read(const char *path, struct err *err)
{
	FILE *in = fopen(path, "re");
	struct dkim_key *key;
	char *pem;
	size_t n;

	if (in == NULL) {
		err_sys(err, "read %s", path);
		return NULL;
	}
	pem = malloc(PEM_BYTES);
	if (pem == NULL)
		fatal("out of memory for a key");
	n = fread(pem, 1, PEM_BYTES, in);
	fclose(in);
	key = dkim_key_load(span_of(pem, n), err);
	explicit_bzero(pem, PEM_BYTES);
	free(pem);
	return key;
}

/* ---- all keys there are ---- */

struct found {
	struct ctl *c;
	const struct args *args;
	const char *tenant, *domain; /* wanted; NULL: any */
	struct table *table;         /* list; NULL: print the records */
	unsigned n;
	int failed;
};

static void
row_json(const char *const *cells)
{
	json_t *row = json_pack("{ssssssss}", "tenant", cells[0], "domain", cells[1], "selector",
	    cells[2], "algorithm", cells[3]);

	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(row);
}

static void
found_key(struct found *f, const char *tenant, const char *domain, const char *selector)
{
	struct err err = { "" };
	struct dkim_key *key = key_read(key_path(f->c, tenant, domain, selector), &err);
	const char *cells[] = { tenant, domain, selector, err.text };

	f->n++;
	if (key != NULL)
		cells[3] = dkim_key_algorithm(key) == DKIM_ED25519_SHA256 ? "ed25519" : "rsa";
	if (f->table != NULL)
		for (unsigned i = 0; i < 4; i++)
			table_cell(f->table, span_str(cells[i]));
	else if (f->args == NULL)
		row_json(cells);
	else if (key == NULL || zone_print(key, selector, domain, &err) == -1)
		f->failed = ctl_fail(1, "%s", err.text);
	dkim_key_free(key);
}

/* Calls back for each name in a folder, in order. */
static void
names_each(const char *folder, void (*each)(struct found *, const char *folder, const char *name),
    struct found *f)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			each(f, folder, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static const char *
last_part(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void
on_key(struct found *f, const char *folder, const char *name)
{
	struct span s = span_str(name);
	char *above = arena_strdup(f->c->arena, folder);

	if (!span_ends_nocase(s, ".pem"))
		return;
	*strrchr(above, '/') = '\0';
	s = span_first(s, s.n - 4);
	if (f->args == NULL || f->args->selector == NULL || span_is(s, f->args->selector))
		found_key(f, last_part(above), last_part(folder), arena_cstr(f->c->arena, s));
}

static void
on_domain(struct found *f, const char *folder, const char *name)
{
	if (f->domain == NULL || strcmp(f->domain, name) == 0)
		names_each(arena_printf(f->c->arena, "%s/%s", folder, name), on_key, f);
}

static void
on_tenant(struct found *f, const char *folder, const char *name)
{
	if (f->tenant == NULL || strcmp(f->tenant, name) == 0)
		names_each(arena_printf(f->c->arena, "%s/%s", folder, name), on_domain, f);
}

static int
list(struct ctl *c, struct args *unused, char **words)
{
	static const struct table_column columns[] = { { "TENANT", false }, { "DOMAIN", false },
		{ "SELECTOR", false }, { "ALGORITHM", false } };
	struct found f = { .c = c };

	(void)unused;
	(void)words;
	f.table = c->json ? NULL : table_new(columns, 4, ctl_colour(), stdout);
	names_each(arena_printf(c->arena, "%s/dkim", ctl_path(c, "keys")), on_tenant, &f);
	if (f.table != NULL && table_end(f.table) == 0)
		puts("There is no DKIM key yet.");
	return f.n == 0;
}

static int
dns(struct ctl *c, struct args *args, char **words)
{
	struct found f = { .c = c, .args = args, .tenant = words[1], .domain = words[2] };

	names_each(arena_printf(c->arena, "%s/dkim", ctl_path(c, "keys")), on_tenant, &f);
	if (f.n == 0)
		return ctl_fail(1, "tenant %s has no such key for %s", words[1], words[2]);
	return f.failed;
}

static const struct sub {
	const char *name;
	int words;
	int (*run)(struct ctl *, struct args *, char **words);
} subs[] = { { "new", 3, new }, { "list", 1, list }, { "dns", 3, dns } };

static int
dkim(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL, "rsa" };
	int n = verb_words(c, v, &args, argc, argv, 1, 3);

	for (unsigned i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(argv[0], subs[i].name) == 0 && n == subs[i].words)
			return subs[i].run(c, &args, argv);
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_dkim = { .name = "dkim",
	.words = "new TENANT DOMAIN | list | dns TENANT DOMAIN",
	.help = "Make keys that sign mail, and print the records to publish for them.",
	.opts = opts,
	.run = dkim };
