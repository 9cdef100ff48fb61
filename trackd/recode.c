#include "recode.h"
#include "header.h"
#include "transfer.h"

void
recode_upto(struct recode *r, const char *end)
{
	buf_add(r->out, r->at, (size_t)(end - r->at));
	r->at = end;
}

void
recode_header(struct recode *r, const struct mime_part *p, const char *encoding)
{
	struct span header = p->header;
	struct header_field f;

	recode_upto(r, p->header.p);
	while (header_next(&header, &f))
		if (!span_is_nocase(f.name, "Content-Transfer-Encoding"))
			buf_span(r->out, f.whole);
	if (p->parent == NULL && !header_find(p->header, "MIME-Version", &f))
		buf_str(r->out, "MIME-Version: 1.0\r\n");
	buf_printf(r->out, "Content-Transfer-Encoding: %s\r\n", encoding);
	r->at = p->header.p + p->header.n;
}

void
recode_qp(struct recode *r, const struct mime_part *p)
{
	struct qp_writer qp = { .out = r->out };

	recode_header(r, p, "quoted-printable");
	recode_upto(r, p->body.p);
	qp_put(&qp, p->body);
	r->at = p->body.p + p->body.n;
}
