#include "sealed.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int
memory_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	return fd;
}

START_TEST(sealed_is_taken)
{
	int fd = memory_file();
	uint64_t size = 0;
	struct err err;

	ck_assert_int_eq(sealed_close(fd, &err), 0);
	ck_assert_int_eq(sealed_size(fd, &size, &err), 0);
	ck_assert_uint_eq(size, 4096);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	close(fd);
}
END_TEST

static const int too_few[] = { 0, F_SEAL_SHRINK, F_SEAL_GROW | F_SEAL_WRITE,
	F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_SHRINK | F_SEAL_WRITE };

START_TEST(what_can_change_is_not)
{
	int fd = memory_file();
	uint64_t size;
	struct err err;

	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, too_few[_i]), 0);
	ck_assert_int_eq(sealed_size(fd, &size, &err), -1);
	close(fd);
}
END_TEST

START_TEST(a_file_is_none)
{
	FILE *f = tmpfile();
	uint64_t size;
	struct err err;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(sealed_size(fileno(f), &size, &err), -1);
	fclose(f);
	ck_assert_int_eq(sealed_size(-1, &size, &err), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sealed");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, sealed_is_taken);
	tcase_add_loop_test(t, what_can_change_is_not, 0, sizeof(too_few) / sizeof(too_few[0]));
	tcase_add_test(t, a_file_is_none);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
