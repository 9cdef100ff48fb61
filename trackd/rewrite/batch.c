#include "batch.h"
#include "hex.h"
#include "err.h"
#include "explain.h"
#include "idna.h"
#include "rewrite.h"
#include "untrack.h"
#include "url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MESSAGE_MAX_BYTES = 256 * 1024 * 1024,
	ARENA_MAX_BYTES = 1024 * 1024 * 1024,
	EXCLUDES_MAX = 64,
	FILE_MODE = 0644,
};

struct batch {
	const char *base, *key_file, *ring_file;
	const char **tenants; /* the first one makes links, all of them open them */
	size_t tenants_n;
	struct rewrite_options options;
	struct span exclude[EXCLUDES_MAX];
	bool list, untrack, facts, explain;
	char **words; /* what stands behind the options: a file, or URLs */
	size_t words_n;
	struct token_sealer *sealer;
	struct untrack opened;
	struct arena *arena, *work; /* of the options; of one message */
	struct buf in, out;
};

static int
usage(void)
{
	fputs(
	    "usage: trackd-rewrite --rewrite [--batch] [--base URL] [--tenant NAME] [--key FILE]\n"
	    "           [--no-clicks] [--no-opens] [--text] [--exclude HOST] [--keep-signed]\n"
	    "           [--facts] [--explain] [FILE]\n"
	    "       trackd-rewrite --untrack [--base URL] [--tenant NAME] [--key FILE] [--ring "
	    "FILE]\n"
	    "           [URL ...]\n",
	    stderr);
	return 2;
}

static int
read_all(int fd, struct buf *b, struct err *err)
{
	char *room;
	ssize_t n;

	buf_reset(b);
	while ((room = buf_room(b, 1)) != NULL) {
		room = buf_room(b, 65536) == NULL ? room : buf_room(b, 65536);
		n = read(fd, room, b->cap - b->n);
		if (n == -1)
			return err_sys(err, "read");
		if (n == 0)
			return 0;
		buf_grew(b, (size_t)n);
	}
	return err_set(err, "larger than %d bytes", MESSAGE_MAX_BYTES);
}

static int
write_all(int fd, struct span s, struct err *err)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n == -1 && errno != EINTR)
			return err_sys(err, "write");
		s = span_from(s, n == -1 ? 0 : (size_t)n);
	}
	return 0;
}

static void
print_facts(const struct rewrite_plan *plan, const char *name)
{
	if (plan->verdict == REWRITE_CHANGED)
		fprintf(stderr, "%s: %u links, %u pixels in %u parts\n", name, plan->links,
		    plan->pixels, plan->parts);
	else
		fprintf(stderr, "%s: unchanged: %s\n", name, rewrite_verdict_name(plan->verdict));
}

static int
rewrite_one(struct batch *b, int in, int out, const char *name, struct err *err)
{
	struct rewrite_recipient nobody = { .issued_s = 0 };
	struct rewrite_plan plan;

	if (read_all(in, &b->in, err) == -1)
		return -1;
	arena_reset(b->work);
	buf_reset(&b->out);
	rewrite_plan(&b->options, buf_all(&b->in), b->work, &plan);
	rewrite_render(&plan, b->sealer, &nobody, &b->out);
	if (buf_over(&b->out))
		return err_set(err, "larger than %d bytes after rewriting", MESSAGE_MAX_BYTES);
	if (b->facts)
		print_facts(&plan, name);
	if (b->explain) {
		explain_print(stdout, &plan, b->sealer, &nobody);
		return 0;
	}
	return write_all(out, buf_all(&b->out), err);
}

static int
rewrite_file(struct batch *b, const char *from, const char *to, struct err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, result = -1;

	if (in == -1) {
		err_sys(err, "open %s", from);
		goto out;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	if (out == -1) {
		err_sys(err, "create %s", to);
		goto out;
	}
	result = rewrite_one(b, in, out, from, err);
	if (result == -1)
		err_context(err, "%s", from);
out:
	if (in != -1)
		close(in);
	if (out != -1 && close(out) == -1)
		result = err_sys(err, "close %s", to);
	return result;
}

static int
rewrite_list(struct batch *b)
{
	char *line = NULL, *tab;
	size_t room = 0;
	int result = 0;
	struct err err;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		tab = strchr(line, '\t');
		if (tab == NULL) {
			fprintf(stderr, "no tab in line: %s\n", line);
			result = 1;
			continue;
		}
		*tab = '\0';
		if (rewrite_file(b, line, tab + 1, &err) == -1) {
			fprintf(stderr, "%s\n", err.text);
			result = 1;
		}
	}
	free(line);
	return result;
}

static int
untrack(struct batch *b)
{
	struct untrack *u = &b->opened;
	char *line = NULL;
	size_t room = 0;
	bool all = true;
	ssize_t n;

	for (size_t i = 0; i < b->words_n; i++)
		all &= untrack_print(u, span_str(b->words[i]), &b->out, stdout);
	while (b->words_n == 0 && (n = getline(&line, &room, stdin)) > 0)
		all &= untrack_print(u, span_trim(span_of(line, (size_t)n)), &b->out, stdout);
	free(line);
	return all ? 0 : 1;
}

static int
read_file(struct batch *b, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd == -1)
		return err_sys(err, "open %s", path);
	result = read_all(fd, &b->in, err);
	close(fd);
	return result;
}

