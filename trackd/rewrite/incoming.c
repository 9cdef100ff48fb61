#include "incoming.h"
#include "envelope.h"

#include <string.h>
#include <unistd.h>

static int
descriptor_read(struct buf *out, int fd, uint64_t start, uint64_t size_bytes, struct err *err)
{
	char *room = buf_room(out, size_bytes);

	if (room == NULL)
		return err_set(err, "message of %llu bytes is larger than %zu",
		    (unsigned long long)size_bytes, out->max);
	while (size_bytes > 0) {
		ssize_t n = pread(fd, room, size_bytes, (off_t)start);

		if (n == -1)
			return err_sys(err, "read the message");
		if (n == 0)
			return err_set(err, "the message is shorter than its head says");
		buf_grew(out, (size_t)n);
		room += n;
		start += (uint64_t)n;
		size_bytes -= (uint64_t)n;
	}
	return 0;
}

/* From the last to the first, so that the places before stay true. */
static int
drop(struct buf *out, struct span drops, struct err *err)
{
	for (size_t n = drops.n / sizeof(struct facts_drop); n-- > 0;) {
		struct facts_drop d;

		memcpy(&d, drops.p + n * sizeof(d), sizeof(d));
		if (d.start > out->n || d.length > out->n - d.start)
			return err_set(err, "a range to leave out lies outside the message");
		memmove(out->p + d.start, out->p + d.start + d.length, out->n - d.start - d.length);
		out->n -= d.length;
	}
	return 0;
}

int
incoming_read(struct buf *out, struct span bytes, int fd, uint64_t start, uint64_t size_bytes,
    struct span drops, struct err *err)
{
	if (fd == -1)
		buf_span(out, bytes);
	else if (descriptor_read(out, fd, start, size_bytes, err) == -1)
		return -1;
	return drop(out, drops, err);
}
