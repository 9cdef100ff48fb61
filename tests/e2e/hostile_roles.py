#!/usr/bin/env python3
"""Roles that were broken into: what they told stays told (the event file, the log), what they share keeps its size, and no
descriptor leads to the operator's terminal, though the relay was started from one. One that floods its master harms nobody else."""
import os
import pty
import re
import signal
import subprocess

from house import BIN, House, run_test, until

HOSTILE = ["smtpd", "queued", "bouncd", "trackd-web"]
FIRST = b'{"event":"old"}\n'
NEVER = {"clear-append", "clear-append-high", "clear-append-high-fd", "truncate", "truncate-high", "punch", "noappend", "dup",
         "dup-high", "dupfd", "map", "map-write", "clients-truncate", "memfd"}


class OnTerminal(House):
    """In the foreground of a terminal, as a person would start it; with the log there too."""

    def launch(self):
        ours, theirs = pty.openpty()
        run = subprocess.Popen

        def popen(*args, **options):
            return run(*args, **{**options, "stdin": theirs, "stdout": theirs, "stderr": theirs})
        subprocess.Popen = popen
        try:
            super().launch()
        finally:
            subprocess.Popen = run
        os.close(theirs)
        os.set_blocking(ours, False)
        self.terminal, self.shown = ours, b""

    def log(self):
        try:
            while True:
                self.shown += os.read(self.terminal, 65536)
        except OSError:
            pass
        return self.shown.decode("utf-8", "replace")


def make_hostile(house, name):
    os.unlink(house.folder + "/libexec/" + name)
    os.symlink(BIN + "/hostile-role", house.folder + "/libexec/" + name)


def hostile_libexec(house, hostile):
    """A folder of programs, in which those are hostile."""
    libexec = house.folder + "/libexec"
    os.mkdir(libexec)
    for name in os.listdir(BIN):
        if os.path.isfile(BIN + "/" + name):
            os.symlink(BIN + "/" + name, libexec + "/" + name)
    for name in hostile:
        make_hostile(house, name)
    house.master_options = ["-L", libexec]


def tries(log, role):
    return dict(re.findall(r" %s\[\d+\] hostile try=(\S+) got=(\S+)" % role, log))


def check(house, log):
    for role in HOSTILE:
        got = tries(log, role)
        assert (got["stdin"], got["stdout"], got["stderr"]) == ("null", "pipe", "pipe"), (role, got)
        reached = {t for t, r in got.items() if r == "REACHED" and t in NEVER}
        assert not reached, (role, reached)
        if role != "smtpd":
            assert got["append"] == "REACHED", (role, got)
            with open(house.folder + "/events/%s.jsonl" % role, "rb") as f:
                assert f.read().startswith(FIRST), role
        # A line in another's name is quoted in one of the master's.
        assert re.search(r'posthoused\[\d+\] role-said level=warn role=%s pid=\d+ text="2026-01-01T00:00:00.000Z queued\[1\] forged"'
                         % role, log), log
        assert re.search(r'role-said level=warn role=%s pid=\d+ text="just words \\x1b\[31m"' % role, log)
    assert "\x1b" not in log


def run_house(house):
    hostile_libexec(house, HOSTILE)
    os.makedirs(house.folder + "/events", exist_ok=True)
    for role in HOSTILE:
        with open(house.folder + "/events/%s.jsonl" % role, "wb") as f:
            f.write(FIRST)
    house.start()
    until(lambda: all("stderr" in tries(house.log(), r) and house.log().count("just words") >= len(HOSTILE) for r in HOSTILE), 20,
          house.log)
    check(house, house.log())


def one_that_floods():
    """It asks for channels and talks without end: the house goes on, and so does the mail that needs it not."""
    with House() as house:
        hostile_libexec(house, [])
        house.start()
        make_hostile(house, "trackd-rewrite")
        os.kill(house.pids("trackd-rewrite")[0][1], signal.SIGKILL)
        until(lambda: "asks for channels too often" in house.log(), 20, house.log)
        until(lambda: "role-said-more" in house.log(), 20, house.log)
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")
        log = house.log()
        assert "role=queued" not in "".join(line for line in log.splitlines() if "role-died" in line), log[-4000:]
        assert len(re.findall(r"channel-reopened", log)) < 1000 and len(log) < 4 << 20, len(log)
        house.ctl("status")


def main():
    one_that_floods()
    with House() as house:
        run_house(house)
    with OnTerminal() as house:
        house.write_conf("")
        with open(house.conf_path, encoding="utf-8") as f:
            text = re.sub(r"(?m)^log .*$", "log stderr", f.read())
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        run_house(house)
        for pid in house.children():
            for fd in os.listdir("/proc/%d/fd" % pid):
                target = os.readlink("/proc/%d/fd/%s" % (pid, fd))
                assert not re.match(r"/dev/(pts|tty|ptmx)", target), (pid, fd, target)


run_test(main)
