#!/usr/bin/env python3
"""What people read: help and version of each verb, a verb that was mistyped, tables that fit the terminal, ages and times, completion."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

from house import BIN, TOP, House, run_test, until


def on_terminal(house, places, *words):
    """What a terminal of that width is shown."""
    main_fd, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, places, 0, 0))
    proc = subprocess.Popen([BIN + "/posthouse", "-c", house.conf_path, *words], stdout=other, stderr=subprocess.STDOUT,
                            env={**os.environ, "NO_COLOR": "1"})
    os.close(other)
    said = b""
    while True:
        try:
            more = os.read(main_fd, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
    assert proc.wait(30) == 0, said
    os.close(main_fd)
    return said.decode().replace("\r", "")


def helped(house):
    verbs = re.findall(r"(?m)^  ([a-z]+) ", house.ctl("help"))
    assert "queue" in verbs and "log" in verbs, verbs
    for verb in verbs:
        assert house.ctl(verb, "--help").startswith("usage: posthouse " + verb), verb
        assert re.match(r"posthouse \d", house.ctl(verb, "--version")), verb
    for program in ("posthouse", "posthoused"):
        for option, first in (("--help", "usage: "), ("--version", program + " ")):
            done = subprocess.run([BIN + "/" + program, option], capture_output=True, text=True, check=True)
            assert done.stdout.startswith(first) and not done.stderr, done
    for wrong, right in (("qeue", "queue"), ("suspend", None), ("statsu", "status"), ("reloaad", "reload")):
        said = house.ctl(wrong, code=2)
        assert "no verb" in said and ("did you mean" in said) == (right is not None) and (right or "") in said, said


def completed(line):
    """What bash would offer behind these words."""
    words = line.split(" ")
    script = "source %s/etc/completion/posthouse.bash; COMP_WORDS=(%s); COMP_CWORD=%d; _posthouse; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
        TOP, " ".join("'%s'" % w for w in words), len(words) - 1)
    return set(subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True,
                              env={**os.environ, "PATH": BIN + ":" + os.environ["PATH"]}).stdout.split())


def main():
    with House(retry_first="1h", retry_most="1h") as house:
        house.start()
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")
        house.stop_sink()
        house.send("a.rather.long.recipient.of.a.message@good.test")
        until(lambda: "a.rather" in house.ctl("queue", "--state", "deferred", code=None), 20, lambda: house.ctl("queue", code=None))
        helped(house)
        until(lambda: house.rows("stats", code=None), 10, "numbers")
        for places in (80, 132):
            for words in (["stats"], ["queue"], ["lanes"], ["status"], ["tenants"]):
                said = on_terminal(house, places, *words)
                assert max(len(line) for line in said.splitlines() if house.folder not in line) <= places, (places, words, said)
        assert re.search(r"\d+s\b", house.ctl("queue")), house.ctl("queue")
        assert "normal" in house.ctl("lanes"), house.ctl("lanes")
        assert re.search(r"\d\d:\d\d:\d\dZ", house.ctl("why", "first")), house.ctl("why", "first")
        for row in house.rows("conf", "show"):
            assert set(row) == {"block", "setting", "value"}, row
        assert any(r["block"] == "tenant first" and r["setting"] == "domain" and "mail.first.test" in r["value"]
                   for r in house.rows("conf", "show")), house.rows("conf", "show")
        assert json.loads(house.ctl("-j", "drop", "-n", "--all").splitlines()[0])["count"] == 1
        os.environ["POSTHOUSE_CONF"] = house.conf_path
        for line, want in (("posthouse que", {"queue"}), ("posthouse queue --ten", {"--tenant"}), ("posthouse queue --tenant ", {"first"}),
                           ("posthouse queue --state def", {"deferred"}), ("posthouse lanes release g", {"good.test"}),
                           ("posthouse tenants p", {"pause"}), ("posthouse log ", {"reopen"}), ("posthouse hold --site g", {"good.test"})):
            assert completed(line) == want, (line, completed(line))


run_test(main)
