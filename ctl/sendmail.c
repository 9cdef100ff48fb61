#include "sendmail.h"
#include "compose.h"
#include "drop.h"
#include "id.h"
#include "mailq.h"
#include "recipients.h"
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

enum mode { MODE_SEND, MODE_SMTP, MODE_QUEUE, MODE_RUN, MODE_NOTHING, MODE_DAEMON, MODE_VERIFY };

struct sending {
	struct ctl *c;
	enum mode mode;
	bool from_header, ignore_dots, verbose;
	const char *from; /* -f; NULL: who calls */
	const char *full_name, *notify, *ret, *envid;
	struct span sender; /* envelope; empty: the null sender */
	struct recipients to;
};

/* ---- who and where ---- */

const char *
sendmail_socket_of(const struct conf_block *listener)
{
	for (size_t i = 0; i < conf_count(listener, "address"); i++) {
		const struct conf_address *a = conf_address_at(listener, "address", i);

		if (a->addr.ss_family == AF_UNIX)
			return ((const struct sockaddr_un *)(const void *)&a->addr)->sun_path;
	}
	return NULL;
}

const char *
sendmail_socket(struct ctl *c)
{
	const struct conf_block *top = conf_top(ctl_conf(c)), *l;

	for (l = conf_first(top, "listener"); l != NULL; l = conf_next(l)) {
		const char *socket = sendmail_socket_of(l);

		if (socket != NULL)
			return socket;
	}
	return arena_printf(c->arena, "%s/submit", ctl_path(c, "run"));
}

/* What a name alone is completed with. */
static const char *
origin(struct ctl *c)
{
	const char *set = ctl_path(c, "origin");

	return set[0] != '\0' ? set : ctl_path(c, "hostname");
}

static const char *
login(struct ctl *c)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? pw->pw_name : arena_printf(c->arena, "uid%u", (unsigned)getuid());
}

static int
cannot(int exit_code, const char *why)
{
	fprintf(stderr, "sendmail: %s\n", why);
	return exit_code;
}

/* -f may be "<a@x>" or "A <a@x>"; nothing or <> is the null sender. */
static int
sender_set(struct sending *s)
{
	struct recipients one = { .arena = s->c->arena, .origin = s->to.origin };
	struct span from = span_trim(span_str(s->from == NULL ? login(s->c) : s->from));

	if (from.n == 0 || span_is(from, "<>"))
		return EX_OK;
	recipients_add_list(&one, from);
	if (one.wrong.text[0] == '\0' && one.n > 1)
		err_set(
		    &one.wrong, "\"%.*s\" is more than one sender", SPAN(span_first(from, 200)));
	if (one.wrong.text[0] == '\0')
		s->sender = one.list[0];
	recipients_free(&one);
	return one.wrong.text[0] == '\0' ? EX_OK : cannot(EX_DATAERR, one.wrong.text);
}

static void
on_header_address(void *ctx, const struct address *a)
{
	recipients_add(ctx, a);
}

/* ---- the command line ---- */

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
	} modes[] = { { 'm', MODE_SEND }, { 's', MODE_SMTP }, { 'a', MODE_SMTP },
		{ 'p', MODE_QUEUE }, { 'i', MODE_NOTHING }, { 'd', MODE_DAEMON },
		{ 'D', MODE_DAEMON }, { 'v', MODE_VERIFY } };

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

/* It is kept in a line of a file and sent in a line of SMTP. */
static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
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
		s->mode = MODE_RUN;
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
		return is_printable(word) ? 0 : -1;
	case '?':
		return -1;
	default:
		return 0; /* -A -a -B -c -e -G -h -I -L -m -n -O -p -s -U -X -x: nothing to do here */
	}
}

static int
options(struct sending *s, int argc, char **argv)
{
	int opt;

	opterr = 0;
	optind = 1;
	while (
	    (opt = getopt(argc, argv, "+A:aB:b:C:ce:F:f:Gh:IiL:mN:nO:o:p:q::R:r:s:tUV:vX:x")) != -1)
		if (option(s, opt, optarg) == -1)
			return -1;
	s->to.origin = span_str(origin(s->c));
	for (int i = optind; i < argc; i++)
		recipients_add_list(&s->to, span_str(argv[i]));
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
	struct compose how = { .from = s->sender,
		.full_name = span_str(s->full_name),
		.origin = s->to.origin,
		.dot_ends = !s->ignore_dots };

	date_text(date, sizeof(date));
	how.date = span_str(date);
	if (how.from.n == 0)
		how.from =
		    span_str(arena_printf(s->c->arena, "MAILER-DAEMON@%.*s", SPAN(s->to.origin)));
	how.message_id = span_str(
	    arena_printf(s->c->arena, "%s@%s", id_text(id_new()).c, ctl_path(s->c, "hostname")));
	compose_message(&how, in, out);
}

