#include "control.h"
#include "loop.h"

#include <check.h>
#include <dirent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STRANGER = 65534 };

static struct sockaddr_un at;
static char folder[64];

static void
hello(void *ctx, struct control_call *c)
{
	(void)ctx;
	control_row(c);
	control_num(c, "actor", control_actor(c));
	control_row_end(c);
	control_end(c);
}

static const struct control_verb verbs[] = { { "hello", false, hello }, { NULL, false, NULL } };

static void
setup(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	loop_init();
	snprintf(folder, sizeof(folder), "/tmp/control_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
	at.sun_family = AF_UNIX;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/view.sock", folder);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(chmod(at.sun_path, 0666), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	control_serve_fd(fd, false, geteuid() == 0 ? STRANGER : getegid(), verbs, NULL);
}

static void
teardown(void)
{
	unlink(at.sun_path);
	rmdir(folder);
}

static int
connected(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? fd : -1;
}

static void
turns(unsigned n)
{
	while (n-- > 0)
		event_base_loop(loop_base(), EVLOOP_NONBLOCK);
}

/* Whether an answer comes. */
static bool
answered(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[256];

	for (unsigned i = 0; i < 100 && poll(&p, 1, 10) == 0; i++)
		turns(1);
	return recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0;
}

static unsigned
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Descriptors go with the first byte, and with a later one. */
static void
send_with(int fd, const char *text, unsigned fds_n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(fds_n * sizeof(int)) };

	control.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(fds_n * sizeof(int)) };
	for (unsigned i = 0; i < fds_n; i++)
		memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &(int){ 0 }, sizeof(int));
	ck_assert_int_eq(sendmsg(fd, &m, 0), (int)strlen(text));
}

START_TEST(descriptors_beyond_one_are_closed)
{
	unsigned before = open_files();

	for (unsigned n = 1; n <= 8; n++) {
		int fd = connected();

		send_with(fd, "{\"verb\"", n);
		turns(3);
		send_with(fd, ":\"hello\"}\n", n);
		ck_assert(answered(fd));
		turns(3);
		close(fd);
		ck_assert_uint_eq(open_files(), before);
	}
}
END_TEST

/* A user who leaves his calls open, in a process of his own. */
static pid_t
stranger(unsigned n)
{
	int ready[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (setgid(STRANGER) == -1 || setuid(STRANGER) == -1)
			_exit(1);
		while (n-- > 0)
			if (connected() == -1)
				_exit(1);
		(void)!write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

START_TEST(nobody_is_kept_out)
{
	pid_t pid;
	int fd;

	if (geteuid() != 0)
		return;
	pid = stranger(100);
	turns(10);
	fd = connected();
	ck_assert_int_eq(write(fd, "{\"verb\":\"hello\"}\n", 17), 17);
	ck_assert(answered(fd));
	close(fd);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("calls");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, descriptors_beyond_one_are_closed);
	tcase_add_test(t, nobody_is_kept_out);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
