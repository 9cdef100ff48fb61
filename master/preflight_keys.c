#include "dkim_key.h"
#include "err.h"
#include "key_ring.h"
#include "preflight.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20, PATH_BYTES = 4400 };

/* Whole, at most 1 MB; what this process may not read is passed over where it is not root: 1. */
static int
file_text(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r = 0;
	struct stat st;
	ssize_t n = 1;
	char *room;

	if (fd == -1)
		return errno == EACCES && geteuid() != 0 ? 1 : err_sys(err, "cannot read %s", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		r = err_set(err, "%s is not a regular file", path);
	while (r == 0 && n > 0) {
		room = buf_room(out, 4096);
		if (room == NULL)
			r = err_set(err, "%s is larger than 1 MB", path);
		else if ((n = read(fd, room, 4096)) == -1)
			r = err_sys(err, "cannot read %s", path);
		else
			buf_grew(out, (size_t)n);
	}
	close(fd);
	if (r == 0 && span_trim(buf_all(out)).n == 0)
		r = err_set(err, "%s is empty", path);
	return r;
}

static int
no_password(char *buf, int size, int writing, void *ctx)
{
	(void)buf, (void)size, (void)writing, (void)ctx;
	return -1; /* nobody is there to type one */
}

static X509 *
certificate_read(struct span text)
{
	BIO *in = BIO_new_mem_buf(text.p, (int)text.n);
	X509 *x = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, no_password, NULL);

	BIO_free(in);
	return x;
}

static EVP_PKEY *
key_read(struct span text)
{
	BIO *in = BIO_new_mem_buf(text.p, (int)text.n);
	EVP_PKEY *k = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);

	BIO_free(in);
	return k;
}

static void
pair_check(struct conf *conf, const struct conf_block *b, X509 *x)
{
	struct span text = span_str(conf_str(b, "tls-key"));
	EVP_PKEY *k;

	if (text.n == 0)
		return; /* it is missing, which is told already; or this process may not read it */
	k = key_read(text);
	if (k == NULL)
		conf_complain(conf, b, "tls-key",
		    "there is no private key in it, or it needs a password\n"
		    "give the key in PEM, without a password: file:PATH");
	else if (x != NULL && X509_check_private_key(x, k) != 1)
		conf_complain(conf, b, "tls-key",
		    "the key is not that of the certificate %s\nname the key that belongs to it",
		    conf_str(b, "tls-certificate"));
	EVP_PKEY_free(k);
}

static void
listener_keys(struct conf *conf, const struct conf_block *b)
{
	struct buf text;
	struct err err;
	X509 *x = NULL;
	int r;

	if (!conf_is_set(b, "tls-certificate"))
		return;
	buf_init(&text, FILE_BYTES);
	r = file_text(conf_str(b, "tls-certificate"), &text, &err);
	if (r == -1)
		conf_complain(conf, b, "tls-certificate", "%s", err.text);
	else if (r == 0 && (x = certificate_read(buf_all(&text))) == NULL)
		conf_complain(conf, b, "tls-certificate",
		    "there is no certificate in %s\ngive it in PEM, and its chain behind it",
		    conf_str(b, "tls-certificate"));
	pair_check(conf, b, x);
	X509_free(x);
	buf_free(&text);
	ERR_clear_error();
}

/* ---- keys in the folder of keys ---- */

/* tracking.key, bounce.key: where one is missing, a start makes it. */
static void
ring_check(struct conf *conf, const char *file, unsigned id_max)
{
	const struct conf_block *top = conf_top(conf);
	struct key_ring *ring = calloc(1, sizeof(*ring));
	char path[PATH_BYTES];
	struct buf text;
	struct err err = { "" };
	int r;

	if (ring == NULL)
		fatal("out of memory for keys");
	snprintf(path, sizeof(path), "%s/%s", conf_str(top, "keys"), file);
	buf_init(&text, FILE_BYTES);
	r = access(path, F_OK) == -1 ? 1 : file_text(path, &text, &err);
	if (r == 0 && key_ring_read(ring, buf_all(&text), id_max, &err) == -1) {
		err_context(&err, "%s", path);
		r = -1;
	}
	if (r == -1)
		conf_complain(conf, top, "keys", "%s", err.text);
	explicit_bzero(ring, sizeof(*ring));
	free(ring);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
}

