#!/usr/bin/env python3
"""Each role of a new generation is killed at each moment of a reload: before READY, when it is ready and others are not asked
to their end yet, and when its last word is read together with its death. So is each role that keeps its state, while it is
asked. The master lives, takes or refuses the reload whole, takes the next one, and mail passes."""
import os
import signal
import subprocess
import time

from house import BIN, House, run_test, until

NEW = ["trackd-sign", "trackd-rewrite", "bouncd-parse", "deliverd-resolve", "deliverd", "smtpd-auth", "smtpd", "trackd-web"]
ASKED = ["queued", "bouncd", "trackd-stats"]


def role_of(pid):
    try:
        return os.path.basename(os.readlink("/proc/%d/exe" % pid))
    except OSError:
        return None


def state_of(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
        return f.read().rsplit(")", 1)[1].split()[0]


class Reload:
    """One that is under way, and the roles it started."""

    def __init__(self, house):
        self.house, self.before = house, set(house.children())
        self.log_at = len(house.log())
        self.ctl = subprocess.Popen([BIN + "/posthouse", "-c", house.conf_path, "reload"], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True)

    def catch(self, role):
        """Stops the new process of that role as soon as it is there."""
        def look():
            for pid in self.house.children():
                if pid not in self.before and role_of(pid) == role:
                    os.kill(pid, signal.SIGSTOP)
                    return pid
            return None
        return until(look, 20, "a new " + role)

    def ready(self, role=None):
        said = self.house.log()[self.log_at:].splitlines()
        return [r for r in NEW if any(" role-ready role=%s " % r in line for line in said) and r != role]

    def end(self):
        output = self.ctl.communicate(timeout=60)[0]
        return self.ctl.returncode, output


def settled(house):
    """Everything runs, once, with one generation."""
    def look():
        rows = [r for r in house.rows("status", code=None) if "role" in r]
        return {r["role"] for r in rows} >= set(NEW + ASKED) and len(rows) == len(NEW + ASKED) and all(
            r["state"] == "ready" for r in rows) and rows
    rows = until(look, 40, lambda: house.ctl("status", code=None))
    assert len({r["generation"] for r in rows}) == 1, rows


def before_ready(house, role):
    reload = Reload(house)
    os.kill(reload.catch(role), signal.SIGKILL)
    code, said = reload.end()
    # It may have been ready before it was caught, and all others too.
    assert code == 0 or "died" in said, (role, code, said)


def ready_while_others_are_asked(house, role):
    queued = house.pids("queued")[0][1]
    os.kill(queued, signal.SIGSTOP)
    try:
        reload = Reload(house)
        pid = reload.catch(role)
        os.kill(pid, signal.SIGCONT)
        until(lambda: set(reload.ready()) == set(NEW), 20, lambda: reload.ready())
        os.kill(pid, signal.SIGKILL)
        code, said = reload.end()
    finally:
        os.kill(queued, signal.SIGCONT)
    assert code == 1 and "died" in said, (role, code, said)


def last_word_and_death(house, role):
    """The master reads READY, the last that was missing, from one that is dead: it takes its seat, and is replaced."""
    master = house.master.pid
    reload = Reload(house)
    pid = reload.catch(role)
    until(lambda: set(reload.ready(role)) == set(NEW) - {role}, 20, lambda: reload.ready(role))
    os.kill(master, signal.SIGSTOP)
    until(lambda: state_of(master) == "T", 5, "the master stands")
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.3)  # what it says cannot be seen from outside; if it is late this is before_ready() once more
    os.kill(pid, signal.SIGKILL)
    os.kill(master, signal.SIGCONT)
    code, said = reload.end()
    assert code == 0 or "died" in said, (role, code, said)


def one_that_is_asked(house, role):
    pid = house.pids(role)[0][1]
    os.kill(pid, signal.SIGSTOP)
    reload = Reload(house)
    until(lambda: set(reload.ready()) == set(NEW), 20, lambda: reload.ready())
    os.kill(pid, signal.SIGKILL)
    code, said = reload.end()
    assert code == 1 and "died" in said, (role, code, said)


def one_that_has_agreed(house, role):
    """Another one keeps the reload open; PREPARED and COMMIT meet a death."""
    other = house.pids("bouncd" if role != "bouncd" else "queued")[0][1]
    pid = house.pids(role)[0][1]
    os.kill(other, signal.SIGSTOP)
    reload = Reload(house)
    until(lambda: set(reload.ready()) == set(NEW), 20, lambda: reload.ready())
    os.kill(house.master.pid, signal.SIGSTOP)
    os.kill(other, signal.SIGCONT)
    os.kill(pid, signal.SIGKILL)
    os.kill(house.master.pid, signal.SIGCONT)
    code, said = reload.end()
    assert code == 0 or "died" in said, (role, code, said)


def one_right_after_a_refused_one(house):
    """Before those of the refused one are reaped."""
    with open(house.conf_path, encoding="utf-8") as f:
        good = f.read()
    for _ in range(5):
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(good + "bounces {\n\trules /nowhere/bounces.conf\n}\n")
        refused = subprocess.Popen([BIN + "/posthouse", "-c", house.conf_path, "reload"], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        refused.communicate(timeout=30)
        assert refused.returncode == 1
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(good)
        house.ctl("reload")
    settled(house)


def main():
    with House() as house:
        house.start()
        master = house.master.pid
        cases = [(f, r) for f in (before_ready, ready_while_others_are_asked, last_word_and_death) for r in NEW]
        cases += [(f, r) for f in (one_that_is_asked, one_that_has_agreed) for r in ASKED]
        for case, role in cases:
            case(house, role)
            assert house.master.poll() is None, (case.__name__, role, house.master.returncode)
            settled(house)
        one_right_after_a_refused_one(house)
        house.ctl("reload")
        settled(house)
        assert house.master.pid == master and house.master.poll() is None
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")


run_test(main)
