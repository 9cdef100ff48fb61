#include "conf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct conf_setting site_settings[] = {
	{ .name = "connections",
	    .type = CONF_NUMBER,
	    .def = "20",
	    .min = 1,
	    .max = 1000,
	    .help = "Connections at most." },
	{ .name = "rate", .type = CONF_RATE, .help = "Messages. Without it, no limit." },
	{ .name = "mx", .type = CONF_GLOB, .list = true, .help = "Names of its servers." },
	{ .name = "reply", .type = CONF_REGEX, .help = "What its replies look like." },
	{ 0 },
};
static const struct conf_setting listener_settings[] = {
	{ .name = "address", .type = CONF_ADDRESS, .required = true, .help = "Where." },
	{ .name = "tls",
	    .type = CONF_CHOICE,
	    .choices = "none may must",
	    .def = "may",
	    .help = "Whether TLS is used." },
	{ .name = "from",
	    .type = CONF_NETWORK,
	    .list = true,
	    .def = "127.0.0.0/8 ::1",
	    .help = "Who may relay." },
	{ 0 },
};
static const struct conf_setting tracking_settings[] = {
	{ .name = "enabled", .type = CONF_BOOL, .def = "no", .help = "Whether links are tracked." },
	{ .name = "password", .type = CONF_SECRET, .help = "For the console." },
	{ .name = "domain", .type = CONF_DOMAIN, .help = "Of the links." },
	{ 0 },
};
static const struct conf_setting top_settings[] = {
	{ .name = "spool", .type = CONF_PATH, .def = "spool", .restart = true, .help = "Folder." },
	{ .name = "hostname", .type = CONF_DOMAIN, .help = "Own name." },
	{ .name = "greeting", .type = CONF_STRING, .def = "\"ready to go\"", .help = "Text." },
	{ .name = "idle-timeout",
	    .type = CONF_DURATION,
	    .def = "5m",
	    .min = 10,
	    .max = 3600,
	    .help = "Time." },
	{ .name = "memory", .type = CONF_SIZE, .def = "256K", .min = 65536, .help = "Memory." },
	{ 0 },
};

static void
site_check(struct conf *c, const struct conf_block *b)
{
	if (conf_num(b, "connections") == 13)
		conf_complain(c, b, "connections", "%s brings bad luck\ntake 14", conf_name(b));
	if (conf_is_set(b, "mx") && conf_find(conf_top(c), "site", SPAN_LIT("last")) == NULL)
		conf_complain(c, b, NULL, "no last site");
}

static const struct conf_table site = { .name = "site",
	.named = true,
	.help = "A site.",
	.settings = site_settings,
	.check = site_check,
	.roles = 2 };
static const struct conf_table listener = { .name = "listener",
	.named = true,
	.help = "A door.",
	.settings = listener_settings,
	.roles = 1 };
static const struct conf_table tracking = {
	.name = "tracking", .single = true, .help = "Tracking.", .settings = tracking_settings
};
static const struct conf_table *const blocks[] = { &site, &listener, &tracking, NULL };
static const struct conf_table top = { .settings = top_settings, .blocks = blocks };

static char messages[64 * 1024];

static struct conf *
read_text(const char *text)
{
	struct conf *c = conf_read_text(&top, "t.conf", span_str(text));
	struct span m = conf_messages(c);

	ck_assert_uint_lt(m.n, sizeof(messages));
	memcpy(messages, m.n == 0 ? "" : m.p, m.n);
	messages[m.n] = '\0';
	return c;
}

static struct conf *
read_good(const char *text)
{
	struct conf *c = read_text(text);

	ck_assert_msg(conf_errors(c) == 0, "%s", messages);
	return c;
}