static const char *
drop_folder(struct ctl *c)
{
	return arena_printf(c->arena, "%s/drop", ctl_path(c, "state"));
}

/* The relay is away: the message waits for it, so that no program need try again. */
static int
keep(struct sending *s, const struct submit *job, size_t first, const char *why)
{
	struct err err;

	if (drop_keep(drop_folder(s->c), job, first, &err) == -1) {
		cannot(EX_TEMPFAIL, why);
		return cannot(EX_TEMPFAIL, err.text);
	}
	if (s->verbose)
		fprintf(stderr, "sendmail: %s: the message waits in %s\n", why, drop_folder(s->c));
	return EX_OK;
}

static int
hand_in(struct sending *s, struct span message)
{
	struct submit job = { .socket = sendmail_socket(s->c),
		.helo = ctl_path(s->c, "hostname"),
		.from = s->sender,
		.to = s->to.list,
		.to_n = s->to.n,
		.notify = s->notify,
		.ret = s->ret,
		.envid = s->envid,
		.message = message,
		.verbose = s->verbose };
	struct submitted done;
	struct buf reply;
	struct err err;
	bool refused;

	buf_init(&reply, SUBMIT_LINE_BYTES);
	refused = submit(&job, &reply, &done, &err) == -1;
	buf_free(&reply);
	if (!refused)
		return EX_OK;
	/* To try again would send it twice to those who have it. */
	if (done.away || (done.sent > 0 && done.exit_code == EX_TEMPFAIL))
		return keep(s, &job, done.sent, err.text);
	return cannot(done.exit_code, err.text);
}

/* Who it is from and to; what is wrong with these is said before anything is sent. */
static int
envelope_take(struct sending *s, struct span in)
{
	if (s->from_header)
		compose_recipients(in, s->c->arena, on_header_address, &s->to);
	if (s->to.wrong.text[0] != '\0')
		return cannot(EX_DATAERR, s->to.wrong.text);
	recipients_unique(&s->to);
	if (s->to.n == 0)
		return usage("no recipients: name them, or have -t take them from the header");
	return sender_set(s);
}

static int
send_mail(struct sending *s)
{
	struct buf in, out;
	int exit_code;

	buf_init(&in, MESSAGE_BYTES);
	buf_init(&out, MESSAGE_BYTES);
	id_init(0);
	exit_code = read_all(&in);
	if (exit_code == EX_OK)
		exit_code = envelope_take(s, buf_all(&in));
	if (exit_code == EX_OK)
		composed(s, buf_all(&in), &out);
	if (exit_code == EX_OK && buf_over(&out))
		exit_code = cannot(
		    EX_DATAERR, "the message is larger than 256 MB, or its header than 16 MB");
	if (exit_code == EX_OK)
		exit_code = hand_in(s, buf_all(&out));
	buf_free(&in);
	buf_free(&out);
	return exit_code;
}

/* The queue runs by itself; what waited while the relay was away is handed in. */
static int
run_queue(struct sending *s)
{
	struct submit job = { .socket = sendmail_socket(s->c), .helo = ctl_path(s->c, "hostname") };

	if (geteuid() != 0)
		return EX_OK;
	return drop_run(drop_folder(s->c), &job, origin(s->c));
}

static int
perform(struct sending *s)
{
	switch (s->mode) {
	case MODE_SMTP:
		return submit_pipe(sendmail_socket(s->c));
	case MODE_QUEUE:
		return mailq(s->c, 0, NULL);
	case MODE_RUN:
		return run_queue(s);
	case MODE_NOTHING:
		return EX_OK; /* aliases stand in the configuration: there is nothing to build */
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
	struct sending s = { .c = c,
		.full_name = "",
		.notify = "",
		.ret = "",
		.envid = "",
		.to = { .arena = c->arena } };
	const char *name = getenv("NAME");
	int exit_code;

	if (name != NULL)
		s.full_name = name;
	exit_code = options(&s, argc, argv) == -1 ? usage("wrong option") : perform(&s);
	recipients_free(&s.to);
	return exit_code;
}
