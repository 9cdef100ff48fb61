#include "changed.h"
#include "key_disk.h"
#include "table.h"
#include "verb.h"
#include "whole_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { DAY_S = 86400 };

#define NO_KEY UINT64_MAX /* --key was not said */

struct args {
	uint64_t key;
	bool later, replace, no_reload;
};

static const struct opt opts[] = {
	{ "later", 'l', OPT_FLAG, offsetof(struct args, later), NULL,
	    "rotate: make the key and use it for nothing yet, so that other nodes can have it "
	    "first" },
	{ "key", 'k', OPT_NUMBER, offsetof(struct args, key), "ID",
	    "rotate: use this one, which is there, from now on" },
	{ "replace", 0, OPT_FLAG, offsetof(struct args, replace), NULL,
	    "import: take the file's key where one here has the same number" },
	{ "no-reload", 0, OPT_FLAG, offsetof(struct args, no_reload), NULL,
	    "do not tell a house that runs" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* How long what was sealed with a key is opened: so long it must be kept when another is used. */
static uint64_t
valid_s(struct ctl *c, enum key_kind kind)
{
	bool bounce = kind == KEY_BOUNCE;
	const struct conf_block *b =
	    conf_first(conf_top(ctl_conf(c)), bounce ? "queue" : "tracking");

	if (b == NULL)
		return (uint64_t)(bounce ? 30 : 730) * DAY_S;
	return conf_num(b, bounce ? "bounce-valid" : "valid");
}

/* ---- list ---- */

enum { CELLS = 6 };

static const struct table_column columns[CELLS] = { { "KIND", false }, { "KEY", true },
	{ "STATE", false }, { "MADE", false }, { "KEEP UNTIL", false }, { "FINGERPRINT", false } };
static const char *const names[CELLS] = { "kind", "key", "state", "made", "keep_until",
	"fingerprint" };

static void
key_show(struct ctl *c, struct table *t, enum key_kind kind, const struct ring_key *k, bool first)
{
	char mark[17];
	const char *cells[CELLS] = { key_kinds[kind].word, arena_printf(c->arena, "%u", k->id),
		first ? "used" : "opens", ctl_day(c, k->made_s),
		k->until_s == 0 ? "" : ctl_day(c, k->until_s + valid_s(c, kind)), mark };
	json_t *row = json_object();

	ring_key_mark(k, mark);
	for (unsigned i = 0; i < CELLS; i++)
		if (t != NULL)
			table_cell(t, span_str(cells[i]));
		else
			json_object_set_new(row, names[i], json_string(cells[i]));
	if (t == NULL) {
		json_dumpf(row, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(row);
}

static int
list(struct ctl *c, struct args *args, char **words)
{
	struct table *t = c->json ? NULL : table_new(columns, CELLS, ctl_colour(), stdout);
	struct key_ring rings[KEY_KINDS];
	struct err err;
	size_t n = 0;

	(void)args;
	(void)words;
	if (key_rings_load(c, rings, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++)
		for (size_t i = 0; i < rings[kind].n; i++, n++)
			key_show(c, t, kind, &rings[kind].at[i], i == 0);
	explicit_bzero(rings, sizeof(rings));
	if (t != NULL)
		table_end(t);
	if (n == 0 && !c->json)
		puts("There is no key yet; posthouse setup makes the first.");
	return n == 0;
}

/* ---- rotate ---- */

static int
kind_of(const char *word)
{
	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++)
		if (strcmp(word, key_kinds[kind].word) == 0)
			return (int)kind;
	return -1;
}

/* -1, or the number of a key that was made and stands last. */
static int
key_make(struct ctl *c, enum key_kind kind, struct key_ring *ring, uint64_t now_s, struct err *err)
{
	struct ring_key k = { .made_s = now_s };
	int id;

	key_ring_forget(ring, now_s - valid_s(c, kind));
	id = key_ring_free_id(ring, key_kinds[kind].id_max);
	if (id == -1 || ring->n == KEY_RING_MAX)
		return err_set(err,
		    "there are %zu %s keys, and links or addresses made with each can still come "
		    "back",
		    ring->n, key_kinds[kind].word);
	k.id = (uint8_t)id;
	if (getrandom(k.bytes, sizeof(k.bytes), 0) != sizeof(k.bytes))
		return err_sys(err, "getrandom");
	ring->at[ring->n++] = k;
	explicit_bzero(&k, sizeof(k));
	return id;
}

static int
rotated(struct ctl *c, const struct args *args, enum key_kind kind, unsigned id, size_t dropped)
{
	const char *word = key_kinds[kind].word;
	const char *what = args->later
			       ? arena_printf(c->arena, "%s key %u made, not used yet", word, id)
			       : arena_printf(c->arena, "%s key %u is used from now on", word, id);

	printf("%s.\n", what);
	if (dropped > 0)
		printf("%zu that nothing good can name any more went.\n", dropped);
	if (args->later)
		printf("When all nodes have it: posthouse keys rotate %s --key %u\n", word, id);
	changed_event(c, "keys-rotate", what);
	return changed_reload(c, what, args->no_reload);
}

static int
rotate(struct ctl *c, struct args *args, char **words)
{
	int kind = kind_of(words[1]), id;
	uint64_t now_s = (uint64_t)time(NULL);
	struct key_ring ring;
	struct err err;
	size_t before;

	if (kind == -1)
		return ctl_fail(2, "keys are tracking or bounce, not \"%s\"", words[1]);
	if (args->later && args->key != NO_KEY)
		return ctl_fail(2, "--later makes a key, --key uses one that is there: not both");
	if (args->key != NO_KEY && (args->key == 0 || args->key > key_kinds[kind].id_max))
		return ctl_fail(2, "there is no %s key %llu: they are 1 to %u", words[1],
		    (unsigned long long)args->key, (unsigned)key_kinds[kind].id_max);
	if (key_rings_lock(c, &err) == -1) /* until the end of this command */
		return ctl_fail(1, "%s", err.text);
	if (key_ring_load(c, (enum key_kind)kind, &ring, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	before = ring.n;
	id = (int)args->key;
	if (args->key == NO_KEY &&
	    (id = key_make(c, (enum key_kind)kind, &ring, now_s, &err)) == -1)
		return ctl_fail(1, "%s", err.text);
	if (args->key == NO_KEY)
		before++;
	if (!args->later && !key_ring_use(&ring, (unsigned)id, now_s))
		return ctl_fail(1, "there is no %s key %d", words[1], id);
	if (key_ring_store(c, (enum key_kind)kind, &ring, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	before -= ring.n;
	explicit_bzero(&ring, sizeof(ring));
	return rotated(c, args, (enum key_kind)kind, (unsigned)id, before);
}

/* ---- export, import ---- */

static int export(struct ctl *c, struct args *args, char **words)
{
	struct key_ring rings[KEY_KINDS];
	struct err err;
	struct buf text;
	int done;

	(void)args;
	if (key_rings_load(c, rings, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	buf_init(&text, 2 * KEY_FILE_BYTES);
	key_file_put(rings, &text);
	if (words[1] != NULL && strcmp(words[1], "-") != 0)
		done = whole_write_own(words[1], buf_all(&text), &err);
	else if (fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0)
		done = 0;
	else
		done = err_sys(&err, "write");
	explicit_bzero(text.p, text.n);
	explicit_bzero(rings, sizeof(rings));
	buf_free(&text);
	if (done == -1)
		return ctl_fail(1, "%s", err.text);
	changed_event(c, "keys-export", "tracking and bounce keys exported");
	return 0;
}

static int
file_read(const char *path, struct key_ring rings[KEY_KINDS], struct err *err)
{
	bool input = path == NULL || strcmp(path, "-") == 0;
	struct buf text;
	int done = 0;

	if (!input && access(path, R_OK) == -1)
		return err_sys(err, "read %s", path);
	buf_init(&text, 2 * KEY_FILE_BYTES);
	done = whole_read(input ? "/dev/stdin" : path, &text, err);
	if (done == 0)
		done = key_file_read(rings, buf_all(&text), err);
	explicit_bzero(text.p, text.n);
	buf_free(&text);
	return done == -1 ? err_context(err, "%s", input ? "standard input" : path) : 0;
}

static int
merge(struct key_ring rings[KEY_KINDS], const struct key_ring more[KEY_KINDS], bool replace,
    struct err *err)
{
	int all = 0;

	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++) {
		int n = key_ring_merge(&rings[kind], &more[kind], replace, err);

		if (n == -1)
			return err_context(err, "%s", key_kinds[kind].word);
		all += n;
	}
	return all;
}

static int
import(struct ctl *c, struct args *args, char **words)
{
	struct key_ring was[KEY_KINDS], now[KEY_KINDS], more[KEY_KINDS];
	struct err err;
	const char *what;
	int n;

	if (key_rings_lock(c, &err) == -1 || key_rings_load(c, was, &err) == -1 ||
	    file_read(words[1], more, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	memcpy(now, was, sizeof(now));
	n = merge(now, more, args->replace, &err);
	if (n == -1)
		return ctl_fail(1,
		    "%s; nothing was changed (--replace takes the file's, and what was made with "
		    "the one "
		    "here opens no more)",
		    err.text);
	if (n > 0 && key_rings_store(c, was, now, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	explicit_bzero(was, sizeof(was));
	explicit_bzero(now, sizeof(now));
	explicit_bzero(more, sizeof(more));
	if (n == 0) {
		puts("All of these keys are here already.");
		return 0;
	}
	what = arena_printf(c->arena, "%d key%s imported", n, n == 1 ? "" : "s");
	printf("%s.\n", what);
	changed_event(c, "keys-import", what);
	return changed_reload(c, what, args->no_reload);
}

static const struct sub {
	const char *name;
	int least, most;
	int (*run)(struct ctl *, struct args *, char **words);
} subs[] = { { "list", 1, 1, list }, { "rotate", 2, 2, rotate }, { "export", 1, 2, export },
	{ "import", 1, 2, import } };

static int
keys(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .key = NO_KEY };
	int n = verb_words(c, v, &args, argc, argv, 1, 2);

	for (unsigned i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(argv[0], subs[i].name) == 0 && n >= subs[i].least && n <= subs[i].most)
			return subs[i].run(c, &args, argv);
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_keys = { .name = "keys",
	.words =
	    "list | rotate tracking|bounce [--later | --key ID] | export [FILE] | import [FILE]",
	.help = "The keys that tracking links and bounce addresses are made with.",
	.opts = opts,
	.run = keys };