/* Each broken in one way: one error, at that place, with these two pieces in its message. */
static const struct {
	const char *rule, *text, *place, *what, *remedy;
} broken[] = {
	{ "unknown setting", "site \"google\" {\n    conections 20\n}\n", ":2:5: error: ",
	    "unknown setting \"conections\" in site \"google\"", "did you mean \"connections\"?" },
	{ "unknown at the top", "spol /x\n", ":1:1: ", "unknown setting \"spol\"\n",
	    "did you mean \"spool\"?" },
	{ "nothing is like it", "zzzzzzz 1\n", ":1:1: ", "unknown setting", "see the manual" },
	{ "belongs in a block", "tls may\n", ":1:1: ", "unknown setting \"tls\"",
	    "it belongs in a block \"listener\"" },
	{ "belongs at the top", "tracking {\n\tspool /x\n}\n", ":2:2: ", "in tracking",
	    "outside of all blocks" },
	{ "unknown block", "sites x {\n\tanything {\n\t}\n\tat \"all\"\n}\n",
	    ":1:1: ", "unknown block \"sites\"", "did you mean \"site\"?" },
	{ "setting as a block", "spool {\n}\n", ":1:1: ", "is a setting, not a block", "braces" },
	{ "setting twice", "spool /a\nspool /b\n", ":2:1: ", "\"spool\" is set a second time",
	    "delete it, or the one at t.conf:1" },
	{ "block twice", "site a {\n}\nsite A {\n}\n", ":3:6: ", "a second site \"A\"",
	    "the first is at t.conf:1" },
	{ "single block twice", "tracking {\n}\ntracking {\n}\n",
	    ":3:1: ", "a second block \"tracking\"", "t.conf:1" },
	{ "required setting", "listener in {\n}\n", ":1:1: ",
	    "\"address\" is missing in listener \"in\"", "add \"address\": an address such as" },
	{ "below the range", "idle-timeout 5s\n", ":1:14: ", "idle-timeout is out of range",
	    "takes a duration, 10s to 1h" },
	{ "above the range", "site a { connections 1001 }\n", ":1:22: ", "out of range",
	    "a number, 1 to 1000" },
	{ "size below", "memory 1K\n", ":1:8: ", "out of range", "a size, at least 64K bytes" },
	{ "no value", "spool\n", ":1:1: ", "\"spool\" without a value", "it takes a path" },
	{ "two values", "greeting hello there\n", ":1:16: ", "takes one value", "put quotes" },
	{ "equals sign", "spool = /x\n", ":1:7: ", "\"=\" behind \"spool\"", "right behind" },
	{ "semicolon", "spool /x;\n", ":1:7: ", "\";\" at the end", "leave it out" },
	{ "block without a name", "site {\n}\n", ":1:1: ", "without a name", "write: site NAME {" },
	{ "block with an empty name", "site \"\" {\n}\n", ":1:6: ", "a name of 0 bytes", "write" },
	{ "block with two names", "site a b {\n}\n", ":1:8: ", "takes one name", "site NAME {" },
	{ "block that has no name", "tracking x {\n}\n", ":1:10: ", "takes no name",
	    "write: tracking {" },
	{ "block without a brace", "tracking\nspool /x\n", ":1:1: ", "without \"{\"",
	    "at the end of this line" },
	{ "brace on the next line", "site a\n{\n\tmx x\n}\nsite last {\n}\n",
	    ":1:1: ", "block \"site\" without \"{\"", "at the end of this line" },
	{ "block not closed", "site a {\n", ":1:1: ", "block \"site\" is not closed", "end it" },
	{ "brace too many", "spool /x\n}\n", ":2:1: ", "\"}\" without a block", "delete it" },
	{ "brace of nobody", "{\n\tx y\n}\n", ":1:1: ", "\"{\" without a block", "name before" },
	{ "control byte", "spool /x\001\n", ":1:9: ", "control byte 0x01", "delete it" },
	{ "quote not closed", "greeting \"x\n", ":1:10: ", "not closed on its line",
	    "end it with" },
	{ "regex", "site a {\n\treply \"^4(2\"\n}\n", ":2:13: ", "expression of reply is broken",
	    "missing closing parenthesis" },
	{ "choice", "listener in {\n\taddress *:25\n\ttls mus\n}\n",
	    ":3:6: ", "\"mus\" is no choice of tls", "one of: none may must" },
	{ "include in a text", "include x\n", ":1:9: ", "no file", "include works in files alone" },
	{ "include without a pattern", "include\n", ":1:1: ", "one file", "include conf.d" },
	{ "a table's check", "site a {\n\tconnections 13\n}\n", ":2:14: ", "a brings bad luck\n",
	    "take 14" },
	{ "a check of the whole", "site a {\n\tmx b\n}\n", ":1:1: ", "no last site", "" },
	{ "one of a list", "listener in {\n\taddress *:25\n\tfrom ::1 10.0.0.1/8\n}\n",
	    ":3:11: ", "bits set", "the network is 10.0.0.0/8" },
};

