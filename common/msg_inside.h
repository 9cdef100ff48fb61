/* msg_inside.h: what a channel is made of, for msg.c (packets that come and go) and msg_put.c (records being written). */
#pragma once

#include "msg.h"

#include <bsd/sys/queue.h>

struct event;

enum { HEAD_BYTES = 8 };

/* A record that is longer than a packet leaves in parts: all but the last one are RECORD_PART and carry no descriptor. */
enum record_form {
	RECORD_LAST, /* whole, or the end of one whose parts came before */
	RECORD_PART,
	RECORD_DROPPED, /* its parts are to be forgotten: it grew beyond MSG_RECORD_MAX */
	RECORD_FORMS
};

struct head {
	uint16_t type;
	uint8_t fds, form;
	uint32_t len;
};

struct packet {
	STAILQ_ENTRY(packet) link;
	size_t n;
	unsigned fds_n;
	int fds[MSG_FDS_MAX];
	char bytes[];
};

struct chan {
	int fd;
	char *peer;
	chan_on_msg *on_msg;
	chan_on_close *on_close;
	void (*on_room)(void *);
	void *ctx;
	struct event *readable, *writable;
	struct buf out; /* the packet being gathered */
	int out_fds[MSG_FDS_MAX];
	unsigned out_fds_n;
	size_t record_at;    /* where the record (or its last part) being written began */
	unsigned record_fds; /* descriptors before it */
	uint16_t record_type;
	size_t record_gone; /* of its body, in parts that left */
	bool record_over;   /* longer than MSG_RECORD_MAX */
	struct buf parts;   /* of a long record that is being read */
	uint16_t parts_type;
	STAILQ_HEAD(, packet) queue;
	size_t queued, queue_max;
	bool was_full, dirty, reading;
	bool answers; /* and so reads nothing while it is full */
	bool held;    /* chan_hold() */
	const char *why_bad;
	STAILQ_ENTRY(chan)
	gathered; /* in the list of those that have something to send or to close */
};

void chan_fds_close(const int *fds, unsigned n);
/* It has something to send, or to close, at the end of this turn. */
void chan_touch(struct chan *);
/* What was gathered leaves, or joins the queue so that order holds. */
void chan_out_leave(struct chan *);
