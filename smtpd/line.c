#include "line.h"
#include "command.h"

static size_t
most_bytes(struct span line, bool login)
{
	if (login)
		return LINE_LOGIN_BYTES;
	return command_read(span_first(line, LINE_COMMAND_BYTES)).verb == VERB_AUTH
		   ? LINE_AUTH_BYTES
		   : LINE_COMMAND_BYTES;
}

/* All there is, without a CR that may belong to its end. */
static struct span
begun(struct span in)
{
	return span_first(in, in.n - (in.n > 0 && in.p[in.n - 1] == '\r'));
}

/* The rest of a line that was too long; the CR of its end is of no more interest. */
static enum line_step
skipped(struct line *l, struct span in, ptrdiff_t lf, size_t *n)
{
	l->skipping = lf < 0;
	*n = lf < 0 ? in.n : (size_t)lf + 1;
	return LINE_SKIPPED;
}

enum line_step
line_take(struct line *l, struct span in, bool login, struct span *text, size_t *n)
{
	ptrdiff_t lf = span_find(in, '\n');
	struct span whole = span_first(in, lf < 0 ? in.n : (size_t)lf), line = begun(whole);

	*n = 0;
	*text = line;
	if (l->skipping)
		return skipped(l, in, lf, n);
	if (line.n > most_bytes(line, login)) {
		*text = span_first(line, most_bytes(line, login));
		(void)skipped(l, in, lf, n);
		return LINE_LONG;
	}
	if (lf < 0)
		return LINE_MORE;
	*n = (size_t)lf + 1;
	if ((line.n == whole.n && !l->repair) || span_find(line, '\r') >= 0 ||
	    span_find(line, '\0') >= 0)
		return LINE_UNCLEAN;
	return LINE_WHOLE;
}
