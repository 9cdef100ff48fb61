#include "sendmail.h"
#include "compose.h"
#include "id.h"
#include "mailq.h"
#include "submit.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 256 << 20 };

enum mode { MODE_SEND, MODE_SMTP, MODE_QUEUE, MODE_NOTHING, MODE_DAEMON, MODE_VERIFY };

struct sending {
	struct ctl *c;
	enum mode mode;
	bool from_header, ignore_dots, verbose;
	const char *from; /* -f; NULL: who calls */
	const char *full_name, *notify, *ret, *envid;
	struct span *to;
	size_t to_n, to_max;
	bool too_many;
};

/* ---- who and where ---- */

const char *
sendmail_socket(struct ctl *c)
{
	const struct conf_block *top = conf_top(ctl_conf(c)), *l;

	for (l = conf_first(top, "listener"); l != NULL; l = conf_next(l))
		for (size_t i = 0; i < conf_count(l, "address"); i++) {
			const struct conf_address *a = conf_address_at(l, "address", i);

			if (a->addr.ss_family == AF_UNIX)
				return ((const struct sockaddr_un *)(const void *)&a->addr)
				    ->sun_path;
		}
	return arena_printf(c->arena, "%s/submit", ctl_path(c, "run"));
}

/* A name alone is one of this host. */
static struct span
qualified(struct ctl *c, struct span address)
{
	if (address.n == 0 || span_find(address, '@') >= 0)
		return arena_span(c->arena, address);
	return span_str(arena_printf(c->arena, "%.*s@%s", SPAN(address), ctl_path(c, "hostname")));
}

static const char *
login(struct ctl *c)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? pw->pw_name : arena_printf(c->arena, "uid%u", (unsigned)getuid());
}

static struct span
sender(const struct sending *s)
{
	struct span from = span_trim(span_str(s->from));

	if (s->from == NULL)
		return qualified(s->c, span_str(login(s->c)));
	if (from.n >= 2 && from.p[0] == '<' && from.p[from.n - 1] == '>')
		from = span_of(from.p + 1, from.n - 2);
	return qualified(s->c, from);
}

static void
recipient_add(void *ctx, struct span address)
{
	struct sending *s = ctx;

	if (s->to_n == SUBMIT_RCPTS_MAX) {
		s->too_many = true;
		return;
	}
	if (s->to_n == s->to_max) {
		s->to_max = s->to_max == 0 ? 16 : s->to_max * 2;
		s->to = reallocarray(s->to, s->to_max, sizeof(*s->to));
		if (s->to == NULL)
			fatal("out of memory for recipients");
	}
	s->to[s->to_n++] = qualified(s->c, address);
}

/* ---- the command line ---- */

static int
cannot(int exit_code, const char *why)
{
	fprintf(stderr, "sendmail: %s\n", why);
	return exit_code;
}

static int
usage(const char *why)
{
	cannot(EX_USAGE, why);
	fputs("usage: sendmail [-itv] [-f sender] [-F name] [-N dsn] [-R full|hdrs] [-V envid] "
	      "[recipient ...]\n",
	    stderr);
	return EX_USAGE;
}

static int
mode_set(struct sending *s, char letter)
{
	static const struct {
		char letter;
		enum mode mode;
	} modes[] = { { 'm', MODE_SEND }, { 's', MODE_SMTP }, { 'p', MODE_QUEUE },
		{ 'i', MODE_NOTHING }, { 'd', MODE_DAEMON }, { 'D', MODE_DAEMON },
		{ 'v', MODE_VERIFY } };

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i].letter == letter) {
			s->mode = modes[i].mode;
			return 0;
		}
	return -1;
}

static bool
notify_is_good(const char *words)
{
	static const char *const known[] = { "success", "failure", "delay" };
	struct span rest = span_str(words);

	if (strcasecmp(words, "never") == 0)
		return true;
	while (rest.n > 0) {
		struct span word = span_cut(rest, ',', &rest);
		bool good = false;

		for (unsigned i = 0; i < 3; i++)
			good |= span_is_nocase(word, known[i]);
		if (!good)
			return false;
	}
	return words[0] != '\0';
}

/* Some options of Sendmail are two letters or take their word only when it is attached. -1: wrong. */
static int
option(struct sending *s, int opt, const char *word)
{
	switch (opt) {
	case 'b':
		return mode_set(s, word[0]);
	case 'C':
		s->c->conf_path = word;
		return 0;
	case 'f':
	case 'r':
		s->from = word;
		return 0;
	case 'F':
		s->full_name = word;
		return 0;
	case 'i':
		s->ignore_dots = true;
		return 0;
	case 'o':
		s->ignore_dots |= word[0] == 'i';
		s->from_header |= word[0] == 't';
		return 0;
	case 'q':
		s->mode = MODE_NOTHING;
		return 0;
	case 't':
		s->from_header = true;
		return 0;
	case 'v':
		s->verbose = true;
		return 0;
	case 'N':
		s->notify = word;
		return notify_is_good(word) ? 0 : -1;
	case 'R':
		s->ret = word;
		return strcasecmp(word, "full") == 0 || strcasecmp(word, "hdrs") == 0 ? 0 : -1;
	case 'V':
		s->envid = word;
		return 0;
	case '?':
		return -1;
	default:
		return 0; /* -A -B -G -h -I -L -m -n -O -p -s -U -X: nothing to do here */
	}
}

