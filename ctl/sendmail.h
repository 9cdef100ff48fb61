/* sendmail.h: sendmail(1): what programs and scripts have called for decades to send mail. */
#pragma once

#include "ctl.h"

/* Exit code of sysexits(3). */
int sendmail(struct ctl *, int argc, char **argv);
/* Path of the relay's Unix socket: the first listener with a unix address, or RUN/submit. */
const char *sendmail_socket(struct ctl *);
/* Path of a listener's Unix socket; NULL: it has none. */
const char *sendmail_socket_of(const struct conf_block *listener);
