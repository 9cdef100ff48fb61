#include "handout.h"
#include "err.h"
#include "event_files.h"
#include "handed.h"
#include "log.h"
#include "layout.h"
#include "proto_master.h"
#include "sockets.h"
#include "unix_socket.h"

#include "../trackd/trackd_conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_BYTES = 256 * 1024 * 1024, /* of one file of logins, rules or keys */
	READ_BYTES = 64 * 1024,
	/* Room for some 300 workers of smtpd, old ones that drain among them; what is not used costs nothing. */
	CLIENTS_BYTES = 40 * 1024 * 1024,
	DOING_BYTES = 4096,
	PATH_BYTES = 4096
};

/* What a child is handed: descriptors at once, texts in one file at the end. */
struct parcel {
	struct chan *chan;
	struct buf texts; /* handed.h */
};

/* A missing file is no text where that is allowed: no users yet, no rules of one's own. A key must be in a file of keys. */
enum file_kind { FILE_KEY, FILE_NEEDED, FILE_IF_THERE };

static void
give(struct chan *c, const char *name, int fd)
{
	master_give_put(c, &(struct master_give){ .name = span_str(name), .fd = fd });
}

static void
give_copy(void *ctx, const char *name, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy != -1)
		give(ctx, name, copy);
}

static int
give_folder(struct chan *c, const char *name, const struct conf *conf, const char *setting,
    enum role_kind owner, struct err *err)
{
	int fd = layout_folder(conf, setting, "", owner, err);

	if (fd == -1)
		return -1;
	give(c, name, fd);
	return 0;
}

static void
secret_text(struct parcel *p, const char *name, const char *text)
{
	handed_put(&p->texts, name, span_str(text));
}

/* A regular file, whole. -1: err names it; where it is missing, errno is ENOENT. */
static int
file_text(const char *path, struct buf *b, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r = 0;
	struct stat st;
	ssize_t n = 1;
	char *room;

	if (fd == -1 || fstat(fd, &st) == -1)
		r = err_sys(err, "open %s", path);
	else if (!S_ISREG(st.st_mode))
		r = err_set(err, "%s is not a regular file", path);
	while (r == 0 && n > 0) {
		room = buf_room(b, READ_BYTES);
		if (room == NULL)
			r = err_set(err, "%s is larger than %d MB", path, FILE_BYTES >> 20);
		else if ((n = read(fd, room, READ_BYTES)) == -1)
			r = err_sys(err, "read %s", path);
		else
			buf_grew(b, (size_t)n);
	}
	if (fd != -1)
		close(fd);
	return r;
}

static int
secret_file(
    struct parcel *p, const char *name, const char *path, enum file_kind kind, struct err *err)
{
	struct buf text;
	int r;

	if (kind == FILE_IF_THERE && access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	buf_init(&text, FILE_BYTES);
	r = file_text(path, &text, err);
	if (r == 0 && kind == FILE_KEY && span_trim(buf_all(&text)).n == 0)
		r = err_set(err, "%s is empty: put the key there, or remove the file", path);
	if (r == 0)
		handed_put(&p->texts, name, buf_all(&text));
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
	return r;
}

static const char *
top(const struct conf *conf, const char *setting)
{
	return conf_str(conf_top(conf), setting);
}

static void
join(char out[PATH_BYTES], const char *folder, const char *file)
{
	snprintf(out, PATH_BYTES, "%s/%s", folder, file);
}

static int
key_file(
    const struct conf *conf, struct parcel *p, const char *name, const char *file, struct err *err)
{
	char path[PATH_BYTES];

	join(path, top(conf, "keys"), file);
	return secret_file(p, name, path, FILE_KEY, err);
}

int
handout_folder(const struct conf *conf, enum role_kind kind, int *fd, struct err *err)
{
	*fd = -1;
	if (kind == ROLE_QUEUED)
		*fd = layout_folder(conf, "spool", "/index", kind, err);
	else if (kind == ROLE_BOUNCD)
		*fd = layout_folder(conf, "state", "/suppression", kind, err);
	else if (kind == ROLE_STATS)
		*fd = layout_folder(conf, "state", "/stats", kind, err);
	else
		return 0;
	return *fd == -1 ? -1 : 0;
}

/* ---- a function a role ---- */

typedef int key_give(struct parcel *, const char *name, const char *path, struct err *);

/* One memory file as long as the master runs. Its length is sealed: whoever has it cannot take it from under the others. */
static int
memory_kept(int *fd, const char *name, size_t bytes)
{
	if (*fd != -1)
		return *fd;
	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd != -1 &&
	    (ftruncate(*fd, (off_t)bytes) == -1 ||
		fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1)) {
		close(*fd);
		*fd = -1;
	}
	return *fd;
}

