/* conf.h: a configuration that was read and checked, and the tables that say what may stand in one.
 *
 * `name value ...` to the end of the line, `{ }` named blocks, `#` comments, `include conf.d/name.conf` (globs).
 * One table a block drives the reader, `posthouse conf show` and the settings list of posthouse.conf(5).
 * Every value knows its place (file, line, column) and its text. All errors of a run are collected, twenty at most.
 * A configuration lives in one arena; everything got from it is valid as long as it is. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "err.h"
#include "ip.h"
#include "span.h"

enum conf_type {
	CONF_STRING,   /* one word or "quoted" */
	CONF_BOOL,     /* yes no */
	CONF_NUMBER,   /* decimal, min..max */
	CONF_DURATION, /* 90s 5m 6h 3d 1w, or 1h30m; kept in seconds (min..max in seconds) */
	CONF_SIZE,     /* 512 64K 25M 2G; kept in bytes */
	CONF_RATE,     /* 100/s 100/min 100/h 100/day; kept as count and per seconds */
	CONF_NETWORK,  /* 10.0.0.0/8, 2001:db8::/32, or one address */
	CONF_ADDRESS,  /* 127.0.0.1:25, [::1]:25, *:25, or unix:/path */
	CONF_DOMAIN,   /* lower-cased host or domain name */
	CONF_GLOB,     /* * and ? over a name */
	CONF_REGEX,    /* PCRE2; checked to compile at load */
	CONF_CHOICE,   /* one word of choices */
	CONF_PATH,     /* absolute, or relative to the folder of the file it stands in */
	/* file:PATH, owner only (0600 or 0640), read at load by whoever has the rights; or literal text. A process that
	 * is not root and may not read it gets "", and no error: a role that such a process hands it to gets one. */
	CONF_SECRET,
};

/* Which roles a block or setting is handed to: bit of enum role_kind (role.h). */
typedef uint32_t conf_roles;

struct conf_setting {
	const char *name;
	enum conf_type type;
	const char *def;     /* as it would be written; NULL: none (unset) */
	uint64_t min, max;   /* number, seconds or bytes; max 0: no limit */
	const char *choices; /* CONF_CHOICE: "a b c" */
	bool list;           /* several values on a line, or the line several times */
	bool required;
	bool restart;     /* a reload does not take it: needs a restart */
	const char *help; /* one sentence */
};

struct conf;
struct conf_block;

struct conf_table {
	const char *name; /* "listener"; NULL: the top of the file */
	bool named;       /* listener NAME { } */
	bool single;      /* at most one such block (tracking { }) */
	const char *help;
	const struct conf_setting *settings; /* ends with name NULL */
	const struct conf_table *const
	    *blocks; /* tables that may stand inside; ends with NULL; or NULL */
	/* Extra check of one finished block, or NULL; says what is wrong with conf_complain().
	 * Runs when all is read and defaults stand, so other blocks can be found; not in a part handed over. */
	void (*check)(struct conf *, const struct conf_block *);
	conf_roles roles; /* who is handed these blocks; 0: all */
};

struct conf_place {
	const char *file;
	uint32_t line, column; /* from 1; line 0: a default */
};

struct conf_rate {
	uint64_t count, per_s;
};

struct conf_network {
	struct ip ip;
	unsigned bits;
};

struct conf_address {
	struct sockaddr_storage addr; /* AF_INET, AF_INET6 or AF_UNIX */
	socklen_t len;
	bool any; /* "*": both families */
};

/* Reads path and what it includes against the table. Never NULL: ask conf_errors(). With text given (not NULL p)
 * that text stands for the file (embedded defaults, a part handed to a role); it may not include. */
struct conf *conf_read(const struct conf_table *top, const char *path);
struct conf *conf_read_text(const struct conf_table *top, const char *name, struct span text);
void conf_free(struct conf *);

/* How many were found; twenty of them are in the messages. */
unsigned conf_errors(const struct conf *);
/* What was wrong: "file:line:col: error: ..." with the line, caret and remedy, ready for people. */
struct span conf_messages(const struct conf *);
/* A table's check, or a role reading its part, found this wrong at that setting (or at the block's head if NULL or not
 * set). What stands behind a newline in the text is the remedy, shown at the caret. */
void conf_complain(struct conf *, const struct conf_block *, const char *setting, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

/* The same of the i-th value of a list. */
void conf_complain_at(struct conf *, const struct conf_block *, const char *setting, size_t i,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

const struct conf_block *conf_top(const struct conf *);
/* The first block of that kind inside b, and the next one; NULL at the end. */
const struct conf_block *conf_first(const struct conf_block *b, const char *kind);
const struct conf_block *conf_next(const struct conf_block *);
/* By kind and name, ASCII case-blind; NULL if there is none. */
const struct conf_block *conf_find(const struct conf_block *b, const char *kind, struct span name);
const char *conf_name(const struct conf_block *);
struct conf_place conf_block_place(const struct conf_block *);

/* Values: the setting must be in the block's table (an invariant). Unset without default: empty, 0, false. */
bool conf_is_set(const struct conf_block *, const char *setting);
const char *conf_str(
    const struct conf_block *, const char *setting); /* "" if unset; CONF_SECRET: the contents */
bool conf_bool(const struct conf_block *, const char *setting);
uint64_t conf_num(const struct conf_block *, const char *setting); /* number, seconds, bytes */
/* CONF_SECRET: it stands in the configuration itself, not in a file of its own. */
bool conf_secret_is_inline(const struct conf_block *, const char *setting);
struct conf_rate conf_rate(const struct conf_block *, const char *setting);
struct conf_place conf_place(const struct conf_block *, const char *setting);

/* Lists (and single values, as a list of one): how many, and the i-th. */
size_t conf_count(const struct conf_block *, const char *setting);
const char *conf_str_at(const struct conf_block *, const char *setting, size_t i);
const struct conf_network *
conf_network_at(const struct conf_block *, const char *setting, size_t i);
const struct conf_address *
conf_address_at(const struct conf_block *, const char *setting, size_t i);

/* The canonical text of what is set (origin: with "# file:line"; defaults: with unset settings at their default);
 * only the blocks and settings that roles has a bit for (0: all). hand_over: secrets stand as their contents and each
 * value keeps its place in a form the reader takes back, so that a role can say where a limit was written. keep: a copy that
 * means the same wherever it is read: secrets that stood in it stand there again, and so do paths that the file's folder
 * decides. */
enum conf_show {
	CONF_SHOW_SET,
	CONF_SHOW_DEFAULTS,
	CONF_SHOW_ORIGIN,
	CONF_SHOW_HAND_OVER,
	CONF_SHOW_KEEP
};
void conf_show(const struct conf *, enum conf_show, conf_roles, struct buf *out);

/* A table's own faults (names, help, ranges, defaults that do not parse), blocks inside it too: -1 and the first.
 * Every folder's tests call it for its tables. */
int conf_table_check(const struct conf_table *, struct err *);
/* The settings of the table as an mdoc list, each block inside it as a .Ss with its list. */
void conf_describe(const struct conf_table *, struct buf *out);

/* IPv4 addresses mapped into IPv6 count as IPv4. */
bool conf_network_has(const struct conf_network *, const struct ip *);
