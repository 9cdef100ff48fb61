#!/usr/bin/env python3
"""Channels between roles that live are closed, since one end said nonsense: they are opened anew, and mail goes on."""
import ctypes
import errno
import os
import socket
import stat
import time

from house import ROLES, House, Skip, run_test, until

PIDFD_OPEN, PIDFD_GETFD, MASTER_FD = 434, 438, 3
SINKS = {"good": "", "unknown": "unknown=nobody*"}
ROUTES = {"good.test": "good", "unknown.test": "unknown", "first.test": "good"}
LIBC = ctypes.CDLL(None, use_errno=True)


def stolen(pid, fd):
    """A copy of another process's socket, where it is a channel."""
    handle = LIBC.syscall(PIDFD_OPEN, pid, 0)
    copy = LIBC.syscall(PIDFD_GETFD, handle, fd, 0)
    why = ctypes.get_errno()
    os.close(handle)
    if copy == -1 and why == errno.EBADF:  # closed a moment ago
        return None
    if copy == -1:
        raise Skip("pidfd_getfd: " + os.strerror(why))
    if not stat.S_ISSOCK(os.fstat(copy).st_mode):
        os.close(copy)
        return None
    s = socket.socket(fileno=copy)
    if s.family == socket.AF_UNIX and s.type & 0xf == socket.SOCK_SEQPACKET:
        return s
    s.close()
    return None


def spoil(pid):
    """Nonsense to every peer of that process; how many there were."""
    n = 0
    for fd in sorted(map(int, os.listdir("/proc/%d/fd" % pid))):
        s = stolen(pid, fd) if fd > MASTER_FD else None
        if s is None:
            continue
        try:
            s.send(b"xyz")
            n += 1
        except OSError:  # closed from the other side a moment ago
            pass
        s.close()
    return n


def works(house, name):
    """Signed and rewritten, looked up, bounced and told of: every role has its part."""
    ann, nobody = name + "@good.test", "nobody." + name + "@unknown.test"
    house.send(ann, html="<p><a href='https://shop.test/'>go</a></p>")
    house.send(nobody)
    house.await_event("delivered", 20, recipient=ann)
    house.await_event("bounced", 20, recipient=nobody)
    assert b"DKIM-Signature" in house.await_mail(ann)[1]
    until(lambda: any(nobody.encode() in content for _, content in house.mails("news@first.test")), 20, "the bounce message")


def main():
    with House(sinks=SINKS, routes=ROUTES, tenant="sign yes\n\ttrack clicks", retry_first="1s", retry_most="1s") as house:
        house.ctl("dkim", "new", "-s", "s1", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "-s", "s1", "first", "first.test")
        house.start()
        works(house, "before")
        pids = dict(house.pids())
        for role in ROLES:
            began = house.log().count("channel-reopened")
            n = spoil(pids[role])
            assert n > 0, "%s has no channel" % role
            until(lambda b=began, k=n: house.log().count("channel-reopened") >= b + k, 40,
                  lambda r=role, k=n: "%d channels of %s" % (k, r))
            time.sleep(0.2)
            works(house, role)
        assert dict(house.pids()) == pids, "a role ended"


run_test(main)