/* Where the workers of smtpd count each other's clients. */
static int
clients_memory(void)
{
	static int fd = -1;

	return memory_kept(&fd, "clients", CLIENTS_BYTES);
}

/* Where queued notes what it has in its hand (its doing.h). */
static int
doing_memory(void)
{
	static int fd = -1;

	return memory_kept(&fd, "doing", DOING_BYTES);
}

/* keys/dkim/TENANT/DOMAIN/SELECTOR.pem, walked three levels deep. */
static int
dkim_walk(struct parcel *p, const char *folder, const char *words, unsigned depth, key_give *each,
    struct err *err)
{
	DIR *dir = opendir(folder);
	int r = 0;

	if (dir == NULL)
		return errno == ENOENT ? 0 : err_sys(err, "open %s", folder);
	for (struct dirent *d; r == 0 && (d = readdir(dir)) != NULL;) {
		char path[PATH_BYTES], name[512];
		size_t n = strlen(d->d_name);

		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.3000s/%.255s", folder, d->d_name);
		if (depth < 2) {
			snprintf(name, sizeof(name), "%.200s %.255s", words, d->d_name);
			r = dkim_walk(p, path, name, depth + 1, each, err);
		} else if (n > 4 && strcmp(d->d_name + n - 4, ".pem") == 0) {
			snprintf(name, sizeof(name), "%.240s %.*s", words, (int)n - 4, d->d_name);
			r = each(p, name, path, err);
		}
	}
	closedir(dir);
	return r;
}

static int
key_whole(struct parcel *p, const char *name, const char *path, struct err *err)
{
	return secret_file(p, name, path, FILE_KEY, err);
}

/* That there is one, to whom the key itself is no business of. */
static int
key_name(struct parcel *p, const char *name, const char *path, struct err *err)
{
	(void)path, (void)err;
	secret_text(p, name, "there");
	return 0;
}

/* What the gate of tenants that have one asks for: which domains can be signed for, and where links would lead. */
static int
gates(const struct conf *conf, struct parcel *p, struct err *err)
{
	for (const struct conf_block *b = conf_first(conf_top(conf), "tenant"); b != NULL;
	     b = conf_next(b)) {
		char path[PATH_BYTES], name[512];

		if (strcmp(conf_str(b, "gate"), "off") == 0)
			continue;
		snprintf(
		    path, sizeof(path), "%.3000s/dkim/%.255s", top(conf, "keys"), conf_name(b));
		snprintf(name, sizeof(name), "dkim %.255s", conf_name(b));
		if (dkim_walk(p, path, name, 1, key_name, err) == -1)
			return -1;
		snprintf(name, sizeof(name), "tracking-url %.255s", conf_name(b));
		secret_text(p, name, tracking_base(conf, b));
	}
	return 0;
}

