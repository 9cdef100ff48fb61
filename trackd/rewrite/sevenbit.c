#include "sevenbit.h"
#include "mime.h"
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
	return mime_type_is(p, "message/rfc822") || mime_is_sealed(p);
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

		if (leaf_8bit && untouchable(p)) {
			buf_free(&out);
			return refuse(err, "an 8-bit part is signed or nested");
		}
		if (leaf_8bit)
			recode_qp(&r, p);
		else if (p->child != NULL && declared_8bit(p))
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
