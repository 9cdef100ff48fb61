/* trace.h: events by a text, a message id or its beginning: from the event files, and those that were moved away and are not
 * packed. The newest come first, some megabytes at a time: who wants only so many gets the last ones. */
#pragma once

struct control_call;

/* The verb's arguments: text, id (the text is one, or the beginning of one), limit. */
void trace_verb(void *unused, struct control_call *);
