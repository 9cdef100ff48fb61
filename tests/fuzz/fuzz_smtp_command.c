/* Any bytes as a command line, with the arguments of every verb tried on it: parsed or refused, within the line. */
#include "err.h"

#include "../../smtpd/command.h"
#include "../../smtpd/param.h"
#include "../../smtpd/path.h"
#include "../../smtpd/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
path_and_params(struct span args, struct arena *a)
{
	struct mail_params mail;
	struct rcpt_params rcpt;
	struct span rest, which;
	struct path p;

	if (path_read(args, a, &p, &rest) != PATH_OK)
		return;
	must(p.address.n <= PATH_MAX_BYTES && p.local.n <= PATH_LOCAL_MAX);
	must(span_find(p.domain, '@') < 0 && span_find(p.address, '\0') < 0);
	must(span_find(p.domain, '>') < 0 && span_find(p.address, '\r') < 0);
	must(rest.p + rest.n == args.p + args.n);
	(void)mail_params_read(rest, &mail, &which);
	(void)rcpt_params_read(rest, &rcpt, &which);
	must(rcpt.orcpt.n <= args.n && mail.envid.n <= args.n);
}

static void
sasl(struct span line)
{
	struct span login, password;
	struct buf out;

	buf_init(&out, SASL_BYTES);
	if (sasl_decode(line, &out) == 0 && sasl_plain(buf_all(&out), &login, &password) == 0 &&
	    sasl_fits(login, password))
		must(login.n <= SASL_LOGIN_MAX && span_find(password, '\0') < 0);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new(1 << 20);
	struct span line = span_of(bytes, n), rest;
	struct command c = command_read(line);

	must(c.verb < VERBS && c.word.n + c.args.n <= n);
	(void)command_helo_ok(c.args);
	if (command_colon(c.args, "FROM:", &rest) || command_colon(c.args, "TO:", &rest))
		path_and_params(rest, a);
	path_and_params(line, a);
	sasl(line);
	arena_free(a);
	return 0;
}
