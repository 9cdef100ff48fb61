#include "conf_advice.h"
#include "conf_check.h"
#include "program.h"
#include "verb.h"

#include "../master/tables.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { SHOWN_BYTES = 64 << 20 };

struct args {
	bool origin, defaults;
};

static const struct opt opts[] = {
	{ "origin", 'o', OPT_FLAG, offsetof(struct args, origin), NULL,
	    "with the file and line of each setting" },
	{ "defaults", 'd', OPT_FLAG, offsetof(struct args, defaults), NULL,
	    "with the settings that are not set" },
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

static int
show(struct ctl *c, const struct args *args)
{
	enum conf_show form = args->origin     ? CONF_SHOW_ORIGIN
			      : args->defaults ? CONF_SHOW_DEFAULTS
					       : CONF_SHOW_SET;
	struct buf out;

	if (conf_errors(ctl_conf(c)) != 0)
		return refused(c);
	buf_init(&out, SHOWN_BYTES);
	conf_show(ctl_conf(c), form, 0, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return 0;
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
	struct args args = { false, false };

	verb_words(c, v, &args, argc, argv, 1, 1);
	if (strcmp(argv[0], "show") == 0)
		return show(c, &args);
	if (strcmp(argv[0], "check") == 0)
		return conf_check(c);
	if (strcmp(argv[0], "describe") == 0)
		return describe();
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_conf = { .name = "conf",
	.words = "show [--origin | --defaults] | check | describe",
	.help = "Show the configuration as it was understood, or say what is wrong with it.",
	.opts = opts,
	.run = conf };
