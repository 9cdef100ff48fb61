#include "verbs_restore.h"
#include "audit.h"
#include "group.h"
#include "publish.h"

#include <stdio.h>

/* queued is told at once, and lets bulk mail go. */
static void
restore_now(struct bouncd *b, void *call)
{
	bool without = control_arg_bool(call, "without_copy");
	struct err err = { "" };
	uint64_t entries;

	if (suppression_restore(b->list, without, &entries, &err) == -1) {
		control_error(call, 1, "%s", err.text);
		return;
	}
	audit(b, &(struct audit){ .verb = "suppress-restore",
		     .actor = control_actor(call),
		     .count = entries,
		     .reason = control_arg(call, "note") });
	publish_list(b);
	publish_soon(b);
	control_row(call);
	control_num(call, "entries", entries);
	control_row_end(call);
	control_end(call);
}

void
verb_suppress_restore(void *bouncd, struct control_call *call)
{
	group_between(bouncd, restore_now, call);
}
