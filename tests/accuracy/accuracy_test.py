#!/usr/bin/env python3
"""How well what comes back is understood: mails.jsonl and replies.jsonl, written for this, against bouncd-parse and bouncd.

    B=build tests/accuracy/accuracy_test.py [--misses]

mails/NAME.eml are short mails in the formats of the field, each with a line of truth: kind, recipients (class, category,
status) and the original's Message-ID; each is read with LF and with CRLF. replies.jsonl are replies of servers. A key
X_also lists further right answers; a key that is absent is not scored. phrases are what servers say, each behind its
category; not_hard.txt are replies about something else than a dead recipient, or for now: none may be called hard. Prints a
table; exit 1 when a share falls below what stands in LEAST.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(os.environ.get("B", os.path.join(HERE, "..", "..", "build")), "bin")
# In percent. What the table showed when a change was last made, less one mail.
LEAST = {
    "mails": {"kind": 98, "found": 98, "wrong": 1, "class": 95, "category": 92, "status": 98, "message-id": 98, "whole": 90},
    "replies": {"class": 98, "soft as hard": 0, "category": 90},
    "phrases": {"class": 96, "soft as hard": 0.2, "category": 93},
}
MOST = ("wrong", "soft as hard")  # these must not grow


class Shares:
    def __init__(self):
        self.good, self.all = collections.Counter(), collections.Counter()

    def add(self, what, good, of=1):
        self.good[what] += good
        self.all[what] += of

    def percent(self, what):
        return 100.0 * self.good[what] / self.all[what] if self.all[what] else 0.0


def lines(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def run(program, arguments, given):
    """One line of JSON for each line given."""
    done = subprocess.run([os.path.join(BIN, program)] + arguments, input="\n".join(given) + "\n", stdout=subprocess.PIPE,
                          encoding="utf-8", check=True, timeout=120)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(given):
        sys.exit("%s: %d answers to %d lines" % (program, len(answers), len(given)))
    return answers


def right(truth, given, key):
    return given.get(key) == truth[key] or given.get(key) in truth.get(key + "_also", [])


def bare(text):
    return (text or "").strip().strip("<>").lower()


def score_recipients(shares, truth, given):
    wrong = []
    found = {bare(r["address"]): r for r in given}
    wanted = {bare(r["address"]) for r in truth}
    for r in truth:
        mine = found.get(bare(r["address"]))
        shares.add("found", mine is not None)
        if mine is None:
            wrong.append("missed " + r["address"])
        for key in ("class", "category", "status"):
            if key in r:
                good = mine is not None and right(r, mine, key)
                shares.add(key, good)
                if mine is not None and not good:
                    wrong.append("%s %s, not %s" % (key, r[key], mine.get(key)))
    for address in found:
        shares.add("wrong", address not in wanted)
        if address not in wanted:
            wrong.append("extra " + address)
    return wrong


def score_mail(shares, truth, given):
    wrong = []
    shares.add("kind", right(truth, given, "kind"))
    if not right(truth, given, "kind"):
        wrong.append("kind %s, not %s" % (truth["kind"], given.get("kind")))
    if truth["recipients"] is not None:
        wrong += score_recipients(shares, truth["recipients"], given.get("recipients", []))
    if "original_message_id" in truth:
        good = bare(given.get("original_message_id")) == bare(truth["original_message_id"])
        shares.add("message-id", good)
        if not good:
            wrong.append("message-id %s, not %s" % (truth["original_message_id"], given.get("original_message_id")))
    shares.add("whole", not wrong)
    return wrong


def with_crlf(paths, folder):
    """The same mails as they come over SMTP."""
    made = []
    for path in paths:
        with open(path, "rb") as f:
            content = f.read().replace(b"\n", b"\r\n")
        made.append(os.path.join(folder, os.path.basename(path)))
        with open(made[-1], "wb") as f:
            f.write(content)
    return made


def mails(misses):
    shares, truths = Shares(), lines("mails.jsonl")
    paths = [os.path.join(HERE, "mails", t["file"]) for t in truths]
    with tempfile.TemporaryDirectory() as folder:
        for form in (paths, with_crlf(paths, folder)):
            for truth, given in zip(truths, run("bouncd-parse", ["--batch"], form)):
                wrong = score_mail(shares, truth, given)
                if wrong and misses and form is paths:
                    print("%s: %s" % (truth["file"], "; ".join(wrong)))
    return len(truths), shares


def replies(misses):
    shares, truths = Shares(), lines("replies.jsonl")
    asked = [json.dumps({"reply": t["reply"]}) for t in truths]
    for truth, given in zip(truths, run("bouncd", ["--batch", "classify"], asked)):
        for key in ("class", "category"):
            shares.add(key, right(truth, given, key))
        shares.add("hard as soft", truth["class"] == "hard" and not right(truth, given, "class"))
        shares.add("soft as hard", truth["class"] == "soft" and not right(truth, given, "class"))
        if misses and not (right(truth, given, "class") and right(truth, given, "category")):
            print("%s %s, not %s %s: %s" % (truth["class"], truth["category"], given.get("class"), given.get("category"),
                                            truth["reply"].split("\n")[0]))
    return len(truths), shares


HARD = ("bad-mailbox", "bad-domain", "inactive", "moved", "not-accepting")


def classified(asked):
    return run("bouncd", ["--batch", "classify"], [json.dumps({"reply": reply}) for reply in asked])


def phrases(misses):
    """Class: hard where category and code say so, else soft. "none" gives no reason, and is not scored but for being soft."""
    shares = Shares()
    with open(os.path.join(HERE, "phrases"), encoding="utf-8") as f:
        said = [line.strip().split(" ", 1) for line in f if line.strip() and line[0] != "#"]
    for (category, reply), given in zip(said, classified([reply for _, reply in said])):
        hard = category in HARD and reply[0] != "4"
        shares.add("class", (given["class"] == "hard") == hard)
        shares.add("soft as hard", given["class"] == "hard" and not hard)
        if category != "none":
            shares.add("category", given["category"] == category)
        if misses and category not in ("none", given["category"]):
            print("%s, not %s: %s" % (category, given["category"], reply))
    return len(said), shares


def not_hard():
    """Those that are called hard: there must be none."""
    with open(os.path.join(HERE, "not_hard.txt"), encoding="utf-8") as f:
        asked = [line.rstrip("\n") for line in f if line.strip()]
    return ["called hard by %s: %s" % (given.get("rule"), reply)
            for reply, given in zip(asked, classified(asked)) if given["class"] == "hard"]


def table(name, number, shares, columns):
    print("%-10s %6s" % ("", name) + "".join("%*s" % (max(len(c), 6) + 2, c) for c in columns))
    print("%-10s %6d" % ("", number) + "".join("%*.1f%%" % (max(len(c), 6) + 1, shares.percent(c)) for c in columns))


def below(name, shares):
    bad = []
    for what, least in LEAST[name].items():
        is_bad = shares.percent(what) > least if what in MOST else shares.percent(what) < least
        if is_bad:
            bad.append("%s: %s is %.1f %%, was %s" % (name, what, shares.percent(what), least))
    return bad


def main():
    misses = "--misses" in sys.argv[1:]
    number, shares = mails(misses)
    table("mails", number, shares, ["kind", "found", "wrong", "class", "category", "status", "message-id", "whole"])
    bad = below("mails", shares)
    number, shares = replies(misses)
    table("replies", number, shares, ["class", "hard as soft", "soft as hard", "category"])
    bad += below("replies", shares)
    number, shares = phrases(misses)
    table("phrases", number, shares, ["class", "soft as hard", "category"])
    bad += below("phrases", shares) + not_hard()
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
