#include "command.h"
#include "ehlo.h"
#include "utf8.h"
#include "xtext.h"

#include <inttypes.h>
#include <stdio.h>
#include <openssl/evp.h>
#include <string.h>

enum { AUTH_BYTES = 1024 };

static bool
control(char c)
{
	return (unsigned char)c < ' ' || c == 127;
}

bool
command_address_ok(struct span a)
{
	bool quoted = false;

	for (size_t i = 0; i < a.n; i++) {
		if (control(a.p[i]))
			return false;
		if (quoted && a.p[i] == '\\')
			i++;
		else if (a.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (a.p[i] == '<' || a.p[i] == '>' || a.p[i] == ' '))
			return false;
		if (i < a.n && control(a.p[i]))
			return false;
	}
	return !quoted && a.n <= ADDRESS_MAX;
}

/* A parameter's value: printable ASCII without blanks and "=" (RFC 5321 4.1.2 esmtp-value); ORCPT's has a ";". */
static bool
value_ok(struct span v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == '=' || v.p[i] == 127)
			return false;
	return v.n > 0 && v.n <= 500;
}

int
command_mail(struct buf *out, const struct deliver_transact *t, uint64_t size_bytes, unsigned ext,
    struct err *err)
{
	if (!command_address_ok(t->from))
		return err_set(err, "the sender's address cannot stand in a command");
	buf_str(out, "MAIL FROM:<");
	buf_span(out, t->from);
	buf_byte(out, '>');
	if (ext & EXT_SIZE)
		buf_printf(out, " SIZE=%" PRIu64, size_bytes);
	if (t->body_8bit && ext & EXT_8BITMIME)
		buf_str(out, " BODY=8BITMIME");
	if (t->smtputf8 && ext & EXT_SMTPUTF8)
		buf_str(out, " SMTPUTF8");
	if (ext & EXT_DSN && t->ret != RET_UNSET)
		buf_str(out, t->ret == RET_FULL ? " RET=FULL" : " RET=HDRS");
	if (ext & EXT_DSN && value_ok(t->envid)) {
		buf_str(out, " ENVID=");
		buf_span(out, t->envid);
	}
	buf_str(out, "\r\n");
	return 0;
}

static void
notify_words(struct buf *out, uint8_t notify)
{
	static const struct {
		uint8_t bit;
		const char *word;
	} kinds[] = { { NOTIFY_SUCCESS, "SUCCESS" }, { NOTIFY_FAILURE, "FAILURE" },
		{ NOTIFY_DELAY, "DELAY" } };
	const char *sep = " NOTIFY=";

	if (notify & NOTIFY_NEVER) {
		buf_str(out, " NOTIFY=NEVER");
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		if (notify & kinds[i].bit) {
			buf_str(out, sep);
			buf_str(out, kinds[i].word);
			sep = ",";
		}
}

static void
orcpt(struct buf *out, struct span v, bool utf8)
{
	struct span address, kind = span_cut(v, ';', &address);

	if (!value_ok(v))
		return;
	buf_str(out, " ORCPT=");
	if (utf8 || !utf8_any_8bit(v)) {
		buf_span(out, v);
		return;
	}
	buf_span(out, kind);
	buf_byte(out, ';');
	xtext_utf8_put(out, address);
}

int
command_rcpt(struct buf *out, const struct deliver_rcpt *r, unsigned ext, struct err *err)
{
	if (r->address.n == 0 || !command_address_ok(r->address))
		return err_set(err, "the recipient's address cannot stand in a command");
	buf_str(out, "RCPT TO:<");
	buf_span(out, r->address);
	buf_byte(out, '>');
	if (ext & EXT_DSN) {
		notify_words(out, r->notify);
		orcpt(out, r->orcpt, ext & EXT_SMTPUTF8);
	}
	buf_str(out, "\r\n");
	return 0;
}

void
command_base64_line(struct buf *out, struct span s)
{
	char text[AUTH_BYTES * 4 / 3 + 8];

	s = span_first(s, AUTH_BYTES);
	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)s.p, (int)s.n);
	buf_str(out, text);
	buf_str(out, "\r\n");
	explicit_bzero(text, sizeof(text));
}

void
command_auth_plain(struct buf *out, struct span login, struct span password)
{
	char zero = '\0';
	struct buf plain;

	buf_init(&plain, AUTH_BYTES);
	buf_byte(&plain, zero);
	buf_span(&plain, login);
	buf_byte(&plain, zero);
	buf_span(&plain, password);
	buf_str(out, "AUTH PLAIN ");
	command_base64_line(out, buf_all(&plain));
	explicit_bzero(plain.p, plain.cap);
	buf_free(&plain);
}