static void
dkim_key_check(struct conf *conf, const char *path)
{
	struct dkim_key *k = NULL;
	struct buf text;
	struct err err;
	int r;

	buf_init(&text, FILE_BYTES);
	r = file_text(path, &text, &err);
	if (r == 0 && (k = dkim_key_load(buf_all(&text), &err)) == NULL)
		r = err_context(&err, "%s", path);
	if (r == -1)
		conf_complain(conf, conf_top(conf), "keys", "%s", err.text);
	dkim_key_free(k);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
}

/* keys/dkim/TENANT/DOMAIN/SELECTOR.pem */
static void
dkim_walk(struct conf *conf, const char *folder, unsigned depth)
{
	DIR *dir = opendir(folder);
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		char path[PATH_BYTES];
		size_t n = strlen(d->d_name);

		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.4000s/%s", folder, d->d_name);
		if (depth < 2)
			dkim_walk(conf, path, depth + 1);
		else if (n > 4 && strcmp(d->d_name + n - 4, ".pem") == 0)
			dkim_key_check(conf, path);
	}
	if (dir != NULL)
		closedir(dir);
}

/* ---- logins ---- */

struct login {
	struct span name, tenant;
	unsigned line;
};

static int
by_name(const void *a, const void *b)
{
	const struct login *x = a, *y = b;
	int order = span_cmp(x->name, y->name);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void
logins_check(struct conf *conf, const char *path, struct login *list, size_t n)
{
	const struct conf_block *top = conf_top(conf);

	for (size_t i = 0; i < n; i++)
		if (conf_find(top, "tenant", list[i].tenant) == NULL)
			conf_complain(conf, top, "users",
			    "%s:%u: there is no tenant \"%.*s\", whose login \"%.*s\" is", path,
			    list[i].line, SPAN(span_first(list[i].tenant, 100)),
			    SPAN(span_first(list[i].name, 100)));
	if (n > 0)
		qsort(list, n, sizeof(*list), by_name);
	for (size_t i = 1; i < n; i++)
		if (span_eq(list[i].name, list[i - 1].name))
			conf_complain(conf, top, "users",
			    "%s:%u: the login \"%.*s\" is there twice, first in line %u", path,
			    list[i].line, SPAN(span_first(list[i].name, 100)), list[i - 1].line);
}

/* "login:tenant:hash" lines, as posthouse user writes them. */
static void
users_check(struct conf *conf)
{
	const char *path = conf_str(conf_top(conf), "users");
	struct span rest, line, name;
	struct login *list;
	unsigned line_no = 0;
	size_t n = 0;
	struct buf text;
	struct err err;

	buf_init(&text, 64 * FILE_BYTES);
	if (access(path, F_OK) == -1 || file_text(path, &text, &err) != 0) {
		buf_free(&text);
		return; /* no logins, or one that may not be read here: a start says so */
	}
	list = calloc(text.n / 4 + 1, sizeof(*list)); /* "a:b:" is the shortest line */
	if (list == NULL)
		fatal("out of memory for logins");
	for (rest = buf_all(&text); rest.n > 0;) {
		line = span_cut(rest, '\n', &rest);
		line_no++;
		name = span_cut(line, ':', &line);
		if (name.n == 0 || name.p[0] == '#' || span_find(line, ':') <= 0)
			continue;
		list[n++] = (struct login){ name, span_cut(line, ':', &line), line_no };
	}
	logins_check(conf, path, list, n);
	free(list);
	buf_free(&text);
}

void
preflight_keys(struct conf *conf, enum preflight how)
{
	char dkim[PATH_BYTES];

	for (const struct conf_block *b = conf_first(conf_top(conf), "listener"); b != NULL;
	     b = conf_next(b))
		listener_keys(conf, b);
	ring_check(conf, "tracking.key", TRACKING_KEY_ID_MAX);
	ring_check(conf, "bounce.key", BOUNCE_KEY_ID_MAX);
	if (how == PREFLIGHT_START)
		return; /* the rest may be much: its role looks at it, and refuses it */
	users_check(conf);
	snprintf(dkim, sizeof(dkim), "%.4000s/dkim", conf_str(conf_top(conf), "keys"));
	dkim_walk(conf, dkim, 0);
}
