/* command.h: the commands of a transaction, as bytes (RFC 5321 4.1.1; DSN RFC 3461 4; SIZE RFC 1870).
 *
 * Nothing goes out that could end a line or a path early: what holds control bytes, or brackets and spaces outside a
 * quoted local part, is answered with -1 and err, and nothing is appended. */
#pragma once

#include "buf.h"
#include "err.h"
#include "proto_deliver.h"

/* ext: bits of enum ext; what the server does not offer is left out. size_bytes: as it will be sent, before dots. A RCPT's
 * ORCPT stands in UTF-8 with EXT_SMTPUTF8, to be given only where MAIL said so; else in its ASCII form (RFC 6533 3). */
int command_mail(
    struct buf *, const struct deliver_transact *, uint64_t size_bytes, unsigned ext, struct err *);
int command_rcpt(struct buf *, const struct deliver_rcpt *, unsigned ext, struct err *);
/* AUTH PLAIN with its initial response (RFC 4616); and one base64 line for AUTH LOGIN. */
void command_auth_plain(struct buf *, struct span login, struct span password);
void command_base64_line(struct buf *, struct span);
/* An address fit to stand between < and >. */
bool command_address_ok(struct span);
