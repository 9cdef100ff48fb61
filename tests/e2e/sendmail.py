#!/usr/bin/env python3
"""sendmail(1), mailq(1) and newaliases(1): programs of this machine hand mail in without a network or a login, as cron,
PHP, git and mail(1) call them; what comes while the relay is away waits for it."""
import json
import os
import subprocess

from house import BIN, House, run_test, until

NOBODY = 65534
CRON = b"From: root (Cron Daemon)\nTo: root\nCc: \"Ops\" <ops>, ann@good.test\nReply-To: root\nSubject: Cron <root@x> job\n\noutput\n"
# What is said of what cannot be sent, and how that ends (sysexits(3)).
WRONG = [
    (["mailer daemon@good.test"], b"Subject: x\n\nx\n", 65, "white space"),
    (["ann@good.test", "<bob@good.test"], b"Subject: x\n\nx\n", 65, "not closed"),
    (["-t"], b"To: ann@good.test, <bob@good.test> <c@good.test>\n\nx\n", 65, "comma"),
    (["-t"], b"To: ann@good.test, " + b"a" * 5000 + b"@good.test\n\nx\n", 65, "4096"),
    (["ann@good.test"], b"Subject: x\n\n" + b"x" * 70 + b"\n" * 200000, 65, "5.3.4"),
    (["-t"], b"Subject: nobody\n\nx\n", 64, "no recipients"),
    (["-f", "a@first.test,b@first.test", "ann@good.test"], b"\nx\n", 65, "more than one sender"),
    (["-f", "other@elsewhere.test", "ann@good.test"], b"\nx\n", 77, "5.7.1"),
]


def sendmail(house, args, text, code=0, user=None, name="sendmail"):
    """As root, or with the rights of another user."""
    env = {**os.environ, "POSTHOUSE_CONF": house.conf_path}
    env.pop("NAME", None)
    done = subprocess.run([BIN + "/" + name, *args], input=text, env=env, capture_output=True, timeout=60, check=False,
                          user=user, group=user, extra_groups=[] if user else None)
    assert done.returncode == code, (args, done)
    return done.stderr.decode()


def cron(house):
    sendmail(house, ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "-em", "-x", "root"], CRON)
    _, content = house.await_mail("ops@good.test")
    head = content.split(b"\r\n\r\n")[0].split(b"\r\n")
    for line in (b"From: root@first.test (Cron Daemon)", b"To: root@first.test", b"Reply-To: root@first.test",
                 b"Cc: \"Ops\" <ops@first.test>, ann@good.test", b"Subject: Cron <root@x> job"):
        assert line in head, (line, head)
    sendmail(house, ["-i", "root", "ops@good.test", "Root <root@relay.test>"], b"Subject: twice\n\nx\n")
    until(lambda: len(house.mails("ops@good.test")) == 2, 10, "one more mail to ops")


def words(house):
    """One word may hold several; each gets it once."""
    sendmail(house, ["-t", "one@good.test,two@good.test", "Three <three@good.test>", "\"f our\"@good.test"],
             b"To: two@GOOD.test, one@good.test\nBcc: one@good.test\nSubject: words\n\nLine\n.\nafter a dot\n")
    for to in ("one", "two", "three", '"f our"'):
        house.await_event("delivered", recipient=to + "@good.test")
    assert len(house.events("delivered", recipient="one@good.test")) == 1
    _, content = house.await_mail("one@good.test")
    assert b"after a dot" not in content and b"Bcc" not in content, content
    sendmail(house, ["-t", "-i"], b"To: not@good.test\nResent-To: resent@good.test\nResent-From: root\nFrom: a@first.test\n\n.\nx\n")
    _, content = house.await_mail("resent@good.test")
    assert b"\r\n.\r\nx" in content or b"\n.\nx" in content, content
    assert not house.mails("not@good.test")


def many(house):
    """More than the listener takes in one message: all of them, or none."""
    to = ["many%d@good.test" % i for i in range(2000)]
    said = sendmail(house, to + ["l" * 65 + "@good.test"], b"Subject: refused\n\nx\n", code=67)
    assert "lllll" in said and not house.mails("many0@good.test"), said
    sendmail(house, to, b"Subject: all\n\nx\n")
    until(lambda: len({e["recipient"] for e in house.events("delivered") if e["recipient"].startswith("many")}) == 2000, 60,
          "2000 recipients")
    assert len([e for e in house.events("delivered") if e["recipient"].startswith("many")]) == 2000