START_TEST(broken_texts)
{
	char place[32];
	struct conf *c = read_text(broken[_i].text);

	snprintf(place, sizeof(place), "t.conf%s", broken[_i].place);
	ck_assert_msg(
	    conf_errors(c) == 1, "%s: %u errors:\n%s", broken[_i].rule, conf_errors(c), messages);
	ck_assert_msg(strncmp(messages, place, strlen(place)) == 0 &&
			  strstr(messages, broken[_i].what) != NULL &&
			  strstr(messages, broken[_i].remedy) != NULL,
	    "%s:\n%s", broken[_i].rule, messages);
	conf_free(c);
}
END_TEST

/* The look that DESIGN.md section 9 promises, to the byte. */
START_TEST(the_look)
{
	conf_free(read_text("\nsite google {\n    conections 20\n\t\xc3\xbc\tconnections x\n}\n"));
	ck_assert_str_eq(messages,
	    "t.conf:3:5: error: unknown setting \"conections\" in site \"google\"\n"
	    "    3 |     conections 20\n"
	    "      |     ^~~~~~~~~~ did you mean \"connections\"?\n"
	    "t.conf:4:2: error: unknown setting \"\xc3\xbc\" in site \"google\"\n"
	    "    4 | \t\xc3\xbc\tconnections x\n"
	    "      | \t^ see the manual for what may stand here\n");
}
END_TEST

START_TEST(all_errors_at_once)
{
	char text[4096] = "";
	struct conf *c;
	size_t shown = 0;

	for (int i = 0; i < 30; i++)
		strcat(text, "zzzzz 1\n");
	c = read_text(text);
	ck_assert_uint_eq(conf_errors(c), 30);
	for (const char *p = messages; (p = strstr(p, ": error: ")) != NULL; p++)
		shown++;
	ck_assert_uint_eq(shown, 20);
	ck_assert_ptr_nonnull(strstr(messages, "\nmore errors than these 20"));
	conf_free(c);
}
END_TEST

START_TEST(long_line)
{
	static char text[6000];

	memset(text, 'a', 5000);
	conf_free(read_text(text));
	ck_assert_ptr_nonnull(strstr(messages, "line of 5000 bytes, 4096 at most"));
	ck_assert_uint_lt(strlen(messages), 400);
	memset(text, ' ', 2000);
	memcpy(text, "memory", 6);
	text[2010] = '\0';
	conf_free(read_text(text));
	ck_assert_ptr_nonnull(strstr(messages, "t.conf:1:2001: "));
	ck_assert_uint_lt(strlen(messages), 500);
}
END_TEST

START_TEST(secrets_are_not_repeated)
{
	static const char *const texts[] = {
		"tracking {\n\tpassword hunter2 hunter2\n}\n",
		"tracking {\n\tpassword \"hunter2\n}\n",
		"tracking {\n\tpassword hunter2\"\n}\n",
		"tracking {\n\tpassword hunter2;\n}\n",
		"tracking {\n\tpassword hunter2\n\tpassword hunter2\n}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		conf_free(read_text(texts[i]));
		ck_assert_str_ne(messages, "");
		ck_assert_msg(strstr(messages, "hunter") == NULL, "%s", messages);
	}
}
END_TEST

