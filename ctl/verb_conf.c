#include "ask.h"
#include "conf_advice.h"
#include "conf_check.h"
#include "program.h"
#include "verb.h"

#include "../master/tables.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

enum { SHOWN_BYTES = 64 << 20 };

struct args {
	bool origin, defaults, running;
};

static const struct opt opts[] = {
	{ "origin", 'o', OPT_FLAG, offsetof(struct args, origin), NULL,
	    "with the file and line of each setting" },
	{ "defaults", 'd', OPT_FLAG, offsetof(struct args, defaults), NULL,
	    "with the settings that are not set" },
	{ "running", 'r', OPT_FLAG, offsetof(struct args, running), NULL,
	    "what is in force, whatever the files say now" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static int
refused(struct ctl *c)
{
	fprintf(stderr, "%.*s", SPAN(conf_messages(ctl_conf(c))));
	return EX_CONFIG; /* as posthoused -n says */
}

int
conf_check(struct ctl *c)
{
	char *argv[] = { (char *)"posthoused", (char *)"-n", (char *)"-c", (char *)c->conf_path,
		NULL };
	struct buf said;
	int code;

	if (conf_errors(ctl_conf(c)) != 0)
		return refused(c);
	buf_init(&said, SHOWN_BYTES);
	code = program_ask(c, argv, span_of("", 0), &said); /* what it finds is on standard error */
	buf_free(&said);
	if (code == 0)
		conf_advice(ctl_conf(c));
	return code;
}

static enum conf_show
form_of(const struct args *args)
{
	return args->origin     ? CONF_SHOW_ORIGIN
	       : args->defaults ? CONF_SHOW_DEFAULTS
				: CONF_SHOW_SET;
}

/* What the master runs by. Exit code. */
static int
running_read(struct ctl *c, const struct args *args, struct buf *out)
{
	struct ask *a = ask(c, "posthoused", ASK_VIEW,
	    json_pack(
		"{sssbsb}", "verb", "conf", "origin", args->origin, "defaults", args->defaults));
	const json_t *row;

	while ((row = ask_row(a)) != NULL) {
		buf_str(out, row_str(row, "line"));
		buf_byte(out, '\n');
	}
	return ask_end(a);
}

static void
setting_json(struct span blocks, struct span line)
{
	struct span rest, name = span_word(line, &rest), value = span_trim(rest);
	json_t *row = json_pack("{ss%ss%ss%}", "block", blocks.n == 0 ? "" : blocks.p, blocks.n,
	    "setting", name.p, name.n, "value", value.n == 0 ? "" : value.p, value.n);

	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(row);
}

enum { DEPTH_MAX = 16 };

/* One object a setting, with the block it stands in, and its value as it is written. */
static void
show_json(struct span text)
{
	size_t ends[DEPTH_MAX], depth = 0; /* of the names of the blocks around a line */
	struct buf blocks;

	buf_init(&blocks, SHOWN_BYTES);
	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (span_is(line, "}") && depth > 0)
			blocks.n = ends[--depth];
		else if (line.p[line.n - 1] == '{' && depth < DEPTH_MAX) {
			ends[depth++] = blocks.n;
			buf_printf(&blocks, "%s%.*s", blocks.n > 0 ? " / " : "",
			    SPAN(span_trim(span_first(line, line.n - 1))));
		} else
			setting_json(buf_all(&blocks), line);
	}
	buf_free(&blocks);
}

static int
show(struct ctl *c, const struct args *args)
{
	struct buf out;
	int exit_code = 0;

	if (!args->running && conf_errors(ctl_conf(c)) != 0)
		return refused(c);
	if (args->origin && c->json)
		return ctl_fail(
		    2, "--json has no place for where a setting was written: without --origin");
	buf_init(&out, SHOWN_BYTES);
	if (args->running)
		exit_code = running_read(c, args, &out);
	else
		conf_show(ctl_conf(c), form_of(args), 0, &out);
	if (c->json)
		show_json(buf_all(&out));
	else
		fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return exit_code;
}

/* A file without a name for diff(1) to read; -1: there is none. */
static int
nameless(const char *name, struct span text)
{
	int fd = memfd_create(name, 0);

	while (fd != -1 && text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		text = span_from(text, (size_t)n);
	}
	return fd;
}

/* Both as they were understood, so that comments and order of words make no difference. */
static int
diff_show(struct ctl *c, struct span running, struct span file)
{
	int a = nameless("running", running), b = nameless("file", file);
	char in_force[40], there[40];

	if (a == -1 || b == -1)
		return ctl_fail(1, "cannot keep the configurations: %s", strerror(errno));
	snprintf(in_force, sizeof(in_force), "/dev/fd/%d", a);
	snprintf(there, sizeof(there), "/dev/fd/%d", b);
	execlp("diff", "diff", "-u", "--label", "in force", "--label", c->conf_path, in_force,
	    there, (char *)NULL);
	return ctl_fail(1, "cannot run diff: %s", strerror(errno));
}

/* With what is not set: a value that is written out and is the default makes no difference. */
static int
diff(struct ctl *c)
{
	struct buf running, file;
	int exit_code;

	if (conf_errors(ctl_conf(c)) != 0)
		return refused(c);
	buf_init(&running, SHOWN_BYTES);
	buf_init(&file, SHOWN_BYTES);
	exit_code = running_read(c, &(struct args){ .defaults = true }, &running);
	conf_show(ctl_conf(c), CONF_SHOW_DEFAULTS, 0, &file);
	if (exit_code == 0 && span_eq(buf_all(&running), buf_all(&file)))
		puts("The files say what is in force.");
	else if (exit_code == 0) {
		fflush(stdout);
		exit_code = diff_show(c, buf_all(&running), buf_all(&file));
	}
	buf_free(&running);
	buf_free(&file);
	return exit_code;
}

/* For posthouse.conf(5). */
static int
describe(void)
{
	struct buf out;

	buf_init(&out, SHOWN_BYTES);
	conf_describe(house_table(), &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return 0;
}

static int
conf(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { false, false, false };

	verb_words(c, v, &args, argc, argv, 1, 1);
	if (strcmp(argv[0], "show") == 0)
		return show(c, &args);
	if (strcmp(argv[0], "diff") == 0)
		return diff(c);
	if (strcmp(argv[0], "check") == 0)
		return conf_check(c);
	if (strcmp(argv[0], "describe") == 0)
		return describe();
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_conf = { .name = "conf",
	.words = "show [--origin | --defaults] [--running] | diff | check | describe",
	.help =
	    "Show the configuration as it was understood, what is in force (--running), how the "
	    "files differ from that, or what is wrong with them.",
	.opts = opts,
	.run = conf };
