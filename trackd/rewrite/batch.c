#include "batch.h"
#include "hex.h"
#include "err.h"
#include "pixel.h"
#include "rewrite.h"

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
	const char *base, *tenant, *key_file;
	struct rewrite_options options;
	struct span exclude[EXCLUDES_MAX];
	bool list, untrack, facts;
	struct token_sealer *sealer;
	struct arena *arena;
	struct buf in, out;
};

static int
usage(void)
{
	fputs(
	    "usage: trackd-rewrite --rewrite [--batch] [--base URL] [--tenant NAME] [--key FILE]\n"
	    "           [--no-clicks] [--no-opens] [--exclude HOST] [--keep-signed] [--facts]\n"
	    "       trackd-rewrite --untrack [--base URL] [--tenant NAME] [--key FILE]\n",
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
	arena_reset(b->arena);
	buf_reset(&b->out);
	rewrite_plan(&b->options, buf_all(&b->in), b->arena, &plan);
	rewrite_render(&plan, b->sealer, &nobody, &b->out);
	if (buf_over(&b->out))
		return err_set(err, "larger than %d bytes after rewriting", MESSAGE_MAX_BYTES);
	if (b->facts)
		print_facts(&plan, name);
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
	struct span base = b->options.rules.base, token;
	struct token_facts facts;
	enum token_kind kind;
	char *line = NULL;
	size_t room = 0;
	int result = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		struct span url = span_trim(span_of(line, (size_t)n));
		bool ours = pixel_token_of(url, base, &kind, &token) &&
			    token_open(b->sealer, token, &b->out, &facts) == 0 &&
			    facts.kind == kind;

		if (ours && kind == TOKEN_CLICK)
			printf("%.*s\n", SPAN(facts.url));
		else
			puts(ours ? "(open pixel)" : "(not a tracking link of this key)");
		if (!ours)
			result = 1;
	}
	free(line);
	return result;
}

static int
read_key(struct batch *b, uint8_t master[TOKEN_MASTER_BYTES], struct err *err)
{
	int fd = open(b->key_file, O_RDONLY | O_CLOEXEC), result = -1;
	struct span text;

	if (fd == -1)
		return err_sys(err, "open %s", b->key_file);
	if (read_all(fd, &b->in, err) == -1)
		goto out;
	text = b->in.n == TOKEN_MASTER_BYTES ? buf_all(&b->in) : span_trim(buf_all(&b->in));
	if (text.n == TOKEN_MASTER_BYTES) {
		memcpy(master, text.p, TOKEN_MASTER_BYTES);
		result = 0;
	} else
		result = hex_bytes(text, master, TOKEN_MASTER_BYTES);
	if (result == -1)
		err_set(err, "%s: a key is %d bytes, or %d hex digits", b->key_file,
		    TOKEN_MASTER_BYTES, 2 * TOKEN_MASTER_BYTES);
out:
	close(fd);
	return result;
}

static int
make_sealer(struct batch *b, struct err *err)
{
	uint8_t master[TOKEN_MASTER_BYTES] = { 0 };
	struct token_key key;

	if (b->key_file != NULL && read_key(b, master, err) == -1)
		return -1;
	if (token_key_derive(master, 0, span_str(b->tenant), &key, err) == -1)
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
		{ "--no-clicks", &rules->clicks, false },
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
		b->tenant = value;
	else if (strcmp(name, "--key") == 0)
		b->key_file = value;
	else if (strcmp(name, "--exclude") == 0 && b->options.rules.excludes < EXCLUDES_MAX)
		b->exclude[b->options.rules.excludes++] = span_str(value);
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
	for (int i = 2; i < argc; i++) {
		if (take_switch(b, argv[i]))
			continue;
		if (i + 1 >= argc || !take_value(b, argv[i], argv[i + 1]))
			return false;
		i++;
	}
	b->options.rules.base = span_str(b->base);
	b->options.rules.exclude = b->exclude;
	return true;
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
	if (rewrite_one(b, STDIN_FILENO, STDOUT_FILENO, "message", &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

int
rewrite_batch(int argc, char **argv)
{
	struct batch b = { .base = "https://t.example.test/",
		.tenant = "default",
		.options.rules = { .clicks = true, .opens = true } };
	int status = 1;
	struct err err;

	if (!parse_options(&b, argc, argv))
		return usage();
	buf_init(&b.in, MESSAGE_MAX_BYTES);
	buf_init(&b.out, (size_t)MESSAGE_MAX_BYTES * 4);
	b.arena = arena_new(ARENA_MAX_BYTES);
	if (make_sealer(&b, &err) == 0)
		status = run(&b);
	else
		fprintf(stderr, "%s\n", err.text);
	charsets_free(b.options.rules.charsets);
	token_sealer_free(b.sealer);
	arena_free(b.arena);
	buf_free(&b.in);
	buf_free(&b.out);
	return status;
}
