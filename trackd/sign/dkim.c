#include "dkim.h"
#include "header.h"
#include "transfer.h"

#include <openssl/evp.h>
#include <string.h>

enum {
	NAMES_MAX = 64,     /* names in a list */
	INSTANCES_MAX = 50, /* fields of one name that are signed */
	LINE_OCTETS = 76,   /* of the field we write */
	DOMAIN_MAX = 253,
};

/* 5.4.1, and what is added to bulk mail since. */
const char *const dkim_usual_fields[] = { "From", "Sender", "Reply-To", "Subject", "Date",
	"Message-ID", "To", "Cc", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"Content-ID", "Content-Description", "Resent-Date", "Resent-From", "Resent-Sender",
	"Resent-To", "Resent-Cc", "Resent-Message-ID", "In-Reply-To", "References", "List-Id",
	"List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post",
	"List-Owner", "List-Archive", "Feedback-ID", NULL };

const char *const dkim_usual_oversigned[] = { "From", "Sender", "Reply-To", "Subject", "Date",
	"Message-ID", "To", "Cc", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID",
	NULL };

static void
digest_run(void *context, struct span run)
{
	if (EVP_DigestUpdate(context, run.p, run.n) != 1)
		fatal("libcrypto: SHA-256 failed");
}

static EVP_MD_CTX *
digest_begin(struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1)
		return ctx;
	EVP_MD_CTX_free(ctx);
	err_set(err, "libcrypto offers no SHA-256");
	return NULL;
}

static int
digest_end(EVP_MD_CTX *ctx, uint8_t out[DKIM_DIGEST_BYTES], struct err *err)
{
	int ok = EVP_DigestFinal_ex(ctx, out, NULL);

	EVP_MD_CTX_free(ctx);
	return ok == 1 ? 0 : err_set(err, "libcrypto: SHA-256 failed");
}

int
dkim_body_hash(
    enum dkim_canon canon, struct span body, uint8_t hash[DKIM_DIGEST_BYTES], struct err *err)
{
	EVP_MD_CTX *ctx = digest_begin(err);

	if (ctx == NULL)
		return -1;
	dkim_canon_body(canon, body, digest_run, ctx);
	return digest_end(ctx, hash, err);
}

/* A domain name or selector as it may stand in a tag: letters, digits, "-", "_", dots between. */
static bool
is_name(struct span s)
{
	if (s.n == 0 || s.n > DOMAIN_MAX || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] | 32;

		if (!((c >= 'a' && c <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' ||
			s.p[i] == '_' || s.p[i] == '.'))
			return false;
	}
	return true;
}

/* i= is a local part of plain characters, "@", and a domain. */
static bool
is_identity(struct span s, struct span domain)
{
	struct span name, local = span_cut(s, '@', &name);

	return is_name(name) && (local.n == 0 || is_name(local)) && name.n >= domain.n &&
	       span_eq_nocase(span_from(name, name.n - domain.n), domain);
}

/* The field in the making: words that fit on a line, or begin the next. */
struct folder {
	struct buf *out;
	size_t column;
};

static void
put_word(struct folder *f, const char *tag, struct span value, const char *end)
{
	size_t n = strlen(tag) + value.n + strlen(end);

	if (f->column > 0 && f->column + n + 1 > LINE_OCTETS) {
		buf_str(f->out, "\r\n\t");
		f->column = 8;
	} else if (*tag != '\0') {
		buf_byte(f->out, ' ');
		f->column++;
	}
	buf_str(f->out, tag);
	buf_span(f->out, value);
	buf_str(f->out, end);
	f->column += n;
}

static void
put_number(struct folder *f, const char *tag, uint64_t value)
{
	char text[24];
	struct buf b;

	if (value == 0)
		return;
	buf_init(&b, sizeof(text) * 2);
	buf_printf(&b, "%llu", (unsigned long long)value);
	put_word(f, tag, buf_all(&b), ";");
	buf_free(&b);
}

/* Which fields are signed: from the bottom upward for each name, as a verifier takes them (5.4.2). */
struct chosen {
	struct span *fields; /* whole ones, in the order of h= */
	size_t n;
};

static size_t
list_length(const char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL && n < NAMES_MAX)
		n++;
	return n;
}

static bool
listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (span_is_nocase(span_str(*list), name))
			return true;
	return false;
}

/* The fields of each name on the list, the lowest first, at most INSTANCES_MAX of each. */
struct found {
	struct span last[INSTANCES_MAX]; /* a ring */
	size_t n;
};

static struct found *
find_fields(struct span block, const char *const *names, size_t count, struct arena *arena)
{
	struct found *found = arena_alloc(arena, count * sizeof(*found));
	struct header_field f;

	while (header_next(&block, &f)) {
		if (f.bad)
			continue;
		for (size_t i = 0; i < count; i++)
			if (span_is_nocase(f.name, names[i])) {
				found[i].last[found[i].n++ % INSTANCES_MAX] = f.whole;
				break;
			}
	}
	return found;
}

