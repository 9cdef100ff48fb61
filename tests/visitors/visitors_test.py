#!/usr/bin/env python3
"""How well persons and machines are told apart: visits.jsonl, written for this, against the shipped rules.

    B=build tests/visitors/visitors_test.py [--misses] [--half open|held|second]

A line of visits.jsonl is a visit: its facts (trackd(8), --visitors), whose it was (label), what kind of visitor (of), where
that kind is described (source), and which half: "held" ones were not looked at while the rules were written, "second" ones were written after that.
Precision: of the visits called a machine's, those that were. Recall: of the machines' visits, those called so. One that is
called unsure counts as not called. Prints a table; exit 1 below the marks.
"""
import collections
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(os.environ.get("B", os.path.join(HERE, "..", "..", "build")), "bin")
PRECISION, RECALL = 98.0, 95.0


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def judged():
    path = os.path.join(HERE, "visits.jsonl")
    with open(path, encoding="utf-8") as f:
        visits = [json.loads(line) for line in f]
    with open(path, encoding="utf-8") as f:
        done = subprocess.run([os.path.join(BIN, "trackd-web"), "--visitors"], stdin=f, stdout=subprocess.PIPE,
                              encoding="utf-8", check=True, timeout=120)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(visits):
        sys.exit("%d answers to %d visits" % (len(answers), len(visits)))
    return list(zip(visits, answers))


def score(pairs, key):
    said = [v["label"] for v, a in pairs if a[key] == "yes"]
    machines = [a[key] for v, a in pairs if v["label"] == "machine"]
    return percent(said.count("machine"), len(said)), percent(machines.count("yes"), len(machines))


def kinds_print(pairs):
    kinds = collections.OrderedDict()
    for label in ("machine", "person"):
        for v, a in pairs:
            if v["label"] == label:
                kinds.setdefault((label, v["of"]), collections.Counter())[a["machine"]] += 1
    print("%-8s %-60s %6s %5s %7s %4s" % ("", "visitor", "visits", "yes", "unsure", "no"))
    for (label, of), n in kinds.items():
        print("%-8s %-60s %6d %5d %7d %4d" % (label, of, sum(n.values()), n["yes"], n["unsure"], n["no"]))


def main():
    pairs = judged()
    half = sys.argv[sys.argv.index("--half") + 1] if "--half" in sys.argv else None
    shown = [(v, a) for v, a in pairs if half in (None, v["half"])]
    kinds_print(shown)
    print()
    print("%-24s %6s %10s %7s" % ("", "visits", "precision", "recall"))
    ok = True
    for name, key, some in (("as each came", "at_first", shown), ("with what came after", "machine", shown),
                            ("  of kinds open", "machine", [p for p in shown if p[0]["half"] == "open"]),
                            ("  of kinds held back", "machine", [p for p in shown if p[0]["half"] == "held"]),
                            ("  of the second batch", "machine", [p for p in shown if p[0]["half"] == "second"])):
        if some:
            precision, recall = score(some, key)
            print("%-24s %6d %9.1f%% %6.1f%%" % (name, len(some), precision, recall))
            ok = ok and (not name.startswith("with") or (precision >= PRECISION and recall >= RECALL))
    if "--misses" in sys.argv:
        for v, a in shown:
            if (v["label"] == "machine") != (a["machine"] == "yes"):
                print("%s %s" % (json.dumps(a), json.dumps(v)))
    return 0 if ok else 1


sys.exit(main())