def waiting(house):
    return [n for n in os.listdir(house.folder + "/state/drop") if not n.endswith(".refused")]


def away(house):
    """Nobody runs: the message waits, and comes from the same uid as if it had not."""
    house.stop()
    sendmail(house, ["-t", "-V", "mine+1"], b"To: later@good.test\nSubject: later\n\nx\n", user=NOBODY)
    sendmail(house, ["-f", "cron@first.test", "-N", "never", "later@good.test", "\"a b\"@good.test"], b"Subject: two\n\nx\n")
    sendmail(house, ["-f", "nobody@elsewhere.test", "later@good.test"], b"Subject: refused\n\nx\n", user=NOBODY)
    sendmail(house, ["-f", "<>", "l" * 65 + "@good.test"], b"Subject: refused, and from nobody\n\nx\n")
    folder = house.folder + "/state/drop"
    assert os.stat(folder).st_mode & 0o7777 == 0o1733, oct(os.stat(folder).st_mode)
    assert len(waiting(house)) == 4, waiting(house)
    assert all(os.stat(folder + "/" + n).st_mode & 0o777 == 0o600 for n in waiting(house))
    # What others put there is not sent: a second name of somebody's file, a link, a folder.
    os.link(house.conf_path, folder + "/00000000000000000000000001")
    os.symlink(house.conf_path, folder + "/00000000000000000000000002")
    os.mkdir(folder + "/00000000000000000000000003")
    house.start()
    until(lambda: len(house.events("delivered", recipient="later@good.test")) == 2, 20, "what waited")
    house.await_event("delivered", recipient='"a b"@good.test')
    until(lambda: len(waiting(house)) == 3, 10, lambda: waiting(house))
    assert len(os.listdir(folder)) == 4, os.listdir(folder)    # beside them the one that nobody sent
    house.await_event("bounced", recipient="nobody@elsewhere.test")    # what was refused, on its way back
    assert "uid:%d" % NOBODY in [e.get("login") for e in house.events("received")], house.events("received")


def queue(house):
    sendmail(house, ["held@full.test"], b"Subject: x\n\nx\n")
    house.await_event("deferred", recipient="held@full.test")
    env = {**os.environ, "POSTHOUSE_CONF": house.conf_path}
    said = subprocess.run([BIN + "/mailq"], env=env, capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()
    assert said[-1].startswith("-- ") and said[-1].endswith(" in 1 Request."), said    # check_mailq -M postfix
    assert said[-2].strip() == "Total requests: 1", said                               # check_mailq -M sendmail
    rows = subprocess.run([BIN + "/mailq", "-j"], env=env, capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()
    row = json.loads(rows[0])
    assert len(rows) == 1 and set(row) == {"queue_name", "queue_id", "arrival_time", "message_size", "forced_expire", "sender",
                                           "recipients"}, rows
    assert row["queue_name"] in ("deferred", "active") and row["sender"] == "root@first.test", row
    assert row["recipients"][0]["address"] == "held@full.test" and "450" in row["recipients"][0]["delay_reason"], row


def main():
    with House(sinks={"good": "", "full": 'rcpt="450 4.2.2 full"'}, routes={"good.test": "good", "full.test": "full"},
               listener="max-size 100K\n\tmax-recipients 500",
               more="origin first.test\nalias root Postmaster ops@good.test\n") as house:
        house.start()
        empty = subprocess.run([BIN + "/mailq"], env={**os.environ, "POSTHOUSE_CONF": house.conf_path}, capture_output=True,
                                     text=True, timeout=30, check=True)
        assert "empty" in empty.stdout, empty
        cron(house)
        words(house)
        for args, text, code, said in WRONG:
            assert said in sendmail(house, args, text, code), (args, code, said)
        many(house)
        away(house)
        queue(house)
        sendmail(house, [], b"", name="newaliases")


run_test(main)
