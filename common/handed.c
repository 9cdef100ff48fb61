#include "handed.h"
#include "sealed.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void
handed_put(struct buf *b, const char *name, struct span bytes)
{
	uint32_t head[2] = { (uint32_t)strlen(name) + 1, (uint32_t)bytes.n };

	if (bytes.n > HANDED_MAX)
		b->over = true;
	buf_add(b, head, sizeof(head));
	buf_add(b, name, head[0]);
	buf_span(b, bytes);
	buf_byte(b, '\0');
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

static int
sealed(struct span text, struct err *err)
{
	int fd = memfd_create("handed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || write_all(fd, text) == -1)
		err_sys(err, "put %zu bytes of configuration and keys into memory", text.n);
	else if (sealed_close(fd, err) == 0)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

int
handed_seal(struct buf *b, struct err *err)
{
	int fd = buf_over(b) ? err_set(err, "configuration and keys have more than %d MB together",
				   HANDED_MAX >> 20)
			     : sealed(buf_all(b), err);

	if (b->n > 0)
		explicit_bzero(b->p, b->n);
	buf_free(b);
	return fd;
}

static int
read_all(int fd, struct buf *b, struct err *err)
{
	struct stat st;
	char *room;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "read what the master hands over");
	room = st.st_size < 0 ? NULL : buf_room(b, (size_t)st.st_size);
	if (room == NULL)
		return err_set(
		    err, "what the master hands over has %lld bytes", (long long)st.st_size);
	for (off_t at = 0; at < st.st_size;) {
		ssize_t n = pread(fd, room + at, (size_t)(st.st_size - at), at);

		if (n <= 0)
			return n == 0 ? err_set(err, "what the master hands over was cut")
				      : err_sys(err, "read what the master hands over");
		buf_grew(b, (size_t)n);
		at += n;
	}
	return 0;
}

int
handed_read(int fd, struct buf *b, struct err *err)
{
	int r = read_all(fd, b, err);

	close(fd);
	return r;
}

bool
handed_next(struct span *rest, struct handed *h)
{
	uint32_t head[2];

	if (rest->n < sizeof(head))
		return false;
	memcpy(head, rest->p, sizeof(head));
	*rest = span_from(*rest, sizeof(head));
	if (head[0] == 0 || head[0] >= rest->n || head[1] >= rest->n - head[0] ||
	    rest->p[head[0] - 1] != '\0' || rest->p[head[0] + head[1]] != '\0')
		return false;
	h->name = rest->p;
	h->bytes = span_of(rest->p + head[0], head[1]);
	*rest = span_from(*rest, (size_t)head[0] + head[1] + 1);
	return true;
}
