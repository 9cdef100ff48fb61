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

size_t
event_file_take(struct event_file *f, struct span s)
{
	size_t taken = 0;

	while (taken < s.n) {
		ssize_t n = write(f->fd, s.p + taken, s.n - taken);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			break;
		taken += (size_t)n;
		f->torn = s.p[taken - 1] != '\n';
	}
	return taken;
}

static int
append(struct event_file *f, struct span s)
{
	return event_file_take(f, s) == s.n ? 0 : -1;
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