static int
options(struct sending *s, int argc, char **argv)
{
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt(argc, argv, "+A:B:b:C:F:f:Gh:IiL:mN:nO:o:p:q::R:r:s:tUV:vX:")) != -1)
		if (option(s, opt, optarg) == -1)
			return -1;
	for (int i = optind; i < argc; i++) {
		struct span a = span_trim(span_str(argv[i]));

		if (a.n >= 2 && a.p[0] == '<' && a.p[a.n - 1] == '>')
			a = span_of(a.p + 1, a.n - 2);
		recipient_add(s, a);
	}
	return 0;
}

/* ---- the message ---- */

static int
read_all(struct buf *in)
{
	for (;;) {
		char *room = buf_room(in, 65536);
		ssize_t n;

		if (room == NULL)
			return cannot(EX_DATAERR, "the message is larger than 256 MB");
		n = read(STDIN_FILENO, room, 65536);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return cannot(EX_IOERR, "cannot read the message");
		if (n == 0)
			return 0;
		buf_grew(in, (size_t)n);
	}
}

static void
date_text(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, size, "%a, %d %b %Y %H:%M:%S %z", &tm);
}

static void
composed(struct sending *s, struct span in, struct buf *out)
{
	char date[64];
	struct compose how = {
		.from = sender(s), .full_name = span_str(s->full_name), .dot_ends = !s->ignore_dots
	};

	date_text(date, sizeof(date));
	how.date = span_str(date);
	if (how.from.n == 0)
		how.from = span_str(
		    arena_printf(s->c->arena, "MAILER-DAEMON@%s", ctl_path(s->c, "hostname")));
	id_init(0);
	how.message_id = span_str(
	    arena_printf(s->c->arena, "%s@%s", id_text(id_new()).c, ctl_path(s->c, "hostname")));
	compose_message(&how, in, out);
}

static int
hand_in(struct sending *s, struct span message)
{
	struct submit job = { .socket = sendmail_socket(s->c),
		.helo = ctl_path(s->c, "hostname"),
		.from = sender(s),
		.to = s->to,
		.to_n = s->to_n,
		.notify = s->notify,
		.ret = s->ret,
		.envid = s->envid,
		.message = message,
		.verbose = s->verbose };
	struct buf reply;
	struct err err;
	int exit_code;

	buf_init(&reply, SUBMIT_LINE_BYTES);
	if (submit(&job, &reply, &exit_code, &err) == -1)
		fprintf(stderr, "sendmail: %s\n", err.text);
	buf_free(&reply);
	return exit_code;
}

static int
send_mail(struct sending *s)
{
	struct buf in, out;
	int exit_code;

	buf_init(&in, MESSAGE_BYTES);
	buf_init(&out, MESSAGE_BYTES);
	exit_code = read_all(&in);
	if (exit_code == 0 && s->from_header)
		compose_recipients(buf_all(&in), s->c->arena, recipient_add, s);
	if (exit_code == 0)
		composed(s, buf_all(&in), &out);
	if (exit_code == 0 && buf_over(&out))
		exit_code = cannot(EX_DATAERR, "the message is larger than 256 MB");
	else if (exit_code == 0 && s->too_many)
		exit_code = cannot(EX_USAGE, "more than 50000 recipients");
	else if (exit_code == 0 && s->to_n == 0)
		exit_code = usage("no recipients: name them, or have -t take them from the header");
	if (exit_code == 0)
		exit_code = hand_in(s, buf_all(&out));
	buf_free(&in);
	buf_free(&out);
	return exit_code;
}

static int
perform(struct sending *s)
{
	switch (s->mode) {
	case MODE_SMTP:
		return submit_pipe(sendmail_socket(s->c));
	case MODE_QUEUE:
		return mailq(s->c, 0, NULL);
	case MODE_NOTHING:
		return EX_OK; /* no aliases to build, and the queue runs by itself */
	case MODE_DAEMON:
		return cannot(EX_USAGE, "the daemon is posthoused: posthouse start");
	case MODE_VERIFY:
		return cannot(EX_UNAVAILABLE, "-bv is not known here: posthouse test sends a "
					      "message and tells what becomes of it");
	case MODE_SEND:
		break;
	}
	return send_mail(s);
}

int
sendmail(struct ctl *c, int argc, char **argv)
{
	struct sending s = { .c = c, .full_name = "", .notify = "", .ret = "", .envid = "" };
	const char *name = getenv("NAME");
	int exit_code;

	if (name != NULL)
		s.full_name = name;
	exit_code = options(&s, argc, argv) == -1 ? usage("wrong option") : perform(&s);
	free(s.to);
	return exit_code;
}
