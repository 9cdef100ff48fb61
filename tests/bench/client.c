#include "client.h"
#include "err.h"
#include "net.h"
#include "tick.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ_BYTES = 4096, PAUSE_MS = 100 };
enum { COMMANDS, BODY, DOT, PARTS }; /* of what is to be written, in this order */

enum state {
	AWAIT_GREETING,
	AWAIT_EHLO,
	FREE,
	AWAIT_ENVELOPE, /* answers to MAIL, RCPT..., DATA */
	AWAIT_FINAL,    /* the answer to the final dot */
	AWAIT_RSET,
	LOST, /* to be made anew after a pause */
	DEAD,
};

struct client {
	const struct client_style *style;
	struct load *load;
	const struct mail_maker *maker;
	int epoll, fd;
	enum state state;
	uint64_t since; /* ticks; of the last step */
	bool pipelining, watching_write;
	struct buf in, out;
	struct span pending[PARTS];

	struct mail_job job;
	unsigned recipients;               /* of this attempt */
	uint8_t rcpt[MAIL_RECIPIENTS_MAX]; /* which ones, in the order asked */
	unsigned answered;                 /* commands of the envelope */
	unsigned mail_code;
	uint64_t accepted;
};

static void
watch(struct client *c, bool writing)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (writing == c->watching_write)
		return;
	c->watching_write = writing;
	if (writing)
		ev.events |= EPOLLOUT;
	epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static size_t
unwritten(const struct client *c)
{
	return c->pending[COMMANDS].n + c->pending[BODY].n + c->pending[DOT].n;
}

static uint64_t
open_recipients(const struct client *c)
{
	uint64_t all = c->job.recipients >= 64 ? UINT64_MAX : (1ull << c->job.recipients) - 1;

	return all & ~c->job.done;
}

bool
client_busy(const struct client *c)
{
	return c->state == AWAIT_ENVELOPE || c->state == AWAIT_FINAL;
}

bool
client_dead(const struct client *c)
{
	return c->state == DEAD;
}

/* Only when every byte had left may the server have taken the message without our hearing of it. */
static void
lost(struct client *c)
{
	uint64_t now = tick_now();

	if (c->state == AWAIT_FINAL && unwritten(c) == 0 && c->accepted != 0) {
		load_maybe(c->load, &c->job, c->accepted);
		c->job.done |= c->accepted;
	}
	if (client_busy(c)) {
		load_refused(c->load, &c->job, open_recipients(c), 0);
		load_end(c->load, &c->job, now);
	}
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->state = c->style->reconnect ? LOST : DEAD;
	c->since = now;
}

static void
part_written(struct span *part, size_t *n)
{
	size_t took = *n < part->n ? *n : part->n;

	*part = span_from(*part, took);
	*n -= took;
}

static void
flush(struct client *c)
{
	struct iovec iov[PARTS];
	size_t n;
	ssize_t rc;

	for (int i = 0; i < PARTS; i++)
		iov[i] = (struct iovec){ (void *)c->pending[i].p, c->pending[i].n };
	rc = writev(c->fd, iov, PARTS);
	if (rc == -1 && errno != EAGAIN && errno != ENOTCONN) {
		lost(c);
		return;
	}
	n = rc == -1 ? 0 : (size_t)rc;
	for (int i = 0; i < PARTS; i++)
		part_written(&c->pending[i], &n);
	watch(c, unwritten(c) > 0);
}

/* Sends what stands in out; the state is what is awaited then. */
static enum state
ask(struct client *c, enum state awaited)
{
	c->state = awaited;
	c->pending[COMMANDS] = buf_all(&c->out);
	flush(c);
	return c->state;
}

static enum state
ask_word(struct client *c, const char *line, enum state awaited)
{
	buf_reset(&c->out);
	buf_str(&c->out, line);
	return ask(c, awaited);
}

static void
put_command(struct client *c, unsigned i)
{
	if (i == 0) {
		buf_str(&c->out, "MAIL FROM:<");
		buf_str(&c->out, mail_from(c->maker));
		buf_str(&c->out, ">\r\n");
	} else if (i <= c->recipients) {
		buf_str(&c->out, "RCPT TO:<");
		mail_address(c->maker, &c->job, c->rcpt[i - 1], &c->out);
		buf_str(&c->out, ">\r\n");
	} else
		buf_str(&c->out, "DATA\r\n");
}

static void
begin_mail(struct client *c)
{
	c->recipients = 0;
	for (uint64_t left = open_recipients(c); left != 0; left &= left - 1)
		c->rcpt[c->recipients++] = (uint8_t)__builtin_ctzll(left);
	c->since = tick_now();
	c->answered = 0;
	c->accepted = 0;
	buf_reset(&c->out);
	put_command(c, 0);
	for (unsigned i = 1; c->pipelining && i <= c->recipients + 1; i++)
		put_command(c, i);
	ask(c, AWAIT_ENVELOPE);
}

static enum state
take_work(struct client *c, uint64_t now)
{
	c->state = FREE;
	if (load_take(c->load, now, &c->job))
		begin_mail(c);
	return c->state;
}

static enum state
end_mail(struct client *c)
{
	uint64_t now = tick_now();

	load_end(c->load, &c->job, now);
	return take_work(c, now);
}

static enum state
give_up_mail(struct client *c)
{
	load_end(c->load, &c->job, tick_now());
	return ask_word(c, "RSET\r\n", AWAIT_RSET);
}

static enum state
send_content(struct client *c)
{
	buf_reset(&c->out);
	if (c->accepted != 0) {
		mail_head(c->maker, &c->job, &c->out);
		c->pending[BODY] = mail_body(c->maker, c->job.number);
	}
	c->pending[DOT] = SPAN_LIT(".\r\n");
	return ask(c, AWAIT_FINAL);
}

