#include "batch.h"
#include "dkim.h"
#include "header.h"
#include "sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEYS_MAX = 2, MESSAGE_MAX_BYTES = 256 * 1024 * 1024 };

struct batch {
	const char *verb, *domain, *selector, *files[KEYS_MAX], *kind;
	struct dkim_key *keys[KEYS_MAX];
	size_t n; /* keys */
	bool list;
	enum dkim_canon canon;
	struct arena *arena;
	struct buf in, out;
};

static int
usage(void)
{
	fputs("usage: --sign --domain NAME --selector NAME --key FILE [--key FILE] [--simple] "
	      "[--batch]\n"
	      "       --new rsa|ed25519\n"
	      "       --record --domain NAME --selector NAME --key FILE\n",
	    stderr);
	return 2;
}

static int
read_file(FILE *f, struct buf *b, struct err *err)
{
	char chunk[65536];
	size_t n;

	buf_reset(b);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	if (ferror(f))
		return err_sys(err, "read");
	return buf_over(b) ? err_set(err, "larger than %zu bytes", b->max) : 0;
}

static const char *
selector_of(struct batch *b, size_t i)
{
	return i == 0 ? b->selector : arena_printf(b->arena, "%s-%zu", b->selector, i + 1);
}

static int
add_signature(struct batch *b, size_t i, struct span message, const uint8_t *hash, struct err *err)
{
	struct dkim_options o = { .algorithm = dkim_key_algorithm(b->keys[i]),
		.header = b->canon,
		.body = b->canon,
		.domain = span_str(b->domain),
		.selector = span_str(selector_of(b, i)),
		.signed_s = (uint64_t)time(NULL) };
	struct dkim_draft draft;
	struct buf signature;
	int result = -1;

	buf_init(&signature, DKIM_SIGNATURE_MAX);
	if (dkim_prepare(&o, message, hash, b->arena, &draft, err) == 0 &&
	    dkim_key_sign(b->keys[i], draft.digest, &signature, err) == 0) {
		dkim_finish(&draft, buf_all(&signature), &b->out);
		result = 0;
	}
	buf_free(&signature);
	return result;
}

static int
sign_stream(struct batch *b, FILE *in, FILE *out, struct err *err)
{
	uint8_t hash[DKIM_DIGEST_BYTES];
	struct span body;

	if (read_file(in, &b->in, err) == -1)
		return -1;
	arena_reset(b->arena);
	buf_reset(&b->out);
	sound_make(&b->in, b->arena);
	header_block(buf_all(&b->in), &body);
	if (dkim_body_hash(b->canon, body, hash, err) == -1)
		return -1;
	for (size_t i = 0; i < b->n; i++)
		if (add_signature(b, i, buf_all(&b->in), hash, err) == -1)
			return -1;
	if (fwrite(b->out.p, 1, b->out.n, out) != b->out.n ||
	    fwrite(b->in.p, 1, b->in.n, out) != b->in.n)
		return err_sys(err, "write");
	return 0;
}

static int
sign_file(struct batch *b, const char *from, const char *to, struct err *err)
{
	FILE *in = fopen(from, "re"), *out = in == NULL ? NULL : fopen(to, "we");
	int result =
	    in == NULL || out == NULL ? err_sys(err, "open") : sign_stream(b, in, out, err);

	if (in != NULL)
		fclose(in);
	if (out != NULL && fclose(out) != 0)
		result = err_sys(err, "write");
	return result == -1 ? err_context(err, "%s", from) : 0;
}

static int
sign_list(struct batch *b)
{
	char *line = NULL;
	size_t room = 0;
	struct err err;
	int status = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		char *tab = strchr(line, '\t');

		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (tab == NULL)
			continue;
		*tab = '\0';
		if (sign_file(b, line, tab + 1, &err) == -1) {
			fprintf(stderr, "%s\n", err.text);
			status = 1;
		}
	}
	free(line);
	return status;
}

static int
load_keys(struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		FILE *f = fopen(b->files[i], "re");
		int result = f == NULL ? err_sys(err, "open") : read_file(f, &b->in, err);

		if (f != NULL)
			fclose(f);
		if (result == 0)
			b->keys[i] = dkim_key_load(buf_all(&b->in), err);
		if (result == -1 || b->keys[i] == NULL)
			return err_context(err, "%s", b->files[i]);
	}
	return 0;
}

static int
make_key(struct batch *b, struct err *err)
{
	bool rsa = strcmp(b->kind, "rsa") == 0;
	struct dkim_key *key = dkim_key_new(rsa ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256, err);
	int result = key == NULL ? -1 : dkim_key_pem(key, &b->out, err);

	dkim_key_free(key);
	if (result == 0)
		fwrite(b->out.p, 1, b->out.n, stdout);
	return result;
}

static int
print_records(struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		buf_reset(&b->out);
		if (dkim_key_zone_line(b->keys[i], span_str(selector_of(b, i)), span_str(b->domain),
			&b->out, err) == -1)
			return -1;
		fwrite(b->out.p, 1, b->out.n, stdout);
	}
	return 0;
}

static bool
parse_options(struct batch *b, int argc, char **argv)
{
	b->verb = argc < 2 ? "" : argv[1];
	if (strcmp(b->verb, "--new") == 0) {
		b->kind = argc == 3 ? argv[2] : "";
		return strcmp(b->kind, "rsa") == 0 || strcmp(b->kind, "ed25519") == 0;
	}
	for (int i = 2; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--batch") == 0)
			b->list = true;
		else if (strcmp(argv[i], "--simple") == 0)
			b->canon = DKIM_SIMPLE;
		else if (value == NULL)
			return false;
		else if (strcmp(argv[i], "--domain") == 0)
			b->domain = argv[++i];
		else if (strcmp(argv[i], "--selector") == 0)
			b->selector = argv[++i];
		else if (strcmp(argv[i], "--key") == 0 && b->n < KEYS_MAX)
			b->files[b->n++] = argv[++i];
		else
			return false;
	}
	return (strcmp(b->verb, "--sign") == 0 || strcmp(b->verb, "--record") == 0) &&
	       b->domain != NULL && b->selector != NULL && b->n > 0;
}

static int
run(struct batch *b)
{
	struct err err = { "" };
	int result;

	if (b->kind != NULL)
		result = make_key(b, &err);
	else if (load_keys(b, &err) == -1)
		result = -1;
	else if (strcmp(b->verb, "--record") == 0)
		result = print_records(b, &err);
	else if (b->list)
		return sign_list(b);
	else
		result = sign_stream(b, stdin, stdout, &err);
	if (result == -1)
		fprintf(stderr, "%s\n", err.text);
	return result == -1;
}

int
sign_batch(int argc, char **argv)
{
	struct batch b = { 0 };
	int status;

	if (!parse_options(&b, argc, argv))
		return usage();
	buf_init(&b.in, MESSAGE_MAX_BYTES);
	buf_init(&b.out, MESSAGE_MAX_BYTES);
	b.arena = arena_new(MESSAGE_MAX_BYTES);
	status = run(&b);
	for (size_t i = 0; i < b.n; i++)
		dkim_key_free(b.keys[i]);
	arena_free(b.arena);
	buf_free(&b.in);
	buf_free(&b.out);
	return status;
}
