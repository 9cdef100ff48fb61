#include "event_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

void
event_file_open(struct event_file *f, int fd, int read_fd)
{
	int from = read_fd == -1 ? fd : read_fd;
	struct stat st;
	char last;

	f->fd = fd;
	f->torn = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		  pread(from, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

static int
append(struct event_file *f, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(f->fd, s.p, s.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		f->torn = s.p[n - 1] != '\n';
		s = span_from(s, (size_t)n);
	}
	return 0;
}

int
event_file_append(struct event_file *f, struct span lines)
{
	if (lines.n == 0)
		return 0;
	if (f->torn && append(f, SPAN_LIT("\n")) == -1)
		return -1;
	return append(f, lines);
}