static int
read_key(struct batch *b, uint8_t master[TOKEN_MASTER_BYTES], struct err *err)
{
	struct span text;

	if (read_file(b, b->key_file, err) == -1)
		return -1;
	text = b->in.n == TOKEN_MASTER_BYTES ? buf_all(&b->in) : span_trim(buf_all(&b->in));
	if (text.n == TOKEN_MASTER_BYTES)
		memcpy(master, text.p, TOKEN_MASTER_BYTES);
	else if (hex_bytes(text, master, TOKEN_MASTER_BYTES) == -1)
		return err_set(err, "%s: a key is %d bytes, or %d hex digits", b->key_file,
		    TOKEN_MASTER_BYTES, 2 * TOKEN_MASTER_BYTES);
	return 0;
}

/* What opens links: the one key, and those of the ring, of each tenant. */
static int
keys_add(struct batch *b, const uint8_t master[TOKEN_MASTER_BYTES], struct err *err)
{
	if (b->ring_file != NULL && read_file(b, b->ring_file, err) == -1)
		return -1;
	for (size_t i = 0; i < b->tenants_n; i++) {
		if (untrack_add(&b->opened, master, 0, b->tenants[i], b->arena, err) == -1)
			return -1;
		if (b->ring_file != NULL && untrack_add_ring(&b->opened, buf_all(&b->in),
						b->tenants[i], b->arena, err) == -1)
			return err_context(err, "%s", b->ring_file);
	}
	b->opened.base = span_str(b->base);
	return 0;
}

static int
make_keys(struct batch *b, struct err *err)
{
	uint8_t master[TOKEN_MASTER_BYTES] = { 0 };
	struct token_key key;

	if (b->key_file != NULL && read_key(b, master, err) == -1)
		return -1;
	if (b->untrack)
		return keys_add(b, master, err);
	if (token_key_derive(master, 0, span_str(b->tenants[0]), &key, err) == -1)
		return -1;
	b->sealer = token_sealer_new(&key);
	return 0;
}

/* An option without an argument. */
static bool
take_switch(struct batch *b, const char *name)
{
	struct scan_rules *rules = &b->options.rules;
	struct {
		const char *name;
		bool *to, value;
	} const table[] = {
		{ "--batch", &b->list, true },
		{ "--facts", &b->facts, true },
		{ "--explain", &b->explain, true },
		{ "--no-clicks", &rules->clicks, false },
		{ "--text", &rules->texts, true },
		{ "--no-opens", &rules->opens, false },
		{ "--keep-signed", &b->options.keep_signed, true },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(name, table[i].name) == 0) {
			*table[i].to = table[i].value;
			return true;
		}
	return false;
}

static bool
take_value(struct batch *b, const char *name, const char *value)
{
	if (strcmp(name, "--base") == 0)
		b->base = value;
	else if (strcmp(name, "--tenant") == 0)
		b->tenants[b->tenants_n++] = value;
	else if (strcmp(name, "--key") == 0)
		b->key_file = value;
	else if (strcmp(name, "--ring") == 0 && b->untrack)
		b->ring_file = value;
	else if (strcmp(name, "--exclude") == 0 && b->options.rules.excludes < EXCLUDES_MAX)
		return idna_ascii(span_str(value), b->arena,
			   &b->exclude[b->options.rules.excludes++]) == 0;
	else
		return false;
	return true;
}

static bool
parse_options(struct batch *b, int argc, char **argv)
{
	if (argc < 2 || (strcmp(argv[1], "--rewrite") != 0 && strcmp(argv[1], "--untrack") != 0))
		return false;
	b->untrack = strcmp(argv[1], "--untrack") == 0;
	b->tenants = arena_alloc(b->arena, sizeof(*b->tenants) * (size_t)argc);
	for (int i = 2; i < argc; i++) {
		if (argv[i][0] != '-') {
			b->words = argv + i;
			b->words_n = (size_t)(argc - i);
			break;
		}
		if (take_switch(b, argv[i]))
			continue;
		if (i + 1 >= argc || !take_value(b, argv[i], argv[i + 1]))
			return false;
		i++;
	}
	if (b->base == NULL && !b->untrack)
		b->base = "https://t.example.test/";
	if (b->tenants_n == 0)
		b->tenants[b->tenants_n++] = "default";
	b->options.rules.base = span_str(b->base);
	url_hosts_sort(b->exclude, b->options.rules.excludes);
	b->options.rules.exclude = b->exclude;
	return b->untrack || b->words_n == 0 || (b->words_n == 1 && !b->list);
}

/* The file that was named, or standard input; to standard output. */
static int
rewrite_word(struct batch *b, struct err *err)
{
	const char *name = b->words_n > 0 ? b->words[0] : "message";
	int in = b->words_n > 0 ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO, result;

	if (in == -1)
		return err_sys(err, "open %s", name);
	result = rewrite_one(b, in, STDOUT_FILENO, name, err);
	if (in != STDIN_FILENO)
		close(in);
	return result;
}

static int
run(struct batch *b)
{
	struct err err;

	if (b->untrack)
		return untrack(b);
	b->options.rules.charsets = charsets_open();
	if (b->list)
		return rewrite_list(b);
	if (rewrite_word(b, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

int
rewrite_batch(int argc, char **argv)
{
	struct batch b = { .options.rules = { .clicks = true, .opens = true } };
	int status = 1;
	struct err err;

	b.arena = arena_new(ARENA_MAX_BYTES);
	if (!parse_options(&b, argc, argv))
		return usage();
	b.work = arena_new(ARENA_MAX_BYTES);
	buf_init(&b.in, MESSAGE_MAX_BYTES);
	buf_init(&b.out, (size_t)MESSAGE_MAX_BYTES * 4);
	if (make_keys(&b, &err) == 0)
		status = run(&b);
	else
		fprintf(stderr, "%s\n", err.text);
	charsets_free(b.options.rules.charsets);
	token_sealer_free(b.sealer);
	untrack_free(&b.opened);
	arena_free(b.arena);
	arena_free(b.work);
	buf_free(&b.in);
	buf_free(&b.out);
	return status;
}
