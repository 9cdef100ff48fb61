#!/usr/bin/env python3
"""What the kernel says of each role: its own uid, no capabilities, no new privileges, seccomp, an empty root."""
import os

from house import ROLES, UID_BASE, House, run_test


def facts(pid):
    with open("/proc/%d/status" % pid, encoding="utf-8") as f:
        return dict((line.split(":", 1)[0], line.split(":", 1)[1].split()) for line in f)


def main():
    with House() as house:
        house.start()
        running = house.pids()
        assert {role for role, _ in running} >= set(ROLES), running
        for role, pid in running:
            if role not in ROLES:
                continue
            status, uid = facts(pid), str(UID_BASE + ROLES.index(role) + 1)
            assert status["Uid"] == [uid] * 4 and status["Gid"] == [uid] * 4, (role, status["Uid"], status["Gid"])
            assert status["Groups"] == [], (role, status["Groups"])
            assert status["Seccomp"] == ["2"] and status["NoNewPrivs"] == ["1"], (role, status)
            for caps in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(status[caps][0], 16) == 0, (role, caps, status[caps])
            root = "/proc/%d/root" % pid
            assert os.readlink(root) == house.folder + "/run/empty" and os.listdir(root + "/") == [], role
        for row in house.rows("status"):
            if row.get("role") in ROLES:
                for word in ("open=", "exec="):
                    assert word in row["selftest"], row


run_test(main)
