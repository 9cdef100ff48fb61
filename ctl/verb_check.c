#include "check/check.h"
#include "verb.h"

#include <signal.h>
#include <string.h>

struct args {
	const char *tenant, *source;
};

static const struct opt opts[] = {
	{ "tenant", 't', OPT_TEXT, offsetof(struct args, tenant), "NAME",
	    "whose domain it is, where several tenants send as it" },
	{ "source", 's', OPT_TEXT, offsetof(struct args, source), "ADDRESS",
	    "mail leaves from this address, in place of those of the source blocks" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static bool
sends_as(const struct conf_block *tenant, struct span domain)
{
	for (size_t i = 0; i < conf_count(tenant, "domain"); i++)
		if (span_is_nocase(domain, conf_str_at(tenant, "domain", i)))
			return true;
	return false;
}

/* NULL: said why. */
static const struct conf_block *
tenant_of(const struct conf *conf, struct span domain, const char *wanted)
{
	const struct conf_block *found = NULL;
	unsigned n = 0;

	for (const struct conf_block *b = conf_first(conf_top(conf), "tenant"); b != NULL;
	     b = conf_next(b))
		if ((wanted == NULL || strcmp(wanted, conf_name(b)) == 0) && sends_as(b, domain)) {
			found = b;
			n++;
		}
	if (n == 1)
		return found;
	if (n > 1)
		ctl_fail(2, "several tenants send as %.*s: say --tenant", SPAN(domain));
	else if (wanted != NULL)
		ctl_fail(1, "there is no tenant %s that sends as %.*s", wanted, SPAN(domain));
	else
		ctl_fail(1, "no tenant sends as %.*s: its block needs domain %.*s", SPAN(domain),
		    SPAN(domain));
	return NULL;
}

static struct span
lowered(struct arena *a, const char *s)
{
	char *p = arena_strdup(a, s);
	size_t n = strlen(p);

	if (n > 0 && p[n - 1] == '.')
		p[--n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	return span_of(p, n);
}

static void
all(struct check *c)
{
	check_spf(c);
	check_dkim(c);
	check_dmarc(c);
	check_mx(c);
	check_reverse(c);
	check_tls(c);
	check_tracking(c);
	check_one_click(c);
}

static int
check(struct ctl *ctl, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL, NULL };
	struct report out = { 0 };
	struct check c = { .ctl = ctl, .arena = ctl->arena, .report = &out };
	struct err err = { "" };
	struct ip given;

	verb_words(ctl, v, &args, argc, argv, 1, 1);
	out.json = ctl->json;
	if (args.source != NULL && ip_read(span_str(args.source), &given) == -1)
		return ctl_fail(2, "\"%s\" is no address", args.source);
	c.conf = ctl_conf(ctl);
	if (conf_errors(c.conf) > 0)
		return ctl_fail(1, "the configuration has errors: posthouse conf check shows them");
	c.domain = lowered(c.arena, argv[0]);
	c.tenant = tenant_of(c.conf, c.domain, args.tenant);
	if (c.tenant == NULL)
		return 1;
	c.bounce = conf_is_set(c.tenant, "bounce-domain")
		       ? span_str(conf_str(c.tenant, "bounce-domain"))
		       : c.domain;
	c.hostname = span_str(conf_str(conf_top(c.conf), "hostname"));
	c.lookup = lookup_new(c.conf, c.arena, &err);
	if (c.lookup == NULL)
		return ctl_fail(1, "%s", err.text);
	(void)signal(SIGPIPE, SIG_IGN); /* a tracking host that hangs up */
	c.suffixes = suffixes_load();
	check_sources(&c, args.source);
	all(&c);
	suffixes_free(c.suffixes);
	lookup_free(c.lookup);
	return report_end(&out, c.domain);
}

const struct verb verb_check = { .name = "check",
	.words = "[--tenant NAME] [--source ADDRESS] DOMAIN",
	.help = "Look at a sending domain from outside: what passes, and the record to paste where "
		"it does not.",
	.opts = opts,
	.run = check };
