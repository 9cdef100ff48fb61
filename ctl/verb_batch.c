/* classify, parse, rewrite, untrack: the roles' own code on what a person holds in the hand. */
#include "ask.h"
#include "program.h"
#include "table.h"
#include "verb.h"
#include "verdict_words.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 20, REPLY_BYTES = 60000 };

struct classify_args {
	const char *mx, *rules;
	bool batch;
};

static const struct opt classify_opts[] = {
	{ "mx", 'm', OPT_TEXT, offsetof(struct classify_args, mx), "HOST",
	    "the server that said so" },
	{ "rules", 'r', OPT_TEXT, offsetof(struct classify_args, rules), "FILE",
	    "other rules than the shipped ones" },
	{ "batch", 'b', OPT_FLAG, offsetof(struct classify_args, batch), NULL,
	    "lines {\"reply\":...,\"mx\":...} on standard input" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static void
line_print(const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("  %-11s ", name);
	text_print(span_str(text), stdout);
	putchar('\n');
}

/* Which rule, and where it stands; or what stood in for one. */
static const char *
decided_by(struct ctl *c, const json_t *answer)
{
	const char *rule = row_str(answer, "rule");

	if (strcmp(rule, "status") == 0)
		return "no rule knows it; by its enhanced status";
	if (strcmp(rule, "code") == 0)
		return "no rule knows it; by its reply code";
	return arena_printf(c->arena, "rule %s, %s:%llu", rule, row_str(answer, "file"),
	    (unsigned long long)row_num(answer, "line"));
}

static void
answer_print(struct ctl *c, struct span line)
{
	json_t *answer = c->json ? NULL : json_loadb(line.p, line.n, JSON_DISABLE_EOF_CHECK, NULL);

	if (!json_is_object(answer) || row_str(answer, "category")[0] == '\0') {
		if (c->json)
			printf("%.*s\n", SPAN(span_trim(line)));
		else
			puts("Nothing in it says what it means.");
		json_decref(answer);
		return;
	}
	printf("%s.\n", class_sentence(row_str(answer, "class")));
	line_print("why", category_sentence(row_str(answer, "category")));
	line_print("category", row_str(answer, "category"));
	line_print("what to do", advice_sentence(row_str(answer, "advice"),
				     row_num(answer, "retry_s"), row_str(answer, "fix"), c->arena));
	line_print("provider", row_str(answer, "provider"));
	line_print("status", row_str(answer, "status"));
	line_print("decided by", decided_by(c, answer));
	line_print("source", row_str(answer, "source"));
	line_print("confidence",
	    arena_printf(c->arena, "%llu %%", (unsigned long long)row_num(answer, "confidence")));
	json_decref(answer);
}

static int
classify_one(struct ctl *c, const struct classify_args *args, const char *reply)
{
	char *argv[] = { "bouncd", "--batch", "classify", (char *)(uintptr_t)args->rules, NULL };
	json_t *question = json_pack("{ssss*}", "reply", reply, "mx", args->mx);
	char *text = question == NULL ? NULL : json_dumps(question, JSON_COMPACT);
	struct buf line, answer;
	int exit_code;

	json_decref(question);
	if (text == NULL || strlen(text) > REPLY_BYTES) {
		free(text);
		return ctl_fail(2, "the reply is too long, or not UTF-8");
	}
	buf_init(&line, REPLY_BYTES + 1);
	buf_init(&answer, ANSWER_BYTES);
	buf_printf(&line, "%s\n", text);
	exit_code = program_ask(c, argv, buf_all(&line), &answer);
	if (exit_code == 0)
		answer_print(c, buf_all(&answer));
	free(text);
	buf_free(&line);
	buf_free(&answer);
	return exit_code;
}

static int
classify(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct classify_args args = { NULL, NULL, false };
	int n = verb_words(c, v, &args, argc, argv, 0, 1);
	char *batch[] = { "bouncd", "--batch", "classify", NULL, NULL };

	if (n == (args.batch ? 1 : 0)) {
		verb_usage(v, stderr);
		return 2;
	}
	batch[3] = (char *)(uintptr_t)args.rules;
	return args.batch ? program_become(c, batch) : classify_one(c, &args, argv[0]);
}

struct parse_args {
	const char *rules;
	bool batch;
};

static const struct opt parse_opts[] = {
	{ "rules", 'r', OPT_TEXT, offsetof(struct parse_args, rules), "FILE",
	    "other rules than the shipped ones" },
	{ "batch", 'b', OPT_FLAG, offsetof(struct parse_args, batch), NULL,
	    "names of files on standard input, one a line" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static int
parse(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct parse_args args = { NULL, false };
	int n = verb_words(c, v, &args, argc, argv, 0, 1);
	char *run[] = { "bouncd-parse", args.batch ? "--batch" : "--mail",
		(char *)(uintptr_t)args.rules, NULL };

	if (n == 1 && freopen(argv[0], "re", stdin) == NULL)
		return ctl_fail(1, "cannot read %s", argv[0]);
	return program_become(c, run);
}

/* Their options are the rewriter's own; -c, -h and --json mean nothing to it. */
static int
rewriter(struct ctl *c, const char *mode, int argc, char **argv)
{
	char **run = arena_alloc(c->arena, sizeof(*run) * ((size_t)argc + 2));

	run[0] = "trackd-rewrite";
	run[1] = (char *)(uintptr_t)mode;
	memcpy(run + 2, argv + 1, sizeof(*run) * (size_t)(argc - 1));
	return program_become(c, run);
}

/* What every verb says, and this one's program would not. */
static bool
only_tells(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const char *const words[] = { "-h", "--help", "--version" };

	for (unsigned i = 0; argc > 1 && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(argv[1], words[i]) == 0) {
			(void)verb_words(c, v, NULL, 2, argv, 0, 0); /* says it, and exits */
			return true;
		}
	return false;
}

static int
rewrite(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	return only_tells(c, v, argc, argv) ? 0 : rewriter(c, "--rewrite", argc, argv);
}

static bool
is_given(const char *option, int argc, char **argv)
{
	for (int i = 1; i < argc && argv[i][0] == '-'; i += 2)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

/* The links of this house too, where a key is not named and who asks may read the house's. */
static int
untrack_here(struct ctl *c, int argc, char **argv)
{
	const char *ring = arena_printf(c->arena, "%s/tracking.key", ctl_path(c, "keys"));
	const struct conf_block *top = conf_top(ctl_conf(c)), *b;
	size_t n = 0, most = (size_t)argc + 5;
	const char **more;

	if (is_given("--key", argc, argv) || access(ring, R_OK) == -1)
		return rewriter(c, "--untrack", argc, argv);
	for (b = conf_first(top, "tenant"); b != NULL; b = conf_next(b))
		most += 2;
	more = arena_alloc(c->arena, sizeof(*more) * most);
	more[n++] = argv[0];
	more[n++] = "--ring";
	more[n++] = ring;
	if (!is_given("--tenant", argc, argv)) {
		more[n++] = "--tenant";
		more[n++] = "default";
		for (b = conf_first(top, "tenant"); b != NULL; b = conf_next(b)) {
			more[n++] = "--tenant";
			more[n++] = conf_name(b);
		}
	}
	memcpy(more + n, argv + 1, sizeof(*more) * (size_t)(argc - 1));
	return rewriter(c, "--untrack", (int)n + argc - 1, (char **)(uintptr_t)more);
}

static int
untrack(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	return only_tells(c, v, argc, argv) ? 0 : untrack_here(c, argc, argv);
}

const struct verb verb_classify = { .name = "classify",
	.words = "[--mx HOST] REPLY | --batch",
	.help = "Say what a server's reply means: class, category, advice.",
	.opts = classify_opts,
	.run = classify };
const struct verb verb_parse = { .name = "parse",
	.words = "[FILE] | --batch",
	.help = "Say what a mail that came back says: kind, recipients, why.",
	.opts = parse_opts,
	.run = parse };
const struct verb verb_rewrite = { .name = "rewrite",
	.words = "[--explain] [--base URL] [--tenant NAME] [--key FILE] [--no-clicks] [--no-opens] "
		 "[--text] [--exclude HOST] [--facts] [FILE] | --batch",
	.help = "Put tracking links and the pixel into a mail, as the relay would, or explain what "
		"would be changed.",
	.run = rewrite };
const struct verb verb_untrack = { .name = "untrack",
	.words = "[--base URL] [--tenant NAME] [--key FILE] [URL ...]",
	.help = "Say where tracking links lead: those of this house, or of a key.",
	.run = untrack };
