#include "conf_value.h"
#include "conf_amount.h"
#include "conf_error.h"
#include "conf_file.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new(0);
}

static void
teardown(void)
{
	arena_free(arena);
}

/* text: canonical, NULL when it must be refused; then note is a piece of what is said, else of nothing. */
static const struct {
	enum conf_type type;
	const char *given, *text;
	uint64_t num;
	const char *note;
} cases[] = {
	{ CONF_STRING, "a b", "a b", 0, NULL },
	{ CONF_STRING, "", "", 0, NULL },
	{ CONF_BOOL, "yes", "yes", 1, NULL },
	{ CONF_BOOL, "no", "no", 0, NULL },
	{ CONF_BOOL, "on", NULL, 0, "x takes yes or no" },
	{ CONF_NUMBER, "0", "0", 0, NULL },
	{ CONF_NUMBER, "007", "7", 7, NULL },
	{ CONF_NUMBER, "-1", NULL, 0, "\"-1\" is no number" },
	{ CONF_NUMBER, "0x10", NULL, 0, "no number" },
	{ CONF_NUMBER, "99999999999999999999", NULL, 0, "no number" },
	{ CONF_DURATION, "90s", "1m30s", 90, NULL },
	{ CONF_DURATION, "1h30m", "1h30m", 5400, NULL },
	{ CONF_DURATION, "3d", "3d", 259200, NULL },
	{ CONF_DURATION, "14d", "2w", 1209600, NULL },
	{ CONF_DURATION, "0", "0s", 0, NULL },
	{ CONF_DURATION, "0s", "0s", 0, NULL },
	{ CONF_DURATION, "90", NULL, 0, "a duration such as 90s" },
	{ CONF_DURATION, "5x", NULL, 0, "\"5x\" is no duration" },
	{ CONF_DURATION, "30m1h", NULL, 0, "no duration" },
	{ CONF_DURATION, "1m1m", NULL, 0, "no duration" },
	{ CONF_DURATION, "h", NULL, 0, "no duration" },
	{ CONF_DURATION, "", NULL, 0, "no duration" },
	{ CONF_DURATION, "99999999999999999s", NULL, 0, "no duration" },
	{ CONF_SIZE, "512", "512", 512, NULL },
	{ CONF_SIZE, "64K", "64K", 65536, NULL },
	{ CONF_SIZE, "2048k", "2M", 2097152, NULL },
	{ CONF_SIZE, "25M", "25M", 26214400, NULL },
	{ CONF_SIZE, "2G", "2G", 2147483648, NULL },
	{ CONF_SIZE, "1025", "1025", 1025, NULL },
	{ CONF_SIZE, "25MB", NULL, 0, "no size" },
	{ CONF_SIZE, "K", NULL, 0, "no size" },
	{ CONF_SIZE, "9999999999999T", NULL, 0, "no size" },
	{ CONF_RATE, "100/s", "100/s", 100, NULL },
	{ CONF_RATE, "100/min", "100/min", 100, NULL },
	{ CONF_RATE, "5/day", "5/day", 5, NULL },
	{ CONF_RATE, "5/h", "5/h", 5, NULL },
	{ CONF_RATE, "5", NULL, 0, "a rate such as 10/s" },
	{ CONF_RATE, "5/m", NULL, 0, "\"5/m\" is no rate" },
	{ CONF_RATE, "/s", NULL, 0, "no rate" },
	{ CONF_NETWORK, "10.0.0.0/8", "10.0.0.0/8", 0, NULL },
	{ CONF_NETWORK, "192.0.2.1", "192.0.2.1", 0, NULL },
	{ CONF_NETWORK, "192.0.2.1/32", "192.0.2.1", 0, NULL },
	{ CONF_NETWORK, "0.0.0.0/0", "0.0.0.0/0", 0, NULL },
	{ CONF_NETWORK, "2001:DB8::/32", "2001:db8::/32", 0, NULL },
	{ CONF_NETWORK, "::1", "::1", 0, NULL },
	{ CONF_NETWORK, "10.1.2.3/8", NULL, 0, "the network is 10.0.0.0/8" },
	{ CONF_NETWORK, "10.0.0.0/33", NULL, 0, "no network" },
	{ CONF_NETWORK, "10.0.0/8", NULL, 0, "no network" },
	{ CONF_NETWORK, "10.0.0.0/", NULL, 0, "no network" },
	{ CONF_NETWORK, "::ffff:10.0.0.0/104", "10.0.0.0/8", 0, NULL },
	{ CONF_NETWORK, "::ffff:192.0.2.1", "192.0.2.1", 0, NULL },
	{ CONF_NETWORK, "::ffff:0:0/96", "0.0.0.0/0", 0, NULL },
	{ CONF_NETWORK, "::ffff:10.0.0.1/104", NULL, 0, "the network is 10.0.0.0/8" },
	{ CONF_NETWORK, "example.com", NULL, 0, "no network" },
	{ CONF_ADDRESS, "127.0.0.1:25", "127.0.0.1:25", 0, NULL },
	{ CONF_ADDRESS, "[::1]:25", "[::1]:25", 0, NULL },
	{ CONF_ADDRESS, "*:587", "*:587", 0, NULL },
	{ CONF_ADDRESS, "unix:/run/x", "unix:/run/x", 0, NULL },
	{ CONF_ADDRESS, "unix:x.sock", "unix:/etc/p/x.sock", 0, NULL },
	{ CONF_ADDRESS, "unix:", NULL, 0, "may not be this short" },
	{ CONF_ADDRESS, "127.0.0.1", NULL, 0, "an address such as 127.0.0.1:25" },
	{ CONF_ADDRESS, "127.0.0.1:0", NULL, 0, "no address" },
	{ CONF_ADDRESS, "127.0.0.1:65536", NULL, 0, "no address" },
	{ CONF_ADDRESS, "::1:25", NULL, 0, "no address" },
	{ CONF_ADDRESS, "[127.0.0.1]:25", NULL, 0, "no address" },
	{ CONF_ADDRESS, "localhost:25", NULL, 0, "no address" },
	{ CONF_ADDRESS, ":25", NULL, 0, "no address" },
	{ CONF_DOMAIN, "Mail.Example.COM", "mail.example.com", 0, NULL },
	{ CONF_DOMAIN, "example.com.", "example.com", 0, NULL },
	{ CONF_DOMAIN, "_dmarc.example.com", "_dmarc.example.com", 0, NULL },
	{ CONF_DOMAIN, "localhost", "localhost", 0, NULL },
	{ CONF_DOMAIN, "a..b", NULL, 0, "no domain" },
	{ CONF_DOMAIN, "-a.b", NULL, 0, "no domain" },
	{ CONF_DOMAIN, "a b", NULL, 0, "no domain" },
	{ CONF_DOMAIN, ".", NULL, 0, "no domain" },
	{ CONF_DOMAIN, "", NULL, 0, "no domain" },
	{ CONF_DOMAIN, "m\xc3\xbcller.example", NULL, 0, "xn--" },
	{ CONF_GLOB, "*.google.com", "*.google.com", 0, NULL },
	{ CONF_GLOB, "", NULL, 0, "no glob" },
	{ CONF_REGEX, "^4\\.7\\.\\d+", "^4\\.7\\.\\d+", 0, NULL },
	{ CONF_REGEX, "a(b", NULL, 0, "missing closing parenthesis" },
	{ CONF_CHOICE, "may", "may", 0, NULL },
	{ CONF_CHOICE, "ma", NULL, 0, "x takes one of: must may none" },
	{ CONF_PATH, "/var/x", "/var/x", 0, NULL },
	{ CONF_PATH, "keys/a", "/etc/p/keys/a", 0, NULL },
	{ CONF_PATH, "./a", "/etc/p/a", 0, NULL },
	{ CONF_PATH, "", NULL, 0, "no path" },
	{ CONF_SECRET, "pass word", "pass word", 0, NULL },
};

