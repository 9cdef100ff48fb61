/* layout.h: the folders of an installation, who owns them, and the users: one table that also writes sysusers.d and
 * tmpfiles.d, so they cannot disagree. */
#pragma once

#include "buf.h"
#include "conf.h"
#include "role_kind.h"

/* uid and gid a role runs under: uid-base + number, or the user named in the role table. -1: that user is missing. */
int layout_user(const struct conf *, enum role_kind, unsigned *uid, unsigned *gid, struct err *);
/* Group of view.sock and ops.sock; 0 (root) where uid-base is set or the group is missing. */
unsigned layout_group(const struct conf *, const char *name);

/* Makes folders and first keys that are missing and sets owners and modes; idempotent. With missing named users: -1. */
int layout_make(const struct conf *, struct err *);
/* posthouse setup: adds the users and groups too (useradd, groupadd of the system). */
int layout_setup(const struct conf *, struct err *);

/* The folder of a setting ("spool"), or one below it ("/index"; no symbolic link is followed there), which is that role's;
 * the caller's to close. -1: it is not there, or somebody else's. */
int layout_folder(const struct conf *, const char *setting, const char *below, enum role_kind owner,
    struct err *);

void layout_sysusers(struct buf *out); /* sysusers.d(5) */
void layout_tmpfiles(struct buf *out); /* tmpfiles.d(5) */