static int
for_smtpd(const struct conf *conf, const struct sockets *sockets, const struct child *child,
    struct parcel *p, struct err *err)
{
	give_copy(p->chan, "clients", clients_memory());
	sockets_each(sockets, ROLE_SMTPD, child->seat->index, give_copy, p->chan);
	for (const struct conf_block *b = conf_first(conf_top(conf), "listener"); b != NULL;
	     b = conf_next(b)) {
		char name[120];

		if (!conf_is_set(b, "tls-certificate"))
			continue;
		snprintf(name, sizeof(name), "tls-cert %s", conf_name(b));
		if (secret_file(p, name, conf_str(b, "tls-certificate"), FILE_KEY, err) == -1)
			return err_context(err, "listener %s", conf_name(b));
		snprintf(name, sizeof(name), "tls-key %s", conf_name(b));
		secret_text(p, name, conf_str(b, "tls-key"));
	}
	return gates(conf, p, err);
}

static int
for_queued(const struct conf *conf, struct parcel *p, struct err *err)
{
	secret_text(p, "index-path", ".");
	give_copy(p->chan, "doing", doing_memory());
	if (give_folder(p->chan, "spool", conf, "spool", ROLE_QUEUED, err) == -1 ||
	    event_files_hand(conf, ROLE_QUEUED, p->chan, err) == -1 ||
	    event_files_before(conf, ROLE_QUEUED, p->chan, err) == -1)
		return -1;
	return key_file(conf, p, "bounce-key", "bounce.key", err);
}

/* The file of bounce rules, where one is set. */
static int
bounce_rules(const struct conf *conf, struct parcel *p, struct err *err)
{
	const struct conf_block *b = conf_first(conf_top(conf), "bounces");

	if (b == NULL || !conf_is_set(b, "rules"))
		return 0;
	return secret_file(p, "bounce-rules", conf_str(b, "rules"), FILE_NEEDED, err);
}

static int
for_bouncd(const struct conf *conf, struct parcel *p, struct err *err)
{
	secret_text(p, "suppression-path", ".");
	if (bounce_rules(conf, p, err) == -1)
		return -1;
	if (event_files_hand(conf, ROLE_BOUNCD, p->chan, err) == -1)
		return -1;
	return key_file(conf, p, "bounce-key", "bounce.key", err);
}

/* The file of rules that tell persons from machines, where one is set. */
static int
visitor_rules(const struct conf *conf, struct parcel *p, struct err *err)
{
	const struct conf_block *b = conf_first(conf_top(conf), "tracking");

	if (b == NULL || !conf_is_set(b, "visitors"))
		return 0;
	return secret_file(p, "visitor-rules", conf_str(b, "visitors"), FILE_NEEDED, err);
}

static int
for_web(const struct conf *conf, const struct sockets *sockets, const struct child *child,
    struct parcel *p, struct err *err)
{
	sockets_each(sockets, ROLE_WEB, child->seat->index, give_copy, p->chan);
	if (event_files_hand(conf, ROLE_WEB, p->chan, err) == -1 ||
	    visitor_rules(conf, p, err) == -1)
		return -1;
	return key_file(conf, p, "tracking-key", "tracking.key", err);
}

static int
for_stats(const struct conf *conf, struct parcel *p, struct err *err)
{
	secret_text(p, "stats-path", ".");
	if (event_files_hand(conf, ROLE_STATS, p->chan, err) == -1)
		return -1;
	return give_folder(p->chan, "events-dir", conf, "events", ROLE_MASTER, err);
}

static int
for_sign(const struct conf *conf, struct parcel *p, struct err *err)
{
	char path[PATH_BYTES];

	join(path, top(conf, "keys"), "dkim");
	return dkim_walk(p, path, "dkim", 0, key_whole, err);
}

static int
for_role(const struct conf *conf, const struct sockets *sockets, const struct child *child,
    struct parcel *p, struct err *err)
{
	switch (child->seat->kind) {
	case ROLE_SMTPD:
		return for_smtpd(conf, sockets, child, p, err);
	case ROLE_AUTH:
		return secret_file(p, "users", top(conf, "users"), FILE_IF_THERE, err);
	case ROLE_QUEUED:
		return for_queued(conf, p, err);
	case ROLE_BOUNCD:
		return for_bouncd(conf, p, err);
	case ROLE_REWRITE:
		return key_file(conf, p, "tracking-key", "tracking.key", err);
	case ROLE_SIGN:
		return for_sign(conf, p, err);
	case ROLE_WEB:
		return for_web(conf, sockets, child, p, err);
	case ROLE_STATS:
		return for_stats(conf, p, err);
	default:
		return 0;
	}
}