START_TEST(values)
{
	struct conf_setting s = { .name = "x", .type = cases[_i].type, .choices = "must may none" };
	struct conf_from from = { .folder = "/etc/p", .arena = arena };
	const char *given = cases[_i].given;
	struct conf_problem p;
	struct conf_value v;
	int result = conf_value_parse(&s, span_str(given), &from, &v, &p);

	if (cases[_i].text == NULL) {
		ck_assert_msg(result == -1, "%s taken", given);
		ck_assert_msg(strstr(p.what.text, cases[_i].note) != NULL ||
				  strstr(p.remedy.text, cases[_i].note) != NULL,
		    "%s: %s; %s", given, p.what.text, p.remedy.text);
		return;
	}
	ck_assert_msg(result == 0, "%s: %s", given, p.what.text);
	ck_assert_str_eq(v.text, cases[_i].text);
	ck_assert_uint_eq(v.num, cases[_i].num);
}
END_TEST

static const struct {
	enum conf_type type;
	uint64_t min, max;
	const char *given, *remedy; /* NULL: in range */
} ranges[] = {
	{ CONF_NUMBER, 1, 100, "1", NULL },
	{ CONF_NUMBER, 1, 100, "100", NULL },
	{ CONF_NUMBER, 1, 100, "0", "x takes a number, 1 to 100" },
	{ CONF_NUMBER, 1, 0, "0", "x takes a number, at least 1" },
	{ CONF_DURATION, 10, 3600, "2h", "x takes a duration, 10s to 1h" },
	{ CONF_SIZE, 0, 1 << 20, "2M", "x takes a size, at most 1M bytes" },
	{ CONF_RATE, 1, 50, "60/s", "x takes a rate, 1 to 50" },
};

