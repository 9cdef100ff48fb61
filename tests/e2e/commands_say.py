#!/usr/bin/env python3
"""Commands do what they say: trace tells of the address asked for and of what waits under its own message, the youngest messages
first to stay; import keeps what stands; logins and keys that are changed at once are all there; a secret file is the writer's."""
import os
import re
import subprocess

from house import BIN, House, run_test, until


def at_once(house, commands, text=None):
    procs = [subprocess.Popen([BIN + "/posthouse", "-c", house.conf_path, *c], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) for c in commands]
    for p in procs:
        if text is not None:
            p.stdin.write(text)
        p.stdin.close()
    for p in procs:
        said = p.stdout.read()
        assert p.wait(60) == 0, said


def traced(house):
    house.stop_sink()
    first = house.send("ann@good.test", "bob@good.test")
    house.ctl("hold", first)
    said = house.ctl("trace", "ann@good.test")  # of a moment ago: no event names ann yet, or none did when it was asked
    assert first in said and "waits now" in said and "bob@" not in said, said
    assert "bob@" in house.ctl("trace", "--all", "ann@good.test")
    assert "bob@" in house.ctl("trace", "news@first.test")
    second = house.send("ann@good.test", "carl@good.test")
    house.ctl("hold", second)
    said = house.ctl("trace", "Ann@Good.Test")
    blocks = re.split(r"(?m)^Message ", said)[1:]
    assert [b[:26] for b in blocks] == [first, second], said
    assert all(b.count("waits now") == 1 for b in blocks) and "carl@" not in said, said
    said = house.ctl("trace", "--limit", "1", "ann@good.test")
    assert second in said and first not in said and "1 of 2" in said, said
    ident = house.events("received", message=first)[0]["message_id"]
    assert "bob@" in house.ctl("trace", ident) and "bob@" in house.ctl("trace", "<%s>" % ident)
    assert "give more of the id" in house.ctl("trace", os.path.commonprefix([first, second]), code=2)
    house.ctl("drop", "--yes", "--all")


def suppressed(house):
    def row():
        return house.rows("suppress", "why", "ann@good.test")[0]
    house.ctl("suppress", "add", "--reason", "complaint", "--for", "0", "ann@good.test")
    said = house.ctl("suppress", "import", text="ann@good.test,,imported,,20990101\nzoe@good.test,,imported,,20990101\n")
    assert "1 taken" in said and "1 stay" in said, said
    assert row()["reason"] == "complaint", row()
    house.ctl("suppress", "import", "--replace", text="ann@good.test,,imported,,20990101\n")
    assert row()["reason"] == "imported" and row()["expires"].startswith("2099-01-01"), row()
    assert "0 taken" in house.ctl("suppress", "import", text="eve@good.test,,,2026-13-45\n", code=1)
    house.ctl("suppress", "add", "--scope", "first", "ann@good.test")
    said = house.ctl("suppress", "rm", "ann@good.test")
    assert "may be mailed" not in said and "first" in said, said
    assert "may be mailed" in house.ctl("suppress", "rm", "--scope", "first", "ann@good.test")
    assert "more than these 1" in house.ctl("suppress", "list", "--limit", "1") or len(house.rows("suppress", "list")) == 1


def locked(house):
    at_once(house, [("user", "add", "u%d" % i, "--tenant", "first", "--no-reload") for i in range(8)], "secret\n")
    assert len(house.rows("user", "list")) == 8, house.ctl("user", "list")
    before = len([r for r in house.rows("keys", "list") if r["kind"] == "tracking"])
    at_once(house, [("keys", "rotate", "tracking", "--no-reload") for _ in range(4)])
    assert len([r for r in house.rows("keys", "list") if r["kind"] == "tracking"]) == before + 4, house.ctl("keys", "list")
    assert "1 to" in house.ctl("keys", "rotate", "tracking", "--key", "0", code=2)
    path = house.folder + "/exported"
    with open(path, "w", encoding="ascii"):
        pass
    os.chown(path, 65534, 65534)
    house.ctl("keys", "export", path)
    assert (os.stat(path).st_uid, os.stat(path).st_mode & 0o777) == (os.geteuid(), 0o600)


def refused(house):
    """The log of a refused MAIL says who it was from."""
    with house.smtp() as s:
        s.ehlo("client.test")
        s.docmd("MAIL FROM:<mallory@elsewhere.test> SIZE=99999999999")
    until(lambda: "from=<mallory@elsewhere.test>" in house.log(), 10, house.log)


def main():
    with House(retry_first="1h", retry_most="1h") as house:
        house.start()
        refused(house)
        traced(house)
        suppressed(house)
        locked(house)
        assert "The house has stopped" in house.ctl("stop")
        house.master.wait(10)


run_test(main)
