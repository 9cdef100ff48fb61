#include "sevenbit.h"
#include "header.h"
#include "mime.h"
#include "transfer.h"
#include "../recode.h"

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
	return mime_type_is(p, "message/rfc822") || p->transfer == TRANSFER_OTHER ||
	       mime_is_sealed(p);
}

/* What a report brings back may be its header alone (RFC 6522 3). */
static bool
is_returned(const struct mime_part *p)
{
	return p->parent != NULL && mime_type_is(p->parent, "multipart/report") &&
	       mime_type_is(p, "message/rfc822") && !mime_is_sealed(p);
}

static void
returned_header(struct recode *r, const struct mime_part *p)
{
	struct qp_writer qp = { .out = r->out };
	struct span body, header = header_block(p->body, &body);

	recode_header_as(r, p, "text/rfc822-headers", "quoted-printable");
	recode_upto(r, p->body.p);
	qp_put(&qp, header);
	r->at = p->body.p + p->body.n;
}

static bool
is_encoded(const struct mime_part *p)
{
	return p->transfer == TRANSFER_QP || p->transfer == TRANSFER_BASE64;
}

/* A part with bytes beyond ASCII. -1: it has no other form. */
static int
leaf_make(struct recode *r, const struct mime_part *p)
{
	if (is_returned(p))
		returned_header(r, p);
	else if (untouchable(p))
		return -1;
	else if (is_encoded(p))
		recode_encoded(r, p);
	else
		recode_qp(r, p);
	return 0;
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
	struct mime_part *root;
	struct recode r;
	struct buf out;

	if (mime_parse(whole, arena, &root, NULL) == -1)
		return refuse(err, "its MIME parts are nested too deep");
	buf_init(&out, message->max);
	r = (struct recode){ whole.p, &out };
	for (struct mime_part *p = root; p != NULL; p = mime_walk(p)) {
		bool leaf_8bit = p->child == NULL && is_8bit(p->body);

		if (leaf_8bit && leaf_make(&r, p) == -1) {
			buf_free(&out);
			return refuse(
			    err, "an 8-bit part is signed, nested, or encoded as nobody knows");
		}
		if (!leaf_8bit && p->child != NULL && declared_8bit(p))
			recode_header(&r, p, "7bit");
	}
	recode_upto(&r, whole.p + whole.n);
	if (buf_over(&out)) {
		buf_free(&out);
		return refuse(err, "it would be too large");
	}
	buf_free(message);
	*message = out;
	return 0;
}