START_TEST(range)
{
	struct conf_setting s = {
		.name = "x", .type = ranges[_i].type, .min = ranges[_i].min, .max = ranges[_i].max
	};
	struct conf_from from = { .folder = "", .arena = arena };
	struct conf_problem p;
	struct conf_value v;
	int result = conf_value_parse(&s, span_str(ranges[_i].given), &from, &v, &p);

	ck_assert_int_eq(result, ranges[_i].remedy == NULL ? 0 : -1);
	if (result == -1)
		ck_assert_str_eq(p.remedy.text, ranges[_i].remedy);
}
END_TEST

START_TEST(addresses)
{
	struct conf_setting s = { .name = "x", .type = CONF_ADDRESS };
	struct conf_from from = { .folder = "/etc/p", .arena = arena };
	struct sockaddr_in6 in6;
	struct conf_problem p;
	struct conf_value v;

	ck_assert_int_eq(conf_value_parse(&s, SPAN_LIT("*:25"), &from, &v, &p), 0);
	memcpy(&in6, &v.address->addr, sizeof(in6));
	ck_assert(v.address->any && in6.sin6_family == AF_INET6 && in6.sin6_port == htons(25));
	ck_assert_uint_eq(v.address->len, sizeof(in6));
	ck_assert_int_eq(conf_value_parse(&s, SPAN_LIT("unix:/a"), &from, &v, &p), 0);
	ck_assert_int_eq(v.address->addr.ss_family, AF_UNIX);
	ck_assert_uint_eq(v.address->len, offsetof(struct sockaddr_un, sun_path) + 3);
}
END_TEST

