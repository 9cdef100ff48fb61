#include "event_file.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char text[256];

static struct event_file
opened(FILE *file)
{
	struct event_file f;

	event_file_open(&f, fileno(file), -1);
	return f;
}

static const char *
all_of(FILE *file)
{
	ssize_t n = pread(fileno(file), text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* As a full disk does it: a part is taken, then nothing. */
static void
room(rlim_t bytes)
{
	struct rlimit r = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &r), 0);
}

START_TEST(half_line)
{
	FILE *file = tmpfile();
	struct event_file f = opened(file);

	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("{1}\n")), 0);
	room(6);
	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("{22}\n{33}\n")), -1);
	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("{4}\n")), -1);
	room(RLIM_INFINITY);
	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("{5}\n")), 0);
	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("{6}\n")), 0);
	ck_assert_str_eq(all_of(file), "{1}\n{2\n{5}\n{6}\n");
	fclose(file);
}
END_TEST

START_TEST(half_line_of_another)
{
	FILE *file = tmpfile();
	struct event_file f;

	ck_assert_int_eq(write(fileno(file), "{1}\n{2", 6), 6);
	f = opened(file);
	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("")), 0);
	ck_assert_int_eq(event_file_append(&f, SPAN_LIT("{3}\n")), 0);
	ck_assert_str_eq(all_of(file), "{1}\n{2\n{3}\n");
	fclose(file);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("event_file");
	TCase *t = tcase_create("event_file");
	SRunner *r;
	int failed;

	tcase_add_test(t, half_line);
	tcase_add_test(t, half_line_of_another);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
