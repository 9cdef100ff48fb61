#include "submit.h"
#include "compose.h"
#include "recipients.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

enum { EXT_SIZE = 1, EXT_8BITMIME = 2, EXT_SMTPUTF8 = 4, EXT_DSN = 8 };

struct dialogue {
	const struct submit *s;
	int fd;
	struct buf in, out;
	unsigned ext;
	int code;          /* of the last reply */
	struct buf *reply; /* its text, lines joined by a space */
	size_t most;       /* recipients a message, once the relay has said so */
	struct err *err;
	struct submitted *done;
};

static int
gave_up(struct dialogue *d, int exit_code)
{
	d->done->exit_code = exit_code;
	return -1;
}

static int
went_away(struct dialogue *d)
{
	d->done->away = true;
	return gave_up(d, EX_TEMPFAIL);
}

static int
connect_to(const char *path, bool *away, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval silence = { .tv_sec = SUBMIT_SILENCE_S };
	int fd;

	if (strlen(path) >= sizeof(un.sun_path))
		return err_set(err, "%s is too long for a socket", path);
	memcpy(un.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1) {
		*away = errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN;
		err_sys(err, "the relay does not answer at %s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
	return fd;
}

static int
send_all(struct dialogue *d, struct span s)
{
	while (s.n > 0) {
		ssize_t n = send(d->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_sys(d->err, "cannot send to the relay");
			return went_away(d);
		}
		s = span_from(s, (size_t)n);
	}
	return 0;
}

/* One line of a reply, without its end, at the front of in; *bytes is what it takes there. */
static int
line_await(struct dialogue *d, struct span *line, size_t *bytes)
{
	ptrdiff_t lf;

	while ((lf = span_find(buf_all(&d->in), '\n')) < 0) {
		char *room = buf_room(&d->in, 1);
		ssize_t n = room == NULL ? 0 : recv(d->fd, room, d->in.cap - d->in.n, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == -1)
				err_sys(d->err, "cannot hear the relay");
			else
				err_set(d->err, "the relay closed the connection");
			return went_away(d);
		}
		buf_grew(&d->in, (size_t)n);
	}
	*bytes = (size_t)lf + 1;
	*line = span_first(buf_all(&d->in), (size_t)lf);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return 0;
}

static const struct {
	const char *word;
	unsigned bit;
} extensions[] = { { "SIZE", EXT_SIZE }, { "8BITMIME", EXT_8BITMIME }, { "SMTPUTF8", EXT_SMTPUTF8 },
	{ "DSN", EXT_DSN } };

static void
line_keep(struct dialogue *d, struct span line)
{
	struct span text = span_from(line, 4), rest = text, word = span_word(text, &rest);

	for (unsigned i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (span_is_nocase(word, extensions[i].word))
			d->ext |= extensions[i].bit;
	if (d->reply->n > 0)
		buf_byte(d->reply, ' ');
	buf_span(d->reply, text);
}

/* Reads a whole reply: code and text. */
static int
reply_await(struct dialogue *d)
{
	struct span line;
	uint64_t code;
	size_t bytes;
	bool more = true;

	buf_reset(d->reply);
	while (more) {
		if (line_await(d, &line, &bytes) == -1)
			return -1;
		if (d->s->verbose)
			fprintf(stderr, "<<< %.*s\n", SPAN(line));
		if (span_u64(span_first(line, 3), 599, &code) == -1 || code < 200) {
			err_set(d->err, "the relay does not speak SMTP");
			return gave_up(d, EX_PROTOCOL);
		}
		d->code = (int)code;
		more = line.n > 3 && line.p[3] == '-';
		line_keep(d, line);
		buf_drop(&d->in, bytes);
	}
	return 0;
}

/* The answer to `what` was no: which exit code is that? */
static int
refused(struct dialogue *d, const char *what, int on_5xx)
{
	struct span text = buf_all(d->reply);

	err_set(d->err, "%s: %d %.*s", what, d->code, SPAN(span_first(text, 400)));
	if (d->code == 421) /* RFC 5321 3.8: it closes the connection */
		return went_away(d);
	if (d->code < 500)
		return gave_up(d, EX_TEMPFAIL);
	if (d->code == 552 || span_starts(text, "5.3.4")) /* too large */
		return gave_up(d, EX_DATAERR);
	return gave_up(d, span_starts(text, "5.7.") ? EX_NOPERM : on_5xx);
}

/* Sends what is in out and wants a reply of that class. */
static int
say(struct dialogue *d, int class, const char *what, int on_5xx)
{
	if (buf_over(&d->out)) {
		err_set(d->err, "%s: longer than a command may be", what);
		return gave_up(d, EX_DATAERR);
	}
	if (d->s->verbose)
		fprintf(stderr, ">>> %.*s", SPAN(buf_all(&d->out)));
	if (send_all(d, buf_all(&d->out)) == -1 || reply_await(d) == -1)
		return -1;
	buf_reset(&d->out);
	return d->code / 100 == class ? 0 : refused(d, what, on_5xx);
}

static bool
has_8bit(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* ENVID is xtext (RFC 3461 4). */
static void
xtext(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s > ' ' && *s < 127 && *s != '+' && *s != '=')
			buf_byte(out, *s);
		else
			buf_printf(out, "+%02X", (unsigned char)*s);
}

static int
address_check(struct dialogue *d, struct span address)
{
	if (recipient_fits(address))
		return 0;
	err_set(d->err, "\"%.*s\" is not an address", SPAN(span_first(address, 200)));
	return gave_up(d, EX_DATAERR);
}

static bool
wants_utf8(const struct submit *s)
{
	bool utf8 = has_8bit(s->from);

	for (size_t i = 0; i < s->to_n; i++)
		utf8 |= has_8bit(s->to[i]);
	return utf8;
}

static int
mail(struct dialogue *d)
{
	const struct submit *s = d->s;

	if (address_check(d, s->from) == -1)
		return -1;
	buf_printf(&d->out, "MAIL FROM:<%.*s>", SPAN(s->from));
	if (d->ext & EXT_SIZE)
		buf_printf(&d->out, " SIZE=%zu", s->message.n);
	if ((d->ext & EXT_8BITMIME) && has_8bit(s->message))
		buf_str(&d->out, " BODY=8BITMIME");
	if ((d->ext & EXT_SMTPUTF8) && wants_utf8(s))
		buf_str(&d->out, " SMTPUTF8");
	if ((d->ext & EXT_DSN) && s->ret[0] != '\0')
		buf_printf(&d->out, " RET=%s", s->ret);
	if ((d->ext & EXT_DSN) && s->envid[0] != '\0') {
		buf_str(&d->out, " ENVID=");
		xtext(&d->out, s->envid);
	}
	buf_str(&d->out, "\r\n");
	return say(d, 2, "sender refused", EX_UNAVAILABLE);
}

static int
rcpt(struct dialogue *d, struct span to)
{
	char what[400];

	if (address_check(d, to) == -1)
		return -1;
	buf_printf(&d->out, "RCPT TO:<%.*s>", SPAN(to));
	if ((d->ext & EXT_DSN) && d->s->notify[0] != '\0')
		buf_printf(&d->out, " NOTIFY=%s", d->s->notify);
	buf_str(&d->out, "\r\n");
	snprintf(what, sizeof(what), "recipient %.*s refused", SPAN(span_first(to, 320)));
	return say(d, 2, what, EX_NOUSER);
}

/* RFC 5321 4.5.3.1.10: the rest goes in another transaction. */
static bool
is_full(const struct dialogue *d)
{
	return d->code == 452 && span_starts(buf_all(d->reply), "4.5.3");
}

/* The sender, and the recipients from `first` on, as many as the relay takes in a message: *n. */
static int
envelope(struct dialogue *d, size_t first, size_t *n)
{
	*n = 0;
	if (mail(d) == -1)
		return -1;
	for (; first + *n < d->s->to_n && (d->most == 0 || *n < d->most); (*n)++) {
		if (rcpt(d, d->s->to[first + *n]) == 0)
			continue;
		if (*n == 0 || !is_full(d))
			return -1;
		if (d->most == 0)
			d->most = *n; /* not asked for more again: refusals are counted */
		break;
	}
	return 0;
}

static int
reset(struct dialogue *d)
{
	buf_str(&d->out, "RSET\r\n");
	return say(d, 2, "RSET refused", EX_PROTOCOL);
}

static int
data(struct dialogue *d)
{
	struct buf dotted;
	int sent;

	buf_str(&d->out, "DATA\r\n");
	if (say(d, 3, "message refused", EX_UNAVAILABLE) == -1)
		return -1;
	buf_init(&dotted, d->s->message.n * 2 + 8);
	compose_dots(d->s->message, &dotted);
	sent = send_all(d, buf_all(&dotted));
	buf_free(&dotted);
	if (sent == -1)
		return -1;
	buf_str(&d->out, ".\r\n");
	return say(d, 2, "message refused", EX_DATAERR);
}

static int
greeted(struct dialogue *d)
{
	if (reply_await(d) == -1)
		return -1;
	if (d->code != 220) {
		d->done->away = d->code < 500;
		return refused(d, "the relay takes no mail", EX_UNAVAILABLE);
	}
	buf_printf(&d->out, "EHLO %s\r\n", d->s->helo);
	return say(d, 2, "EHLO refused", EX_PROTOCOL);
}

static int
send_to_part(struct dialogue *d, size_t n)
{
	if (data(d) == -1)
		return -1;
	d->done->sent += n;
	return 0;
}

/* More recipients than a message may have: nobody is sent it before all are known to be taken. */
static int
send_in_parts(struct dialogue *d, size_t n)
{
	for (size_t first = n; first < d->s->to_n; first += n)
		if (reset(d) == -1 || envelope(d, first, &n) == -1)
			return -1;
	if (reset(d) == -1)
		return -1;
	while (d->done->sent < d->s->to_n)
		if (envelope(d, d->done->sent, &n) == -1 || send_to_part(d, n) == -1)
			return -1;
	return 0;
}

static int
transactions(struct dialogue *d)
{
	size_t n;

	if (greeted(d) == -1 || envelope(d, 0, &n) == -1)
		return -1;
	return n == d->s->to_n ? send_to_part(d, n) : send_in_parts(d, n);
}

int
submit(const struct submit *s, struct buf *reply, struct submitted *submitted, struct err *err)
{
	struct dialogue d = { .s = s, .reply = reply, .err = err, .done = submitted };
	int done = -1;

	*submitted = (struct submitted){ .exit_code = EX_TEMPFAIL };
	buf_init(&d.in, SUBMIT_LINE_BYTES);
	buf_init(&d.out, SUBMIT_LINE_BYTES);
	d.fd = connect_to(s->socket, &submitted->away, err);
	if (d.fd != -1)
		done = transactions(&d);
	if (done == 0) {
		send_all(
		    &d, SPAN_LIT("QUIT\r\n")); /* it is taken: what comes now changes nothing */
		*submitted = (struct submitted){ .exit_code = EX_OK, .sent = s->to_n };
	}
	if (d.fd != -1)
		close(d.fd);
	buf_free(&d.in);
	buf_free(&d.out);
	return done;
}

/* ---- sendmail -bs ---- */

static bool
pass(int from, int to)
{
	char piece[16384];
	ssize_t n = read(from, piece, sizeof(piece)), done = 0;

	while (n > 0 && done < n) {
		ssize_t w = write(to, piece + done, (size_t)(n - done));

		if (w <= 0)
			return false;
		done += w;
	}
	return n > 0;
}

int
submit_pipe(const char *path)
{
	struct err err;
	bool away;
	int fd = connect_to(path, &away, &err);
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN } };

	if (fd == -1) {
		printf("421 4.3.2 %s\r\n", err.text);
		return EX_TEMPFAIL;
	}
	while (poll(p, 2, SUBMIT_SILENCE_S * 1000) > 0) {
		if (p[1].revents != 0 && !pass(fd, STDOUT_FILENO))
			break;
		if (p[0].revents != 0 && !pass(STDIN_FILENO, fd)) {
			shutdown(fd, SHUT_WR);
			p[0].fd = -1;
		}
	}
	close(fd);
	return EX_OK;
}