/* Writes h= and gathers what it names. */
static void
put_names(struct folder *f, const struct dkim_options *o, struct span block, struct arena *arena,
    struct chosen *chosen)
{
	const char *const *names = o->sign != NULL ? o->sign : dkim_usual_fields;
	const char *const *over = o->oversign != NULL ? o->oversign : dkim_usual_oversigned;
	size_t count = list_length(names);
	struct found *found = find_fields(block, names, count, arena);
	const char *tag = "h=";

	chosen->fields = arena_alloc(arena, count * INSTANCES_MAX * sizeof(*chosen->fields));
	for (size_t i = 0; i < count; i++) {
		size_t n = found[i].n < INSTANCES_MAX ? found[i].n : INSTANCES_MAX;
		size_t times = n + (found[i].n == n && listed(over, names[i]));

		for (size_t k = 0; k < times; k++) {
			put_word(f, tag, span_str(names[i]), ":");
			tag = "";
			if (k < n)
				chosen->fields[chosen->n++] =
				    found[i].last[(found[i].n - 1 - k) % INSTANCES_MAX];
		}
	}
	f->out->p[f->out->n - 1] = ';'; /* in place of the last colon */
}

static void
put_base64(struct folder *f, const char *tag, const uint8_t *p, size_t n, const char *end)
{
	struct buf b;

	buf_init(&b, 2 * n + 16);
	transfer_encode_base64(span_of(p, n), 0, &b);
	put_word(f, tag, buf_all(&b), end);
	buf_free(&b);
}

static void
put_field(const struct dkim_options *o, struct span block, const uint8_t *body_hash,
    struct arena *arena, struct chosen *chosen, struct buf *out)
{
	static const char *const algorithms[] = { "rsa-sha256", "ed25519-sha256" };
	static const char *const canons[] = { "relaxed", "simple" };
	struct folder f = { .out = out, .column = 15 };

	buf_str(out, "DKIM-Signature:");
	put_word(&f, "v=", SPAN_LIT("1"), ";");
	put_word(&f, "a=", span_str(algorithms[o->algorithm]), ";");
	put_word(&f, o->header == DKIM_RELAXED ? "c=relaxed/" : "c=simple/",
	    span_str(canons[o->body]), ";");
	put_word(&f, "d=", o->domain, ";");
	put_word(&f, "s=", o->selector, ";");
	if (o->identity.n > 0)
		put_word(&f, "i=", o->identity, ";");
	put_number(&f, "t=", o->signed_s);
	put_number(&f, "x=", o->expires_s);
	put_names(&f, o, block, arena, chosen);
	put_base64(&f, "bh=", body_hash, DKIM_DIGEST_BYTES, ";");
	buf_str(out, "\r\n\tb=");
}

/* Header fields as named, then the signature's own field with an empty b= and no line end (3.7). */
static int
header_digest(enum dkim_canon canon, const struct chosen *chosen, struct span field,
    uint8_t digest[DKIM_DIGEST_BYTES], struct err *err)
{
	EVP_MD_CTX *ctx = digest_begin(err);
	struct buf text;

	if (ctx == NULL)
		return -1;
	buf_init(&text, SIZE_MAX / 4);
	for (size_t i = 0; i < chosen->n; i++)
		dkim_canon_field(canon, chosen->fields[i], &text);
	dkim_canon_field(canon, field, &text);
	if (canon == DKIM_RELAXED)
		text.n -= 2;
	digest_run(ctx, buf_all(&text));
	buf_free(&text);
	return digest_end(ctx, digest, err);
}

int
dkim_prepare(const struct dkim_options *o, struct span message,
    const uint8_t body_hash[DKIM_DIGEST_BYTES], struct arena *arena, struct dkim_draft *draft,
    struct err *err)
{
	struct span body, block = header_block(message, &body);
	struct chosen chosen = { 0 };
	struct header_field from;
	struct buf text;

	*draft = (struct dkim_draft){ 0 };
	if (!is_name(o->domain) || !is_name(o->selector))
		return err_set(err, "no domain name or selector: %.*s, %.*s", SPAN(o->domain),
		    SPAN(o->selector));
	if (o->identity.n > 0 && !is_identity(o->identity, o->domain))
		return err_set(
		    err, "identity %.*s is not below %.*s", SPAN(o->identity), SPAN(o->domain));
	if (!header_find(block, "From", &from))
		return err_set(err, "the message has no From field to sign");
	buf_init(&text, (size_t)NAMES_MAX * INSTANCES_MAX * 128 + 4096);
	put_field(o, block, body_hash, arena, &chosen, &text);
	draft->field = arena_span(arena, buf_all(&text));
	buf_free(&text);
	return header_digest(o->header, &chosen, draft->field, draft->digest, err);
}

void
dkim_finish(const struct dkim_draft *draft, struct span signature, struct buf *out)
{
	struct buf text;
	struct span rest;

	buf_init(&text, signature.n * 2 + 16);
	transfer_encode_base64(signature, 0, &text);
	buf_span(out, draft->field);
	for (rest = buf_all(&text); rest.n > 0; rest = span_from(rest, LINE_OCTETS - 12)) {
		if (rest.p != text.p)
			buf_str(out, "\r\n\t ");
		buf_span(out, span_first(rest, LINE_OCTETS - 12));
	}
	buf_str(out, "\r\n");
	buf_free(&text);
}
