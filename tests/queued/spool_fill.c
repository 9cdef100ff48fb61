/* spool-fill SPOOL MESSAGES RECIPIENTS: a queue that waits, made at once instead of by sending: files and index, as a stopped
 * queued leaves them. All is due in an hour. Message n is of campaign n % 10, tenant "first", to pN-R@good.test. */
#include "crc32c.h"
#include "../../queued/index.h"
#include "loop.h"
#include "../../queued/message_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { INDEX_STEP = 20000 };

static const char content[] = "From: news@first.test\r\nSubject: x\r\n\r\nHello.\r\n";
static struct stat owner; /* of the spool: whoever runs there */
static uint64_t now_ms;

static void
need(bool well, const char *what)
{
	if (well)
		return;
	perror(what);
	exit(1);
}

static void
file_write(const char *spool, const struct envelope *e, struct buf *out)
{
	struct facts f = {
		.size_bytes = sizeof(content) - 1, .header_bytes = 39, .longest_line = 21
	};
	char name[4096];
	int fd;

	f.crc32c = crc32c(0, span_str(content));
	buf_reset(out);
	message_file_head(out, e, &f);
	buf_str(out, content);
	snprintf(
	    name, sizeof(name), "%s/cur/%02x/%s", spool, e->id.b[ID_BYTES - 1], id_text(e->id).c);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	need(fd != -1 && write(fd, buf_all(out).p, out->n) == (ssize_t)out->n &&
		 fchown(fd, owner.st_uid, owner.st_gid) == 0,
	    name);
	close(fd);
}

static void
records_write(struct index *x)
{
	struct err err;

	index_take(x);
	need(index_write(x, &err) == 0, "the index");
	index_written(x, true);
}

static void
message_add(struct index *x, const char *spool, unsigned number, uint32_t rcpts_n, struct buf *out)
{
	struct recipient *to = calloc(rcpts_n, sizeof(*to));
	char *text = calloc(rcpts_n, 64), campaign[16];
	struct envelope e = { .id = id_new(),
		.received_ms = now_ms,
		.tenant = SPAN_LIT("first"),
		.from = SPAN_LIT("news@first.test"),
		.rcpts_n = rcpts_n,
		.rcpts = to };

	need(to != NULL && text != NULL, "memory");
	snprintf(campaign, sizeof(campaign), "c%u", number % 10);
	e.campaign = span_str(campaign);
	for (uint32_t i = 0; i < rcpts_n; i++) {
		struct store_wait w = { .id = e.id,
			.index = i,
			.next_ms = now_ms + 3600 * 1000,
			.attempts = 1,
			.code = 451,
			.status = SPAN_LIT("4.3.2"),
			.text = SPAN_LIT("try again later"),
			.has_envelope = true,
			.tenant = e.tenant,
			.campaign = e.campaign,
			.from = e.from };

		snprintf(text + i * 64, 64, "p%u-%u@good.test", number, i);
		w.to = span_str(text + i * 64);
		to[i] = (struct recipient){ .address = span_str(text + i * 64), .mark = MARK_OPEN };
		index_put(x, &w);
	}
	file_write(spool, &e, out);
	free(text);
	free(to);
}

int
main(int argc, char **argv)
{
	unsigned messages, rcpts, gathered = 0;
	struct index *x;
	char path[4096];
	struct buf out;
	struct err err;

	need(argc == 4, "spool-fill SPOOL MESSAGES RECIPIENTS");
	need(stat(argv[1], &owner) == 0, argv[1]);
	messages = (unsigned)strtoul(argv[2], NULL, 10);
	rcpts = (unsigned)strtoul(argv[3], NULL, 10);
	loop_init();
	id_init(1);
	now_ms = loop_wall_ms();
	snprintf(path, sizeof(path), "%s/index", argv[1]);
	x = index_open(path, &err);
	need(x != NULL, path);
	buf_init(&out, 64 << 20);
	for (unsigned i = 0; i < messages; i++) {
		message_add(x, argv[1], i, rcpts, &out);
		gathered += rcpts;
		if (gathered >= INDEX_STEP || i + 1 == messages) {
			records_write(x);
			gathered = 0;
		}
	}
	index_close(x);
	return 0;
}