static enum state
on_greeting(struct client *c, unsigned code)
{
	if (code != 220) {
		lost(c);
		return c->state;
	}
	return ask_word(c, "EHLO bench.example\r\n", AWAIT_EHLO);
}

static enum state
on_ehlo(struct client *c, unsigned code)
{
	if (code == 250)
		return take_work(c, tick_now());
	lost(c);
	return c->state;
}

static enum state
on_data(struct client *c, unsigned code)
{
	if (code == 354)
		return send_content(c);
	if (c->mail_code == 250)
		load_refused(c->load, &c->job, c->accepted, code);
	return give_up_mail(c);
}

static void
on_rcpt(struct client *c, unsigned k, unsigned code)
{
	if (code == 250 || code == 251)
		c->accepted |= 1ull << k;
	else if (c->mail_code == 250)
		load_refused(c->load, &c->job, 1ull << k, code);
}

static enum state
on_envelope(struct client *c, unsigned code)
{
	unsigned i = c->answered++;

	if (i == c->recipients + 1)
		return on_data(c, code);
	if (i == 0) {
		c->mail_code = code;
		if (code != 250)
			load_refused(c->load, &c->job, open_recipients(c), code);
	} else
		on_rcpt(c, c->rcpt[i - 1], code);
	if (c->pipelining)
		return AWAIT_ENVELOPE;
	if (c->mail_code != 250 || (i == c->recipients && c->accepted == 0))
		return give_up_mail(c);
	buf_reset(&c->out);
	put_command(c, c->answered);
	return ask(c, AWAIT_ENVELOPE);
}

static enum state
on_final(struct client *c, unsigned code)
{
	if (code == 250) {
		load_ok(c->load, &c->job, c->accepted, tick_now());
		c->job.done |= c->accepted;
	} else
		load_refused(c->load, &c->job, c->accepted, code);
	return end_mail(c);
}

static enum state
on_rset(struct client *c, unsigned code)
{
	(void)code;
	return take_work(c, tick_now());
}

static enum state (*const on_reply[])(struct client *, unsigned code) = {
	[AWAIT_GREETING] = on_greeting,
	[AWAIT_EHLO] = on_ehlo,
	[AWAIT_ENVELOPE] = on_envelope,
	[AWAIT_FINAL] = on_final,
	[AWAIT_RSET] = on_rset,
};

/* An answer nobody asked for, or a farewell: the connection is past use. */
static void
on_last_word(struct client *c, unsigned code)
{
	if (c->state == AWAIT_FINAL)
		load_refused(c->load, &c->job, c->accepted, code);
	else if (c->state == AWAIT_ENVELOPE)
		load_refused(c->load, &c->job, open_recipients(c), code);
	c->accepted = 0;
	lost(c);
}

static void
take_line(struct client *c, struct span line)
{
	uint64_t code;

	if (c->state == AWAIT_EHLO && span_ends_nocase(line, "PIPELINING"))
		c->pipelining = c->style->pipelining;
	if (line.n > 3 && line.p[3] == '-')
		return;
	if (span_u64(span_first(line, 3), 599, &code) == -1 || code < 200)
		code = 421;
	c->since = tick_now();
	if (code == 421 || c->state == FREE || unwritten(c) > 0)
		on_last_word(c, (unsigned)code);
	else
		on_reply[c->state](c, (unsigned)code);
}

static void
take_lines(struct client *c)
{
	size_t at = 0;
	ptrdiff_t nl;

	while (c->fd != -1 && (nl = span_find(span_from(buf_all(&c->in), at), '\n')) >= 0) {
		struct span line = span_of(c->in.p + at, (size_t)nl);

		at += (size_t)nl + 1;
		take_line(c, span_trim(line));
	}
	buf_drop(&c->in, at);
}

static void
read_some(struct client *c)
{
	char *room = buf_room(&c->in, READ_BYTES);
	ssize_t n = room == NULL ? 0 : recv(c->fd, room, READ_BYTES, 0);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0) {
		lost(c);
		return;
	}
	buf_grew(&c->in, (size_t)n);
	take_lines(c);
}

static void
connect_now(struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	buf_reset(&c->in);
	for (int i = 0; i < PARTS; i++)
		c->pending[i].n = 0;
	c->watching_write = c->pipelining = false;
	c->since = tick_now();
	c->state = AWAIT_GREETING;
	c->fd = net_connect(c->style->address, NULL);
	if (c->fd == -1)
		lost(c);
	else
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->fd, &ev);
}

void
client_ready(struct client *c, uint32_t events)
{
	if (c->fd != -1 && events & EPOLLOUT)
		flush(c);
	if (c->fd != -1 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_some(c);
}

void
client_tick(struct client *c, uint64_t now)
{
	if (c->state == FREE)
		take_work(c, now);
	else if (c->state == LOST && now - c->since >= PAUSE_MS * (TICKS_PER_S / 1000))
		connect_now(c);
	else if (c->fd != -1 && now > c->since + c->style->timeout_s * TICKS_PER_S)
		lost(c);
}

struct client *
client_new(
    const struct client_style *style, struct load *load, const struct mail_maker *maker, int epoll)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory");
	*c = (struct client){
		.style = style, .load = load, .maker = maker, .epoll = epoll, .fd = -1
	};
	buf_init(&c->in, 65536);
	buf_init(&c->out, 1 << 20);
	connect_now(c);
	return c;
}

void
client_quit(struct client *c)
{
	if (c->state == FREE || c->state == AWAIT_RSET)
		ask_word(c, "QUIT\r\n", c->state);
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->state = DEAD;
}

void
client_free(struct client *c)
{
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}