static const struct {
	const char *network, *address;
	bool has;
} members[] = {
	{ "10.0.0.0/8", "10.255.1.2", true },
	{ "10.0.0.0/8", "11.0.0.0", false },
	{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
	{ "10.0.0.0/8", "a00::", false },
	{ "192.0.2.128/25", "192.0.2.129", true },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "0.0.0.0/0", "1.2.3.4", true },
	{ "0.0.0.0/0", "::1", false },
	{ "2001:db8::/32", "2001:db8:1::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "::/0", "2001:db8::", true },
	{ "::ffff:10.0.0.0/104", "10.1.2.3", true },
	{ "::ffff:10.0.0.0/104", "::ffff:10.1.2.3", true },
	{ "::ffff:10.0.0.0/104", "11.1.2.3", false },
};

START_TEST(network_has)
{
	struct conf_setting s = { .name = "x", .type = CONF_NETWORK };
	struct conf_from from = { .folder = "", .arena = arena };
	struct conf_problem p;
	struct conf_value v;
	struct ip ip;

	ck_assert_int_eq(ip_read(span_str(members[_i].address), &ip), 0);
	ck_assert_int_eq(conf_value_parse(&s, span_str(members[_i].network), &from, &v, &p), 0);
	ck_assert_int_eq(conf_network_has(v.network, &ip), members[_i].has);
}
END_TEST

static const struct {
	const char *text;
	bool hand_over;
	const char *word;
} words[] = {
	{ "plain-1.2:3/4", false, "plain-1.2:3/4" },
	{ "", false, "\"\"" },
	{ "a b", false, "\"a b\"" },
	{ "{", false, "\"{\"" },
	{ "#a", false, "\"#a\"" },
	{ "a;", false, "\"a;\"" },
	{ "say \"x\\y\"", false, "\"say \\\"x\\\\y\\\"\"" },
	{ "a\nb\001", true, "\"a\\nb\\x01\"" },
};

START_TEST(printed_words)
{
	struct buf b;

	buf_init(&b, 100);
	conf_print_word(&b, span_str(words[_i].text), words[_i].hand_over);
	ck_assert(span_is(buf_all(&b), words[_i].word));
	buf_free(&b);
}
END_TEST

static const struct {
	const char *rule, *contents;
	size_t n;
	mode_t mode;
	const char *text, *problem; /* one of them */
} secrets[] = {
	{ "owner only", "s3cret\n", 7, 0600, "s3cret", NULL },
	{ "group reads", "a\nb\r\n\n", 6, 0640, "a\nb", NULL },
	{ "all read", "x\n", 2, 0644, NULL, "read by everybody (mode 0644)" },
	{ "others read", "x\n", 2, 0604, NULL, "chmod 600 " },
	{ "group writes", "x\n", 2, 0660, NULL, "written by others" },
	{ "others write", "x\n", 2, 0602, NULL, "written by others" },
	{ "empty", "\n", 1, 0600, NULL, "is empty" },
	{ "NUL", "a\0b", 3, 0600, NULL, "holds a NUL byte" },
};

START_TEST(secret_files)
{
	char path[] = "/tmp/conf_value_test.XXXXXX";
	struct conf_problem p = { .at = 0 };
	const char *text = NULL;
	int fd = mkstemp(path);
	enum conf_secret got;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, secrets[_i].contents, secrets[_i].n), (ssize_t)secrets[_i].n);
	ck_assert_int_eq(fchmod(fd, secrets[_i].mode), 0);
	close(fd);
	got = conf_secret_read(path, arena, &text, &p);
	unlink(path);
	ck_assert_int_eq(got, secrets[_i].text != NULL ? CONF_SECRET_READ : CONF_SECRET_BAD);
	if (secrets[_i].text != NULL)
		ck_assert_str_eq(text, secrets[_i].text);
	else
		ck_assert_msg(strstr(p.what.text, secrets[_i].problem) != NULL ||
				  strstr(p.remedy.text, secrets[_i].problem) != NULL,
		    "%s: %s", secrets[_i].rule, p.what.text);
}
END_TEST

START_TEST(secret_file_missing)
{
	struct conf_problem p = { .at = 0 };
	const char *text;

	ck_assert_int_eq(
	    conf_secret_read("/nonexistent/secret", arena, &text, &p), CONF_SECRET_BAD);
	ck_assert_ptr_nonnull(strstr(p.what.text, "No such file"));
	ck_assert_int_eq(conf_secret_read("/dev/null", arena, &text, &p), CONF_SECRET_BAD);
	ck_assert_ptr_nonnull(strstr(p.what.text, "not a regular file"));
}
END_TEST

static const struct {
	const char *a, *b;
	unsigned far;
} distances[] = {
	{ "connections", "connections", 0 },
	{ "conections", "connections", 1 },
	{ "ab", "ba", 1 },
	{ "", "abc", 3 },
	{ "kitten", "sitting", 3 },
};

START_TEST(distance)
{
	ck_assert_uint_eq(
	    conf_distance(span_str(distances[_i].a), span_str(distances[_i].b)), distances[_i].far);
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, sizeof(table) / sizeof(table[0]))

int
main(void)
{
	Suite *s = suite_create("conf_value");
	TCase *t = tcase_create("value");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	LOOP(t, values, cases);
	LOOP(t, range, ranges);
	LOOP(t, network_has, members);
	LOOP(t, printed_words, words);
	LOOP(t, secret_files, secrets);
	LOOP(t, distance, distances);
	tcase_add_test(t, addresses);
	tcase_add_test(t, secret_file_missing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
