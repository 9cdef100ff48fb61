/* peer_smtpd.h: the smtpd workers: messages and drafts come in, acknowledgements, answers and the state of the queue go out. */
#pragma once

#include "span.h"

struct queued;
struct peer_smtpd;

struct peer_smtpd *peer_smtpd_new(struct queued *);
/* Whether mail is taken: told to all now, and to each that comes. code 0: yes. */
void peer_smtpd_state(struct peer_smtpd *, uint16_t code, struct span text);
