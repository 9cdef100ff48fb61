#!/usr/bin/env python3
"""first_mail.py PORT EVENTS POSTHOUSE CONF: sends one HTML mail to three people and shows what became of it."""
import json
import os
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage

PEOPLE = ["ann@good.test", "bob@slow.test", "nobody@unknown.test"]
ENDS = {"delivered", "bounced", "deferred", "expired", "suppressed", "dropped"}
PATIENCE_S = 15
HTML = """<html><body>
<p>Dear reader,</p>
<p>this is a first mail through <b>posthouse</b>. A <a href="https://www.example.org/offer?id=7&amp;from=mail">link</a>
in it becomes one that can be counted, and so does its opening.</p>
</body></html>
"""


def first_mail():
    mail = EmailMessage()
    mail["From"] = "First Tenant <news@first.test>"
    mail["To"] = ", ".join(PEOPLE)
    mail["Subject"] = "A first mail"
    mail["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    mail["Message-ID"] = "<%d@first.test>" % time.time_ns()
    mail.set_content("Dear reader,\n\nthis is a first mail through posthouse.\n")
    mail.add_alternative(HTML, subtype="html", cte="7bit")  # so that a link can be copied out of the file
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def send(port):
    """The id it was queued as."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as s:
        s.ehlo("tester.test")
        for code, reply in [s.mail("news@first.test")] + [s.rcpt(p) for p in PEOPLE]:
            if code != 250:
                sys.exit("the relay refused: %d %s" % (code, reply.decode(errors="replace")))
        code, reply = s.data(first_mail())
        if code != 250:
            sys.exit("the relay refused the message: %d %s" % (code, reply.decode(errors="replace")))
    return reply.decode().split()[-1]


def fates(folder, message):
    """{recipient: event} of what ended it, or put it off, so far."""
    found = {}
    for name in os.listdir(folder):
        if not name.endswith(".jsonl"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            for line in f:
                event = json.loads(line) if line.endswith("\n") and message in line else {}
                if event.get("event") in ENDS and event.get("message") == message:
                    found[event["recipient"]] = event
    return found


def shown(event):
    if event is None:
        return "waits", "no answer yet"
    what = event["event"]
    if what in ("bounced", "deferred"):
        what += " (%s)" % event.get("class", {"bounced": "hard", "deferred": "soft"}[what])
    why = event.get("reply", event.get("reason", "")).replace("\n", " ")
    if event.get("category"):
        why = "%s: %s" % (event["category"], why)
    if event.get("retry_s"):
        why += "; again in %s s" % event["retry_s"]
    return what, why


def main():
    port, folder, posthouse, conf = sys.argv[1:]
    began = time.monotonic()
    message = send(int(port))
    print("A first mail was taken, synced to disk and answered in %d ms as %s.\n" % ((time.monotonic() - began) * 1000, message))
    found = {}
    while len(found) < len(PEOPLE) and time.monotonic() < began + PATIENCE_S:
        found = fates(folder, message)
        time.sleep(0.02)
    print("%-22s  %-17s  %s" % ("recipient", "what became of it", "why"))
    for person in PEOPLE:
        print("%-22s  %-17s  %s" % ((person, ) + shown(found.get(person))))
    print("\n$ posthouse trace %s" % message, flush=True)
    subprocess.run([posthouse, "-c", conf, "trace", message], check=False)


main()
