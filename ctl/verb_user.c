#include "changed.h"
#include "table.h"
#include "users_file.h"
#include "verb.h"
#include "whole_file.h"

#include <bsd/readpassphrase.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct args {
	const char *tenant, *password_file;
	bool no_reload;
};

static const struct opt opts[] = {
	{ "tenant", 't', OPT_TEXT, offsetof(struct args, tenant), "NAME",
	    "whose mail this login sends (needed by add)" },
	{ "password-file", 'p', OPT_TEXT, offsetof(struct args, password_file), "FILE",
	    "its first line is the password; - is standard input" },
	{ "no-reload", 0, OPT_FLAG, offsetof(struct args, no_reload), NULL,
	    "do not tell a house that runs" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static int
first_line(FILE *in, char password[PASSWORD_BYTES], struct err *err)
{
	bool got = fgets(password, PASSWORD_BYTES, in) != NULL;

	if (got)
		password[strcspn(password, "\r\n")] = '\0';
	return got ? 0 : err_set(err, "there is no password");
}

static int
asked(char password[PASSWORD_BYTES], struct err *err)
{
	char again[PASSWORD_BYTES];
	bool same;

	if (readpassphrase("Password: ", password, PASSWORD_BYTES, RPP_REQUIRE_TTY) == NULL ||
	    readpassphrase("Again: ", again, sizeof(again), RPP_REQUIRE_TTY) == NULL)
		return err_set(err, "cannot ask for the password here: --password-file names a "
				    "file, or - for standard input");
	same = strcmp(password, again) == 0;
	explicit_bzero(again, sizeof(again));
	return same ? 0 : err_set(err, "the two differ");
}

static int
password_get(const struct args *args, char password[PASSWORD_BYTES], struct err *err)
{
	FILE *in;
	int got;

	if (args->password_file == NULL)
		got =
		    isatty(STDIN_FILENO) ? asked(password, err) : first_line(stdin, password, err);
	else if (strcmp(args->password_file, "-") == 0)
		got = first_line(stdin, password, err);
	else {
		in = fopen(args->password_file, "re");
		if (in == NULL)
			return err_sys(err, "read %s", args->password_file);
		got = first_line(in, password, err);
		fclose(in);
	}
	if (got == 0 && password[0] == '\0')
		return err_set(err, "the password is empty");
	return got;
}

static int
store(struct ctl *c, const struct user *u, bool *was, struct err *err)
{
	const char *path = ctl_path(c, "users");
	struct buf text, fresh;
	int done, lock = whole_lock(path, err);

	if (lock == -1)
		return -1;
	buf_init(&text, USERS_BYTES);
	buf_init(&fresh, USERS_BYTES);
	done = whole_read(path, &text, err);
	if (done == 0)
		*was = users_set(buf_all(&text), u, &fresh);
	if (done == 0 && buf_over(&fresh))
		done = err_set(err, "%s would be larger than %d bytes", path, USERS_BYTES);
	if (done == 0 && (*was || u->hash.n > 0))
		done = whole_write(path, buf_all(&fresh), err);
	buf_free(&text);
	buf_free(&fresh);
	close(lock);
	return done;
}

static int
add(struct ctl *c, const struct args *args, const char *login)
{
	struct user u = { .login = span_str(login), .tenant = span_str(args->tenant) };
	char password[PASSWORD_BYTES] = "";
	struct err err = { "" };
	struct buf hash;
	bool was = false;
	int done;

	if (users_word_check("login", u.login, &err) == -1 ||
	    users_word_check("tenant", u.tenant, &err) == -1)
		return ctl_fail(2, "%s (posthouse user add LOGIN --tenant NAME)", err.text);
	if (conf_find(conf_top(ctl_conf(c)), "tenant", u.tenant) == NULL)
		return ctl_fail(1, "%s has no block tenant %s", c->conf_path, args->tenant);
	buf_init(&hash, 1024);
	done = password_get(args, password, &err);
	if (done == 0)
		done = users_hash(password, &hash, &err);
	explicit_bzero(password, sizeof(password));
	u.hash = buf_all(&hash);
	if (done == 0)
		done = store(c, &u, &was, &err);
	buf_free(&hash);
	if (done == -1)
		return ctl_fail(1, "%s", err.text);
	printf("%s %s, sends as tenant %s.\n", login, was ? "has a new password" : "may log in",
	    args->tenant);
	return changed_reload(c, "logins changed", args->no_reload);
}

static int
rm(struct ctl *c, const struct args *args, const char *login)
{
	struct user u = { .login = span_str(login) };
	struct err err = { "" };
	bool was = false;

	if (store(c, &u, &was, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	if (!was)
		return ctl_fail(1, "there is no login %s", login);
	printf("%s may not log in any more.\n", login);
	return changed_reload(c, "logins changed", args->no_reload);
}

static size_t
rows_json(struct span text)
{
	struct user u;
	size_t rows = 0;

	for (; users_next(&text, &u); rows++) {
		json_t *row = json_pack(
		    "{ss%ss%}", "login", u.login.p, u.login.n, "tenant", u.tenant.p, u.tenant.n);

		json_dumpf(row, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(row);
	}
	return rows;
}

static size_t
rows_table(struct span text)
{
	static const struct table_column columns[] = { { "LOGIN", false }, { "TENANT", false } };
	struct table *t = table_new(columns, 2, ctl_colour(), stdout);
	struct user u;

	while (users_next(&text, &u)) {
		table_cell(t, u.login);
		table_cell(t, u.tenant);
	}
	return table_end(t);
}

static int
list(struct ctl *c, const struct args *args, const char *unused)
{
	struct err err = { "" };
	struct buf text;
	size_t rows = 0;
	int done;

	(void)args;
	(void)unused;
	buf_init(&text, USERS_BYTES);
	done = whole_read(ctl_path(c, "users"), &text, &err);
	if (done == 0)
		rows = c->json ? rows_json(buf_all(&text)) : rows_table(buf_all(&text));
	buf_free(&text);
	if (done == -1)
		return ctl_fail(1, "%s", err.text);
	if (rows == 0 && !c->json)
		puts("Nobody may log in yet.");
	return rows == 0;
}

static const struct sub {
	const char *name;
	int words;
	int (*run)(struct ctl *, const struct args *, const char *login);
} subs[] = { { "add", 2, add }, { "rm", 2, rm }, { "list", 1, list } };

static int
user(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL, NULL, false };
	int n = verb_words(c, v, &args, argc, argv, 1, 2);

	for (unsigned i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(argv[0], subs[i].name) == 0 && n == subs[i].words)
			return subs[i].run(c, &args, n > 1 ? argv[1] : NULL);
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_user = { .name = "user",
	.words = "add LOGIN --tenant NAME [--password-file FILE] | rm LOGIN | list",
	.help = "Write the file of logins; a house that runs takes it at once.",
	.opts = opts,
	.run = user };