/* The socket, and the group that may open it: its role asks again who comes. */
static int
control_socket(const struct conf *conf, enum role_kind kind, struct parcel *p, const char *which,
    const char *group, struct err *err)
{
	unsigned gid = layout_group(conf, group);
	char file[32], name[32], text[16];
	int fd;

	snprintf(file, sizeof(file), "%s.sock", which);
	fd = unix_socket_control(top(conf, "run"), role_spec(kind)->name, file, gid, err);
	if (fd == -1)
		return -1;
	snprintf(name, sizeof(name), "control %s", which);
	give(p->chan, name, fd);
	snprintf(name, sizeof(name), "group %s", which);
	snprintf(text, sizeof(text), "%u", gid);
	secret_text(p, name, text);
	return 0;
}

static int
control_sockets(const struct conf *conf, enum role_kind kind, struct parcel *p, struct err *err)
{
	if (control_socket(conf, kind, p, "view", "posthouse-view", err) == -1)
		return -1;
	return control_socket(conf, kind, p, "ops", "posthouse-ops", err);
}

static void
conf_put(const struct conf *conf, enum role_kind kind, struct parcel *p)
{
	struct buf text;

	buf_init(&text, HANDED_MAX);
	conf_show(conf, CONF_SHOW_HAND_OVER, ROLE_BIT(kind), &text);
	handed_put(&p->texts, "conf", buf_all(&text));
	p->texts.over = p->texts.over || buf_over(&text);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
}

/* Hands over what was gathered, if all went well so far. */
static int
parcel_send(struct parcel *p, int so_far, struct err *err)
{
	struct err none;
	int fd = handed_seal(&p->texts, so_far == -1 ? &none : err);

	if (so_far == 0 && fd != -1)
		give(p->chan, "handed", fd);
	else if (fd != -1)
		close(fd);
	return so_far == 0 && fd != -1 ? 0 : -1;
}

int
handout_fresh(const struct conf *conf, enum role_kind kind, struct chan *c, struct err *err)
{
	struct parcel p = { .chan = c };
	int r = 0;

	buf_init(&p.texts, HANDED_MAX);
	conf_put(conf, kind, &p);
	if (kind == ROLE_BOUNCD)
		r = bounce_rules(conf, &p, err);
	if (r == 0 && (kind == ROLE_BOUNCD || kind == ROLE_QUEUED))
		r = key_file(conf, &p, "bounce-key", "bounce.key", err);
	return parcel_send(&p, r, err);
}

uint8_t
handout_log_level(const struct conf *conf)
{
	return (uint8_t)log_level_of(top(conf, "log-level"));
}

int
handout_put(const struct conf *conf, const struct sockets *sockets, const struct child *child,
    struct chan *c, struct err *err)
{
	enum role_kind kind = child->seat->kind;
	struct master_hello hello = { .role = (uint8_t)kind,
		.instance = (uint16_t)child->instance,
		.generation = child->generation,
		.node = (uint16_t)conf_num(conf_top(conf), "node"),
		.log_level = handout_log_level(conf) };
	struct parcel p = { .chan = c };
	int r = 0;
	char empty[PATH_BYTES];

	if (layout_user(conf, kind, &hello.uid, &hello.gid, err) == -1)
		return -1;
	join(empty, top(conf, "run"), "empty");
	hello.empty = span_str(empty);
	master_hello_put(c, &hello);
	buf_init(&p.texts, HANDED_MAX);
	conf_put(conf, kind, &p);
	if (role_spec(kind)->control)
		r = control_sockets(conf, kind, &p, err);
	if (r == 0)
		r = for_role(conf, sockets, child, &p, err);
	return parcel_send(&p, r, err);
}