static const char good[] = "spool /var/spool\n"
			   "hostname Mail.Example.com  # ours\n"
			   "idle-timeout 90s\n"
			   "site last { connections 5 }\n"
			   "listener in {\n"
			   "\taddress 127.0.0.1:2525\n"
			   "\tfrom 10.0.0.0/8 192.0.2.0/24\n"
			   "\tfrom 2001:db8::/32\n"
			   "}\n"
			   "site \"big one\" {\n"
			   "\tmx *.google.com *.goog\n"
			   "\treply \"^4\\.7 \\\"x\\\"\"\n"
			   "\trate 100/min\n"
			   "}\n"
			   "tracking {\n"
			   "\tenabled yes\n"
			   "\tpassword \"file it\"\n"
			   "}\n";

START_TEST(values)
{
	struct conf *c = read_good(good);
	const struct conf_block *t = conf_top(c), *in = conf_first(t, "listener"), *b;

	ck_assert_str_eq(conf_str(t, "spool"), "/var/spool");
	ck_assert_str_eq(conf_str(t, "hostname"), "mail.example.com");
	ck_assert_str_eq(conf_str(t, "greeting"), "ready to go");
	ck_assert_uint_eq(conf_num(t, "idle-timeout"), 90);
	ck_assert_uint_eq(conf_num(t, "memory"), 256 * 1024);
	ck_assert(conf_is_set(t, "spool") && !conf_is_set(t, "memory"));
	ck_assert_uint_eq(conf_place(t, "memory").line, 0);
	ck_assert_uint_eq(conf_place(t, "idle-timeout").line, 3);
	ck_assert_uint_eq(conf_place(t, "idle-timeout").column, 14);
	ck_assert_str_eq(conf_str(in, "tls"), "may");
	ck_assert_uint_eq(conf_count(in, "from"), 3);
	ck_assert_int_eq(conf_network_at(in, "from", 2)->ip.family, AF_INET6);
	ck_assert_uint_eq(conf_address_at(in, "address", 0)->len, sizeof(struct sockaddr_in));
	b = conf_first(t, "site");
	ck_assert_str_eq(conf_name(b), "last");
	ck_assert_uint_eq(conf_rate(b, "rate").count, 0);
	ck_assert_uint_eq(conf_count(b, "mx"), 0);
	b = conf_next(b);
	ck_assert_uint_eq(conf_block_place(b).line, 10);
	ck_assert_ptr_eq(b, conf_find(t, "site", SPAN_LIT("BIG ONE")));
	ck_assert_ptr_null(conf_next(b));
	ck_assert_ptr_null(conf_find(t, "site", SPAN_LIT("small")));
	ck_assert_str_eq(conf_str_at(b, "mx", 1), "*.goog");
	ck_assert_str_eq(conf_str(b, "reply"), "^4\\.7 \"x\"");
	ck_assert_uint_eq(conf_rate(b, "rate").per_s, 60);
	ck_assert(conf_bool(conf_first(t, "tracking"), "enabled"));
	ck_assert_str_eq(conf_str(conf_first(t, "tracking"), "password"), "file it");
	conf_free(c);
}
END_TEST

static struct buf
shown(const struct conf *c, enum conf_show form, conf_roles roles)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	conf_show(c, form, roles, &b);
	buf_byte(&b, '\0');
	b.n--;
	return b;
}

