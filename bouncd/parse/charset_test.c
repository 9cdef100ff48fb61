#include "charset.h"

#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD "\xef\xbf\xbd"

static const struct {
	const char *name;
	struct span bytes;
	const char *utf8;
} cases[] = {
	{ "us-ascii", SPAN_LIT("plain"), "plain" },
	{ "utf-8", SPAN_LIT("gr\xc3\xbc\xc3\x9f"), "grüß" },
	{ "utf-8", SPAN_LIT("gr\xfc\xdf"), "grüß" }, /* says so, is not */
	{ "", SPAN_LIT("gr\xfc\xdf"), "grüß" },
	{ "", SPAN_LIT("\x1b$BIT:_\x1b(B"), "不在" },
	{ "x-nobody-knows", SPAN_LIT("\xe9t\xe9"), "été" },
	{ "ISO-8859-1", SPAN_LIT("\x80 \xe9"), "€ é" },
	{ "iso_8859-2", SPAN_LIT("nieobecno\xb6\xe6"), "nieobecność" },
	{ "ISO-8859-15", SPAN_LIT("\xa4"), "€" },
	{ "windows-1251", SPAN_LIT("\xee\xf2\xef\xf3\xf1\xea"), "отпуск" },
	{ "koi8-r", SPAN_LIT("\xcf\xd4\xd0\xd5\xd3\xcb"), "отпуск" },
	{ "KOI8-U", SPAN_LIT("\xa4"), "є" },
	{ "cp1253", SPAN_LIT("\xe1\xf0\xef\xf5\xf3\xdf\xe1"), "απουσία" },
	{ "iso-8859-9", SPAN_LIT("d\xfe\xfd"), "dşı" },
	{ "ISO-2022-JP", SPAN_LIT("\x1b$BIT:_\x1b(B ok"), "不在 ok" },
	{ "Shift_JIS", SPAN_LIT("\x95s\x8d\xdd"), "不在" },
	{ "euc-jp", SPAN_LIT("\xc9\xd4\xba\xdf"), "不在" },
	{ "euc-kr", SPAN_LIT("\xba\xce\xc0\xe7"), "부재" },
	{ "ks_c_5601-1987", SPAN_LIT("\xba\xce\xc0\xe7"), "부재" },
	{ "gb2312", SPAN_LIT("\xcd\xcb\xd0\xc5"), "退信" },
	{ "GB18030", SPAN_LIT("\xcd\xcb\xd0\xc5"), "退信" },
	{ "big5", SPAN_LIT("\xb0h\xabH"), "退信" },
	{ "UTF-7", SPAN_LIT("caf+AOk-"), "café" },
	{ "utf-16", SPAN_LIT("\xff\xfeh\0\xe9\0"), "hé" },
	{ "utf-16be", SPAN_LIT("\0h\0\xe9"), "hé" },
	{ "utf-16le", SPAN_LIT("h\0\xe9\0"), "hé" },
	{ "iso-2022-jp", SPAN_LIT("a\xff\xff"), "a" BAD BAD },
	{ "gb2312", SPAN_LIT("a\xcd"), "a" BAD }, /* half a character */
	{ "", SPAN_LIT("a\x81"), "a" BAD },       /* no letter of windows-1252 */
	{ "windows-125", SPAN_LIT("\xe9"), "é" },
	{ "utf-16", SPAN_LIT(""), "" },
};

START_TEST(becomes)
{
	struct arena *a = arena_new(0);
	struct span s = charset_to_utf8(span_str(cases[_i].name), cases[_i].bytes, a);

	ck_assert_msg(span_is(s, cases[_i].utf8), "%s: \"%.*s\", not \"%s\"", cases[_i].name,
	    SPAN(s), cases[_i].utf8);
	arena_free(a);
}
END_TEST

START_TEST(all_are_here)
{
	ck_assert_uint_eq(charsets_load(), 0);
}
END_TEST

static bool
becomes_all(void)
{
	struct arena *a = arena_new(0);
	bool good = true;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		good &= span_is(
		    charset_to_utf8(span_str(cases[i].name), cases[i].bytes, a), cases[i].utf8);
	arena_free(a);
	return good;
}

/* As in the sandbox: no file is left to load a module from. */
START_TEST(in_an_empty_root)
{
	char folder[] = "/tmp/charset_testXXXXXX";
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	ck_assert(mkdtemp(folder) != NULL);
	pid = fork();
	if (pid == 0) {
		charsets_load();
		_exit(chroot(folder) == -1 || chdir("/") == -1 || !becomes_all());
	}
	ck_assert(waitpid(pid, &status, 0) == pid);
	rmdir(folder);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Every byte pair in every charset of the cases: well-formed, and no longer than promised. */
START_TEST(any_bytes)
{
	struct arena *a = arena_new(0);

	for (unsigned i = 0; i < 0x10000; i += 7) {
		char bytes[8] = { (char)(i >> 8), (char)i, (char)(i >> 3), '\x1b', '$', (char)i };
		struct span s =
		    charset_to_utf8(span_str(cases[_i].name), span_of(bytes, sizeof(bytes)), a);
		ck_assert(charset_is_utf8(s));
		ck_assert_uint_le(s.n, sizeof(bytes) * CHARSET_GROWTH + 16);
		arena_reset(a);
	}
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("charset");
	TCase *t = tcase_create("charset");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, becomes, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, in_an_empty_root);
	tcase_add_test(t, all_are_here);
	tcase_add_loop_test(t, any_bytes, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
