#include "conf_read.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static void
cannot(struct conf_reader *r, struct conf_block *b, const struct conf_spot *spot, const char *why)
{
	conf_wrong(r->conf, b, spot, "", "%s", why);
}

/* Reads one source to its end into the block. */
static void
read_source(struct conf_reader *r, struct conf_source *s, struct conf_block *b)
{
	s->outer = r->source;
	r->source = s;
	r->depth++;
	conf_parse(r, b);
	r->depth--;
	r->source = s->outer;
}

static struct conf_source
source_of(struct conf_reader *r, const char *name, const struct conf_file *file)
{
	struct conf_source s = {
		.from = { .folder = file->folder, .arena = r->conf->arena },
		.name = name,
		.dev = file->dev,
		.ino = file->ino,
	};

	conf_lex_init(&s.lex, name, file->text, r->conf->arena);
	return s;
}

static bool
being_read(const struct conf_reader *r, const struct conf_file *file)
{
	for (const struct conf_source *s = r->source; s != NULL; s = s->outer)
		if (s->dev == file->dev && s->ino == file->ino)
			return true;
	return false;
}

static void
include_one(
    struct conf_reader *r, struct conf_block *b, const char *path, const struct conf_spot *spot)
{
	struct conf_file file;
	struct conf_source s;
	struct err err;

	for (const char *p = path; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127) {
			cannot(r, b, spot, "a file name with control bytes");
			return;
		}
	if (conf_file_read(path, r->conf->arena, &file, &err) == -1) {
		cannot(r, b, spot, err.text);
		return;
	}
	r->bytes += file.text.n;
	if (being_read(r, &file))
		conf_wrong(
		    r->conf, b, spot, "take one of the includes out", "%s includes itself", path);
	else if (++r->files > CONF_INCLUDED_FILES || r->bytes > CONF_TOTAL_BYTES)
		conf_wrong(r->conf, b, spot, "", "more than %d files or %d bytes in all",
		    CONF_INCLUDED_FILES, CONF_TOTAL_BYTES);
	else {
		s = source_of(r, arena_strdup(r->conf->arena, path), &file);
		read_source(r, &s, b);
	}
}

/* The pattern as glob(3) takes it, from the folder of the file it stands in as messages show that. */
static const char *
pattern_from(struct conf_reader *r, struct span pattern)
{
	const char *folder = conf_folder_of(r->source->name, r->conf->arena);
	struct buf out;
	const char *text;

	buf_init(&out, 8192);
	if (pattern.n == 0 || pattern.p[0] != '/') {
		for (const char *p = folder; strcmp(folder, ".") != 0 && *p != '\0'; p++) {
			if (strchr("*?[\\", *p) != NULL)
				buf_byte(&out, '\\');
			buf_byte(&out, *p);
		}
		if (out.n > 0 && out.p[out.n - 1] != '/')
			buf_byte(&out, '/');
	}
	buf_span(&out, pattern);
	text = arena_cstr(r->conf->arena, buf_all(&out));
	buf_free(&out);
	return text;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
conf_include(struct conf_reader *r, struct conf_block *b, const struct conf_token *t)
{
	bool many = span_find(t->text, '*') >= 0 || span_find(t->text, '?') >= 0 ||
		    span_find(t->text, '[') >= 0;
	glob_t found = { .gl_pathc = 0 };

	if (r->source->from.folder[0] == '\0') {
		conf_wrong(r->conf, b, &t->spot, "include works in files alone",
		    "include in a text that is no file");
		return;
	}
	if (r->depth >= CONF_INCLUDE_DEPTH) {
		conf_wrong(r->conf, b, &t->spot, "include it from an outer file",
		    "includes are nested deeper than %d", CONF_INCLUDE_DEPTH);
		return;
	}
	switch (glob(pattern_from(r, t->text), GLOB_NOSORT, NULL, &found)) {
	case 0:
		qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv), by_bytes);
		for (size_t i = 0; i < found.gl_pathc; i++)
			include_one(r, b, found.gl_pathv[i], &t->spot);
		break;
	case GLOB_NOMATCH:
		if (!many)
			conf_wrong(r->conf, b, &t->spot, "create it, or take the line out",
			    "there is no file %.*s", SPAN(span_first(t->text, 200)));
		break;
	default:
		cannot(r, b, &t->spot, "the folder of the include cannot be read");
	}
	globfree(&found);
}

static void
done(struct conf_reader *r)
{
	conf_finish(r->conf);
	free(r->words);
}

struct conf *
conf_read(const struct conf_table *top, const char *path)
{
	struct conf_reader r = { .conf = conf_tree_new(top, path) };
	struct conf_file file;
	struct conf_source s;
	struct err err;

	if (conf_file_read(path, r.conf->arena, &file, &err) == -1) {
		cannot(&r, r.conf->top, &r.conf->top->spot, err.text);
		return r.conf;
	}
	r.conf->folder = file.folder;
	r.bytes = file.text.n;
	s = source_of(&r, r.conf->path, &file);
	read_source(&r, &s, r.conf->top);
	done(&r);
	return r.conf;
}

/* The first line of what was handed over names the file it all began with, and the folder of that. */
static void
take_over(struct conf_reader *r, struct conf_source *s, struct span text)
{
	struct span head = span_from(text, sizeof(CONF_HAND_OVER_MARK) - 1), rest;
	struct conf *c = r->conf;

	if (!span_starts(text, CONF_HAND_OVER_MARK))
		return;
	c->hand_over = s->from.hand_over = true;
	c->folder = arena_cstr(c->arena, span_cut(span_cut(head, '\n', &rest), '\t', &head));
	c->path = arena_cstr(c->arena, span_cut(head, '\n', &rest));
	c->top->spot.place.file = c->path;
	conf_lex_hand_over(&s->lex);
}

struct conf *
conf_read_text(const struct conf_table *top, const char *name, struct span text)
{
	struct conf_reader r = { .conf = conf_tree_new(top, name) };
	struct conf_file none = { .folder = "" };
	struct conf_source s;

	none.text = arena_span(r.conf->arena, text);
	s = source_of(&r, r.conf->path, &none);
	take_over(&r, &s, none.text);
	if (text.n > CONF_FILE_BYTES && !r.conf->hand_over)
		conf_wrong(r.conf, r.conf->top, &r.conf->top->spot, "", "text larger than %d bytes",
		    CONF_FILE_BYTES);
	else
		read_source(&r, &s, r.conf->top);
	done(&r);
	return r.conf;
}
