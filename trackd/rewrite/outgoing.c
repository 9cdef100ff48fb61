#include "outgoing.h"
#include "err.h"
#include "sealed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool
any_8bit(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 127)
			return true;
	return false;
}

static bool
any_dot_line(struct span s)
{
	return (s.n > 0 && s.p[0] == '.') || span_find_str(s, "\n.") >= 0;
}

static int
write_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n <= 0)
			return -1;
		s = span_from(s, (size_t)n);
	}
	return 0;
}

/* -1: no memory for it. */
static int
sealed_file(struct span fields, struct span message)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct err err;

	if (fd == -1)
		return -1;
	if (write_all(fd, fields) == -1 || write_all(fd, message) == -1 ||
	    sealed_close(fd, &err) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
inline_put(struct chan *c, struct rewrite_done *done, struct span fields, struct span message)
{
	char *whole = malloc(fields.n + message.n);

	if (whole == NULL)
		fatal("out of memory for a message");
	memcpy(whole, fields.p == NULL ? "" : fields.p, fields.n);
	memcpy(whole + fields.n, message.p, message.n);
	done->bytes = span_of(whole, fields.n + message.n);
	rewrite_done_put(c, done);
	free(whole);
}

void
outgoing_put(struct chan *c, struct rewrite_done *done, bool as_7bit, struct span fields,
    struct span message)
{
	done->has_8bit = !as_7bit && (any_8bit(message) || any_8bit(fields));
	done->has_dots = any_dot_line(message);
	done->size_bytes = fields.n + message.n;
	if (done->size_bytes <= REWRITE_INLINE_MAX) {
		inline_put(c, done, fields, message);
		return;
	}
	done->fd = sealed_file(fields, message);
	if (done->fd == -1) {
		done->status = REWRITE_LATER;
		done->text = SPAN_LIT("4.3.0 no memory for the rewritten message");
	}
	rewrite_done_put(c, done);
}