START_TEST(show_set)
{
	struct conf *c = read_good(good), *again;
	struct buf a = shown(c, CONF_SHOW_SET, 0), b;

	ck_assert_ptr_nonnull(strstr(a.p, "idle-timeout 1m30s\nsite last {\n\tconnections 5\n}\n"));
	ck_assert_ptr_nonnull(
	    strstr(a.p, "\tfrom 10.0.0.0/8 192.0.2.0/24\n\tfrom 2001:db8::/32\n"));
	ck_assert_ptr_nonnull(strstr(a.p, "\treply \"^4\\\\.7 \\\"x\\\"\"\n"));
	ck_assert_ptr_nonnull(strstr(a.p, "\t# password is set, and not shown\n"));
	ck_assert_ptr_null(strstr(a.p, "memory"));
	again = read_good(a.p);
	b = shown(again, CONF_SHOW_SET, 0);
	ck_assert_ptr_null(strstr(b.p, "password"));
	ck_assert_uint_gt(b.n, 200);
	conf_free(again);
	conf_free(c);
	buf_free(&a);
	buf_free(&b);
}
END_TEST

START_TEST(show_defaults_and_origin)
{
	struct conf *c = read_good(good);
	struct buf a = shown(c, CONF_SHOW_DEFAULTS, 0), b = shown(c, CONF_SHOW_ORIGIN, 0);

	ck_assert_ptr_nonnull(strstr(a.p, "greeting \"ready to go\"\n"));
	ck_assert_ptr_nonnull(strstr(a.p, "memory 256K\n"));
	ck_assert_ptr_nonnull(strstr(b.p, "idle-timeout 1m30s  # t.conf:3\n"));
	ck_assert_ptr_nonnull(strstr(b.p, "listener in {  # t.conf:5\n"));
	conf_free(read_good(b.p));
	conf_free(c);
	buf_free(&a);
	buf_free(&b);
}
END_TEST

START_TEST(hand_over_round_trip)
{
	struct conf *c = read_good(good), *role;
	struct buf a = shown(c, CONF_SHOW_HAND_OVER, 0), b;
	const struct conf_block *in;

	role = conf_read_text(&top, "handed", buf_all(&a));
	ck_assert_uint_eq(conf_errors(role), 0);
	b = shown(role, CONF_SHOW_HAND_OVER, 0);
	ck_assert_str_eq(a.p, b.p);
	in = conf_first(conf_top(role), "listener");
	ck_assert_str_eq(conf_place(in, "from").file, "t.conf");
	ck_assert_uint_eq(conf_place(in, "from").line, 7);
	ck_assert_uint_eq(conf_place(in, "from").column, 7);
	ck_assert_uint_eq(conf_block_place(in).line, 5);
	ck_assert_str_eq(conf_str(conf_first(conf_top(role), "tracking"), "password"), "file it");
	conf_complain(role, in, "from", "too wide");
	ck_assert(span_is(conf_messages(role), "t.conf:7:7: error: too wide\n"));
	conf_free(role);
	conf_free(c);
	buf_free(&a);
	buf_free(&b);
}
END_TEST

/* As they stand between quotes. */
static const char *const words[] = { "=", "==", "=x", "{", "}", "{}", "#", "#x", "x;", ";", "a b",
	"\\\"", "\\\\", "include", "file:x", "\xc3\xbc" };

START_TEST(a_word_is_shown_so_that_it_reads_the_same)
{
	char text[200];
	struct conf *c, *again;
	struct buf shows;

	snprintf(text, sizeof(text), "greeting \"%s\"\nsite last {\n\tmx a \"%s\"\n}\n", words[_i],
	    words[_i]);
	c = read_good(text);
	for (int form = CONF_SHOW_SET; form <= CONF_SHOW_KEEP; form++) {
		shows = shown(c, (enum conf_show)form, 0);
		again = conf_read_text(&top, "again", buf_all(&shows));
		ck_assert_msg(conf_errors(again) == 0, "%s", shows.p);
		ck_assert_str_eq(
		    conf_str(conf_top(again), "greeting"), conf_str(conf_top(c), "greeting"));
		ck_assert_str_eq(conf_str_at(conf_first(conf_top(again), "site"), "mx", 1),
		    conf_str_at(conf_first(conf_top(c), "site"), "mx", 1));
		conf_free(again);
		buf_free(&shows);
	}
	conf_free(c);
}
END_TEST

