#include "dkim_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEM_BYTES = 64 * 1024, FILES_MAX = 100000 };

static const char *const words[] = { "new", "active", "retired" };
static const char *const endings[] = { ".new", ".pem", ".retired" };

const char *
dkim_state_word(enum dkim_state state)
{
	return words[state];
}

const char *
dkim_file_name(struct ctl *c, const struct dkim_file *f)
{
	return arena_printf(
	    c->arena, "DKIM key %s of %s, tenant %s", f->selector, f->domain, f->tenant);
}

static const char *
folder_of(struct ctl *c)
{
	return arena_printf(c->arena, "%s/dkim", ctl_path(c, "keys"));
}

static const char *
path_of(struct ctl *c, const struct dkim_file *f, enum dkim_state state)
{
	return arena_printf(c->arena, "%s/%s/%s/%s%s", folder_of(c), f->tenant, f->domain,
	    f->selector, endings[state]);
}

/* ---- which there are ---- */

struct found {
	struct ctl *c;
	struct dkim_file like; /* tenant and domain in hand */
	const char *tenant, *domain;
	struct dkim_file *at;
	size_t n, room;
};

/* Calls back for each name in a folder, in order. */
static void
names_each(struct found *f, const char *folder,
    void (*each)(struct found *, const char *folder, const char *name))
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			each(f, folder, arena_strdup(f->c->arena, entries[i]->d_name));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void
grow(struct found *f)
{
	struct dkim_file *more;

	f->room = f->room == 0 ? 16 : f->room * 2;
	more = arena_alloc(f->c->arena, f->room * sizeof(*more));
	if (f->n > 0)
		memcpy(more, f->at, f->n * sizeof(*more));
	f->at = more;
}

static void
on_file(struct found *f, const char *folder, const char *name)
{
	size_t n = strlen(name);
	struct stat st;

	for (enum dkim_state s = DKIM_NEW; s <= DKIM_RETIRED; s++) {
		size_t end = strlen(endings[s]);

		if (n <= end || strcmp(name + n - end, endings[s]) != 0 || f->n == FILES_MAX ||
		    stat(arena_printf(f->c->arena, "%s/%s", folder, name), &st) == -1)
			continue;
		if (f->n == f->room)
			grow(f);
		f->at[f->n] = f->like;
		f->at[f->n].selector = arena_cstr(f->c->arena, span_of(name, n - end));
		f->at[f->n].state = s;
		f->at[f->n++].since_s = (uint64_t)st.st_mtime;
	}
}

static void
on_domain(struct found *f, const char *folder, const char *name)
{
	f->like.domain = name;
	if (f->domain == NULL || strcmp(f->domain, name) == 0)
		names_each(f, arena_printf(f->c->arena, "%s/%s", folder, name), on_file);
}

static void
on_tenant(struct found *f, const char *folder, const char *name)
{
	f->like.tenant = name;
	if (f->tenant == NULL || strcmp(f->tenant, name) == 0)
		names_each(f, arena_printf(f->c->arena, "%s/%s", folder, name), on_domain);
}

size_t
dkim_files(struct ctl *c, const char *tenant, const char *domain, struct dkim_file **files)
{
	struct found f = { .c = c, .tenant = tenant, .domain = domain };

	names_each(&f, folder_of(c), on_tenant);
	*files = f.at;
	return f.n;
}

/* ---- one of them ---- */

struct dkim_key *
dkim_file_key(struct ctl *c, const struct dkim_file *f, struct err *err)
{
	const char *path = path_of(c, f, f->state);
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
	if (key == NULL)
		err_context(err, "%s", path);
	explicit_bzero(pem, PEM_BYTES);
	free(pem);
	return key;
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

static void
folder_sync(struct ctl *c, const char *path)
{
	char *folder = arena_strdup(c->arena, path);
	int fd;

	*strrchr(folder, '/') = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		fsync(fd);
		close(fd);
	}
}

int
dkim_file_write(struct ctl *c, const struct dkim_file *f, struct span pem, struct err *err)
{
	const char *path = path_of(c, f, f->state);
	bool written;
	int fd;

	if (folders_make(c, path, err) == -1)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(err, "make %s", path);
	written = write(fd, pem.p, pem.n) == (ssize_t)pem.n && fsync(fd) == 0;
	close(fd);
	if (!written) {
		err_sys(err, "write %s", path);
		unlink(path);
		return -1;
	}
	folder_sync(c, path);
	return 0;
}

int
dkim_file_turn(struct ctl *c, const struct dkim_file *f, enum dkim_state state, struct err *err)
{
	const char *from = path_of(c, f, f->state), *to = path_of(c, f, state);

	if (access(to, F_OK) == 0)
		return err_set(err, "%s is in the way", to);
	if (utimensat(AT_FDCWD, from, NULL, 0) == -1 || rename(from, to) == -1)
		return err_sys(err, "rename %s to %s", from, to);
	folder_sync(c, to);
	return 0;
}
