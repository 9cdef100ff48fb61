#include "suppress_bulk.h"
#include "ask.h"
#include "id.h"
#include "suppress_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CALL_LINES = 10000, CALL_BYTES = 8 << 20, SHOWN_MAX = 100, OUT_BYTES = 32 << 20 };

/* ---- import ---- */

struct import {
	struct ctl *c;
	const struct suppress_bulk *how;
	const char *path;
	struct suppress_reader reader;
	struct buf lines;             /* for the relay */
	uint64_t line_of[CALL_LINES]; /* where they stood in the file */
	unsigned lines_n;
	uint64_t line, taken, kept, bad;
	char name[ID_CHARS + 1];
};

static void
bad(struct import *im, uint64_t line, const char *why)
{
	im->bad++;
	if (im->how->skip_bad || im->bad > SHOWN_MAX)
		return;
	if (im->bad == SHOWN_MAX)
		fprintf(stderr, "... and so on\n");
	else
		fprintf(stderr, "%s:%" PRIu64 ": %s\n", im->path, line, why);
}

/* The lines as a memory file; -1: no memory. */
static int
lines_file(const struct import *im)
{
	int fd = memfd_create("import", MFD_CLOEXEC);

	if (fd != -1 && write(fd, im->lines.p, im->lines.n) == (ssize_t)im->lines.n)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

static int
call(struct import *im, bool last)
{
	json_t *r = json_pack("{ssssss?sbsbsb}", "verb", "suppress-import", "import", im->name,
	    "note", im->how->note, "last", last, "dry_run", im->how->dry_run, "replace",
	    im->how->replace);
	int fd = lines_file(im), exit_code;
	const json_t *row;
	struct ask *a;

	if (fd == -1) {
		json_decref(r);
		return ctl_fail(1, "no memory for what is to be imported");
	}
	a = ask_with(im->c, "bouncd", ASK_OPS, r, fd);
	close(fd);
	while ((row = ask_row(a)) != NULL) {
		uint64_t n = row_num(row, "line");

		if (n > 0 && n <= im->lines_n)
			bad(im, im->line_of[n - 1], row_str(row, "why"));
		im->taken += row_num(row, "taken");
		im->kept += row_num(row, "kept");
	}
	exit_code = ask_end(a);
	buf_reset(&im->lines);
	im->lines_n = 0;
	return exit_code;
}

static int
line_take(struct import *im, struct span line)
{
	struct err err;

	im->line++;
	switch (suppress_line(&im->reader, line, &im->lines, &err)) {
	case LINE_ENTRY:
		im->line_of[im->lines_n++] = im->line;
		break;
	case LINE_BAD:
		bad(im, im->line, err.text);
		break;
	case LINE_NOTHING:
		break;
	}
	return im->lines_n == CALL_LINES ? call(im, false) : 0;
}

static int
file_take(struct import *im, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int exit_code = 0;

	while (exit_code == 0 && (n = getline(&line, &size, in)) != -1)
		exit_code = line_take(im, span_of(line, (size_t)n));
	free(line);
	if (exit_code == 0 && ferror(in))
		exit_code = ctl_fail(1, "cannot read %s: %s", im->path, strerror(errno));
	return exit_code == 0 ? call(im, true) : exit_code;
}

static int
tell(const struct import *im, int exit_code)
{
	if (im->c->json)
		printf("{\"taken\":%" PRIu64 ",\"kept\":%" PRIu64 ",\"bad\":%" PRIu64 "}\n",
		    im->taken, im->kept, im->bad);
	else
		printf("%" PRIu64 " %s, %" PRIu64 " bad%s.\n", im->taken,
		    im->how->dry_run ? "would be taken" : "taken", im->bad,
		    im->bad > 0 && !im->how->skip_bad ? "; correct those lines and import them "
							"again (--skip-bad says nothing of them)"
						      : "");
	if (im->kept > 0 && !im->c->json)
		printf("%" PRIu64 " stay as they were: what stands there holds as long or longer "
		       "(--replace takes the file's).\n",
		    im->kept);
	if (exit_code != 0)
		return exit_code;
	return im->taken + im->kept == 0 || (im->bad > 0 && !im->how->skip_bad);
}

int
suppress_import(struct ctl *c, const struct suppress_bulk *how, const char *path)
{
	bool is_stdin = path[0] == '\0' || strcmp(path, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	struct import *im = calloc(1, sizeof(*im));
	int exit_code;

	if (im == NULL)
		fatal("out of memory for an import");
	if (in == NULL) {
		free(im);
		return ctl_fail(1, "cannot read %s: %s", path, strerror(errno));
	}
	*im = (struct import){ .c = c, .how = how, .path = is_stdin ? "standard input" : path };
	suppress_reader_init(&im->reader, span_str(how->scope), span_str(how->reason));
	buf_init(&im->lines, CALL_BYTES + (size_t)CALL_LINES * SUPPRESS_LINE_MAX);
	id_init(0);
	snprintf(im->name, sizeof(im->name), "%s", id_text(id_new()).c);
	exit_code = tell(im, file_take(im, in));
	buf_free(&im->lines);
	free(im);
	if (!is_stdin)
		fclose(in);
	return exit_code;
}

/* ---- export ---- */

struct page {
	uint64_t bytes;
	char last[64];
};

static int
page_ask(struct ctl *c, const struct suppress_bulk *how, int fd, struct page *p)
{
	json_t *r = json_pack("{ssss*ss*ss}", "verb", "suppress-export", "scope",
	    how->scope[0] == '\0' ? NULL : how->scope, "reason",
	    how->reason[0] == '\0' ? NULL : how->reason, "after", p->last);
	struct ask *a = ask_with(c, "bouncd", ASK_VIEW, r, fd);
	const json_t *row;

	*p = (struct page){ .bytes = 0 };
	while ((row = ask_row(a)) != NULL) {
		p->bytes = row_num(row, "bytes");
		snprintf(p->last, sizeof(p->last), "%s", row_str(row, "last"));
	}
	return ask_end(a);
}

static int
page_write(struct ctl *c, int fd, uint64_t bytes, struct buf *in, struct buf *out)
{
	struct span rest;
	char *room;

	buf_reset(in);
	buf_reset(out);
	if (bytes == 0)
		return 0;
	room = buf_room(in, bytes);
	if (room == NULL || pread(fd, room, bytes, 0) != (ssize_t)bytes)
		return ctl_fail(1, "cannot read what bouncd wrote");
	buf_grew(in, bytes);
	for (rest = buf_all(in); rest.n > 0;) {
		struct span line = span_cut(rest, '\n', &rest);

		if (c->json)
			suppress_json(line, out);
		else
			suppress_csv(line, out);
	}
	if (buf_over(out) || fwrite(out->p, 1, out->n, stdout) != out->n)
		return ctl_fail(1, "cannot write: %s", strerror(errno));
	return 0;
}

int
suppress_export(struct ctl *c, const struct suppress_bulk *how)
{
	int fd = memfd_create("export", MFD_CLOEXEC), exit_code = 0;
	struct page p = { .last = "" };
	struct buf in, out;

	if (fd == -1)
		return ctl_fail(1, "no memory for the list");
	buf_init(&in, OUT_BYTES);
	buf_init(&out, 2 * OUT_BYTES);
	if (!c->json)
		fputs(suppress_heading, stdout);
	do {
		exit_code = page_ask(c, how, fd, &p);
		if (exit_code == 0)
			exit_code = page_write(c, fd, p.bytes, &in, &out);
	} while (exit_code == 0 && p.last[0] != '\0');
	if (exit_code == 0 && fflush(stdout) == EOF)
		exit_code = ctl_fail(1, "cannot write: %s", strerror(errno));
	buf_free(&in);
	buf_free(&out);
	close(fd);
	return exit_code;
}