START_TEST(hand_over_by_role)
{
	struct conf *c = read_good(good), *role;
	struct buf a = shown(c, CONF_SHOW_HAND_OVER, 2);

	role = conf_read_text(&top, "handed", buf_all(&a));
	ck_assert_uint_eq(conf_errors(role), 0);
	ck_assert_ptr_null(conf_first(conf_top(role), "listener"));
	ck_assert_ptr_nonnull(conf_first(conf_top(role), "site"));
	ck_assert_ptr_nonnull(conf_first(conf_top(role), "tracking"));
	conf_free(role);
	conf_free(c);
	buf_free(&a);
}
END_TEST

START_TEST(secret_withheld_at_hand_over)
{
	struct conf *c = conf_read_text(&top, "handed",
	    SPAN_LIT(
		"#@ handed over: /etc\t/etc/p.conf\ntracking {\n#@ 9 2 /etc/p.conf\n\tpassword\n"
		"}\n"));

	ck_assert_uint_eq(conf_errors(c), 1);
	ck_assert(span_starts(conf_messages(c),
	    "/etc/p.conf:9:2: error: the secret of \"password\" could not be read"));
	conf_free(c);
}
END_TEST

/* A folder of files of our own. */
static char folder[64];

static void
put(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void
folder_make(void)
{
	char sub[128];

	strcpy(folder, "/tmp/conf_read_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(sub, sizeof(sub), "%s/d", folder);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
}

static void
folder_remove(void)
{
	static const char *const names[] = { "m", "d/a.conf", "d/b.conf", "d/secret", "d", "" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
}

static struct conf *
read_main(void)
{
	char path[128];
	struct conf *c;
	struct span m;

	snprintf(path, sizeof(path), "%s/m", folder);
	c = conf_read(&top, path);
	m = conf_messages(c);
	memcpy(messages, m.n == 0 ? "" : m.p, m.n);
	messages[m.n] = '\0';
	return c;
}

START_TEST(includes_sorted)
{
	const struct conf_block *b;
	char text[128];
	struct conf *c;

	put("m", "include d/*.conf\ninclude none/*.conf\n", 0644);
	put("d/b.conf", "site b {\n}\n", 0644);
	put("d/a.conf", "spool keep\nsite a {\n\tconnections 7\n}\n", 0644);
	c = read_main();
	ck_assert_msg(conf_errors(c) == 0, "%s", messages);
	b = conf_first(conf_top(c), "site");
	ck_assert_str_eq(conf_name(b), "a");
	ck_assert_str_eq(conf_name(conf_next(b)), "b");
	snprintf(text, sizeof(text), "%s/d/a.conf", folder);
	ck_assert_str_eq(conf_place(b, "connections").file, text);
	snprintf(text, sizeof(text), "%s/d/keep", folder);
	ck_assert_str_eq(conf_str(conf_top(c), "spool"), text);
	conf_free(c);
}
END_TEST

START_TEST(include_inside_a_block)
{
	struct conf *c;

	put("m", "site a {\n\tinclude d/a.conf\n}\n", 0644);
	put("d/a.conf", "connections 7\n}\n", 0644);
	c = read_main();
	ck_assert_uint_eq(conf_num(conf_first(conf_top(c), "site"), "connections"), 7);
	ck_assert_uint_eq(conf_errors(c), 1);
	ck_assert_ptr_nonnull(strstr(messages, "a.conf:2:1: error: \"}\" without a block"));
	conf_free(c);
}
END_TEST

static const struct {
	const char *rule, *text, *a, *what;
} includes[] = {
	{ "cycle", "include d/a.conf\n", "include ../m\n", "includes itself" },
	{ "itself", "include m\n", "", "m includes itself" },
	{ "missing file", "include d/c.conf\n", "", "m:1:9: error: there is no file d/c.conf" },
	{ "folder", "include d\n", "", "d is not a regular file" },
	{ "missing file of an included one", "include d/a.conf\n", "include c\n", "a.conf:1:9: " },
	{ "error in an included file", "include d/a.conf\n", "\n x y\n", "/d/a.conf:2:2: error: " },
};

START_TEST(broken_includes)
{
	struct conf *c;

	put("m", includes[_i].text, 0644);
	put("d/a.conf", includes[_i].a, 0644);
	c = read_main();
	ck_assert_msg(conf_errors(c) == 1, "%s: %s", includes[_i].rule, messages);
	ck_assert_msg(
	    strstr(messages, includes[_i].what) != NULL, "%s: %s", includes[_i].rule, messages);
	conf_free(c);
}
END_TEST

START_TEST(file_too_large)
{
	char path[128];
	struct conf *c;

	put("m", "", 0644);
	snprintf(path, sizeof(path), "%s/m", folder);
	ck_assert_int_eq(truncate(path, (256 << 20) + 1), 0);
	c = read_main();
	ck_assert_uint_eq(conf_errors(c), 1);
	ck_assert_ptr_nonnull(strstr(messages, "larger than 268435456 bytes"));
	conf_free(c);
}
END_TEST

START_TEST(main_file_missing)
{
	struct conf *c = conf_read(&top, "/nonexistent/posthouse.conf");

	ck_assert_uint_eq(conf_errors(c), 1);
	ck_assert(span_starts(conf_messages(c), "/nonexistent/posthouse.conf: error: cannot read"));
	conf_free(c);
}
END_TEST

START_TEST(secret_in_a_file)
{
	struct conf *c, *role;
	struct buf a, b;

	put("m", "tracking {\n\tpassword file:d/secret\n}\n", 0644);
	put("d/secret", "file:line \"1\"\nline\t2\n\n", 0600);
	c = read_main();
	ck_assert_msg(conf_errors(c) == 0, "%s", messages);
	a = shown(c, CONF_SHOW_SET, 0);
	ck_assert_ptr_nonnull(strstr(a.p, "\tpassword file:/tmp/conf_read_test."));
	b = shown(c, CONF_SHOW_HAND_OVER, 0);
	role = conf_read_text(&top, "handed", buf_all(&b));
	ck_assert_uint_eq(conf_errors(role), 0);
	ck_assert_str_eq(conf_str(conf_first(conf_top(role), "tracking"), "password"),
	    "file:line \"1\"\nline\t2");
	ck_assert_str_eq(conf_str(conf_top(role), "spool"), conf_str(conf_top(c), "spool"));
	conf_free(role);
	conf_free(c);
	buf_free(&a);
	buf_free(&b);
}
END_TEST

START_TEST(secret_open_to_all)
{
	struct conf *c;

	put("m", "tracking {\n\tpassword file:d/secret\n}\n", 0644);
	put("d/secret", "x\n", 0644);
	c = read_main();
	ck_assert_uint_eq(conf_errors(c), 1);
	ck_assert_ptr_nonnull(strstr(messages, "m:2:11: error: the secret in "));
	ck_assert_ptr_nonnull(strstr(messages, "chmod 600 /tmp/conf_read_test."));
	conf_free(c);
}
END_TEST

static const struct {
	const char *rule;
	struct conf_setting setting;
	const char *what; /* NULL: nothing is wrong */
} tables[] = {
	{ "fine", { "x", CONF_SIZE, "64K", 1, 0, NULL, .help = "It." }, NULL },
	{ "no default", { "x", CONF_SIZE, NULL, 1, 0, NULL, .help = "It." }, NULL },
	{ "list without values", { "x", CONF_GLOB, "", .list = true, .help = "It." }, NULL },
	{ "default does not parse", { "x", CONF_SIZE, "64Q", .help = "It." },
	    "\"64Q\" is no size" },
	{ "default out of range", { "x", CONF_NUMBER, "5", 6, 9, .help = "It." }, "out of range" },
	{ "default of two values", { "x", CONF_STRING, "a b", .help = "It." }, "more than one" },
	{ "default of no value", { "x", CONF_NUMBER, "", .help = "It." }, "no value" },
	{ "default not a choice", { "x", CONF_CHOICE, "c", 0, 0, "a b", .help = "It." }, "choice" },
	{ "choice without choices", { "x", CONF_CHOICE, NULL, .help = "It." }, "choices" },
	{ "required with a default", { "x", CONF_BOOL, "no", .required = true, .help = "It." },
	    "has no default" },
	{ "no help", { .name = "x", .type = CONF_BOOL }, "help" },
	{ "bad name", { "X y", CONF_BOOL, "no", .help = "It." }, "a name is" },
	{ "reserved name", { "include", CONF_BOOL, "no", .help = "It." }, "a name is" },
	{ "range of a text", { "x", CONF_STRING, NULL, 1, 2, .help = "It." }, "has no range" },
};

START_TEST(table_checks)
{
	struct conf_setting settings[2] = { tables[_i].setting, { 0 } };
	struct conf_table t = { .settings = settings };
	struct err err = { "" };
	int result = conf_table_check(&t, &err);

	ck_assert_msg(
	    (result == 0) == (tables[_i].what == NULL), "%s: %s", tables[_i].rule, err.text);
	if (result == -1)
		ck_assert_msg(
		    strstr(err.text, tables[_i].what) != NULL, "%s: %s", tables[_i].rule, err.text);
}
END_TEST

START_TEST(own_tables)
{
	struct err err = { "" };

	ck_assert_msg(conf_table_check(&top, &err) == 0, "%s", err.text);
}
END_TEST

START_TEST(described)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	conf_describe(&top, &b);
	buf_byte(&b, '\0');
	ck_assert_ptr_nonnull(strstr(b.p, ".It Ic idle-timeout Ar duration\nTime.\n"
					  "Range: 10s to 1h.\nDefault:\n.Ql 5m .\n"
					  "A reload takes a change.\n"));
	ck_assert_ptr_nonnull(strstr(b.p, ".Ss Block site\n.Ic site Ar name Brq ...\n"));
	ck_assert_ptr_nonnull(strstr(b.p, "Messages.\nWithout it, no limit.\n"));
	ck_assert_ptr_nonnull(strstr(b.p, "One of\n.Cm none ,\n.Cm may ,\n.Cm must .\n"));
	ck_assert_ptr_nonnull(strstr(b.p, "A change needs a restart.\n"));
	buf_free(&b);
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, sizeof(table) / sizeof(table[0]))

static TCase *
text_cases(void)
{
	TCase *t = tcase_create("text");

	LOOP(t, broken_texts, broken);
	LOOP(t, table_checks, tables);
	tcase_add_test(t, the_look);
	tcase_add_test(t, all_errors_at_once);
	tcase_add_test(t, long_line);
	tcase_add_test(t, secrets_are_not_repeated);
	tcase_add_test(t, values);
	tcase_add_test(t, show_set);
	tcase_add_test(t, show_defaults_and_origin);
	tcase_add_test(t, hand_over_round_trip);
	tcase_add_loop_test(
	    t, a_word_is_shown_so_that_it_reads_the_same, 0, sizeof(words) / sizeof(words[0]));
	tcase_add_test(t, hand_over_by_role);
	tcase_add_test(t, secret_withheld_at_hand_over);
	tcase_add_test(t, main_file_missing);
	tcase_add_test(t, own_tables);
	tcase_add_test(t, described);
	return t;
}

static TCase *
file_cases(void)
{
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, folder_make, folder_remove);
	LOOP(t, broken_includes, includes);
	tcase_add_test(t, includes_sorted);
	tcase_add_test(t, include_inside_a_block);
	tcase_add_test(t, file_too_large);
	tcase_add_test(t, secret_in_a_file);
	tcase_add_test(t, secret_open_to_all);
	return t;
}

int
main(void)
{
	Suite *s = suite_create("conf_read");
	SRunner *r;
	int failed;

	suite_add_tcase(s, text_cases());
	suite_add_tcase(s, file_cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
