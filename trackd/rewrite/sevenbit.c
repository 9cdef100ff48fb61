#include "sevenbit.h"
#include "header.h"
#include "mime.h"
#include "transfer.h"

static bool
is_8bit(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 127)
			return true;
	return false;
}

static int
refuse(struct err *err, const char *why)
{
	return err_set(
	    err, "5.6.3 the server takes no 8-bit mail, and this one has no 7-bit form: %s", why);
}

/* Inside a signature nothing may change; a message in a message must stay as it was sent (RFC 2046 5.2.1). */
static bool
untouchable(const struct mime_part *p)
{
	return mime_type_is(p, "message/rfc822") || mime_is_sealed(p);
}

/* The header with its encoding field replaced, or one added at its end. */
static void
header_put(struct span header, const char *encoding, struct buf *out)
{
	struct header_field f;

	while (header_next(&header, &f))
		if (!span_is_nocase(f.name, "Content-Transfer-Encoding"))
			buf_span(out, f.whole);
	buf_printf(out, "Content-Transfer-Encoding: %s\r\n", encoding);
}

static void
upto(const char **at, const char *end, struct buf *out)
{
	buf_add(out, *at, (size_t)(end - *at));
	*at = end;
}

static void
part_put(const struct mime_part *p, const char **at, struct buf *out)
{
	struct qp_writer qp = { .out = out };

	upto(at, p->header.p, out);
	header_put(p->header, p->child == NULL ? "quoted-printable" : "7bit", out);
	*at = p->header.p + p->header.n;
	if (p->child != NULL)
		return;
	upto(at, p->body.p, out);
	qp_put(&qp, p->body);
	*at = p->body.p + p->body.n;
}

static bool
declared_8bit(const struct mime_part *p)
{
	return p->transfer == TRANSFER_8BIT || p->transfer == TRANSFER_BINARY;
}

int
sevenbit_make(struct buf *message, struct arena *arena, struct err *err)
{
	struct span whole = buf_all(message);
	const char *at = whole.p;
	struct mime_part *root;
	struct buf out;

	if (mime_parse(whole, arena, &root, NULL) == -1)
		return refuse(err, "its MIME parts are nested too deep");
	buf_init(&out, message->max);
	for (struct mime_part *p = root; p != NULL; p = mime_walk(p)) {
		bool leaf_8bit = p->child == NULL && is_8bit(p->body);

		if (leaf_8bit && untouchable(p)) {
			buf_free(&out);
			return refuse(err, "an 8-bit part is signed or nested");
		}
		if (leaf_8bit || (p->child != NULL && declared_8bit(p)))
			part_put(p, &at, &out);
	}
	upto(&at, whole.p + whole.n, &out);
	if (buf_over(&out)) {
		buf_free(&out);
		return refuse(err, "it would be too large");
	}
	buf_free(message);
	*message = out;
	return 0;
}
