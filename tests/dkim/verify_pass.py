#!/usr/bin/env python3
"""Signs mails, sends them through a real Postfix and a real Exim, and asks two verifiers what they think of the signatures.

    verify_pass.py [FOLDER ...] [--simple] [--no-mta] [--misses] [--keep DIR]

A mail is a file in a FOLDER, or below it (tests/dkim/mails where none is named). It is made what the relay would have made
of it before the signer sees it: line ends are CRLF (line-ends repair), and mail whose From field is missing or names no address
gets one, since a tenant sends as its own domains. Then trackd-sign signs with rsa-2048 and ed25519. Both MTAs run unpacked, in namespaces of their own, on
loopback; keys are looked up in a file. Exit 0: every signature a verifier knows the algorithm of is good; 77: no verifier here.
"""
import argparse
import collections
import glob
import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, TOP + "/tests/e2e"]

from house import free_ports, until  # noqa: E402 pylint: disable=wrong-import-position
from verifiers import Missing, OpenDkim, PythonDkim  # noqa: E402 pylint: disable=wrong-import-position

BUILD = os.path.abspath(os.environ.get("B", TOP + "/build"))
SIGN, SINK = BUILD + "/bin/trackd-sign", BUILD + "/bin/posthouse-sink"
DOMAIN, SELECTOR = "sender.test", "posthouse-pass"
SELECTORS = {SELECTOR: "rsa", SELECTOR + "-2": "ed25519"}
SENDERS = 4
FROM = rb"(?im)^from[ \t]*:.*\r\n(?:[ \t].*\r\n)*"
NO_FIELD = rb"(?m)^(?![!-9;-~]+[ \t]*:|[ \t])"
# A client on loopback is no local user whose mail lacks fields; mail of any size; no pause for what comes in fast.
POSTFIX_MORE = "message_size_limit = 67108864\nin_flow_delay = 0\nlocal_header_rewrite_clients =\n"


class Mta:
    """A relay in its namespaces that sends all it takes to one port."""

    def __init__(self, name, script, folder, sink_port):
        self.name = name
        self.port, = free_ports(1)
        root = "%s/peers/%s/root-%d" % (BUILD, name, os.getpid())
        env = {**os.environ, "B": BUILD, "POSTFIX_MORE": POSTFIX_MORE, name.upper() + "_ROOT": root}
        self.root = root
        source = ". %s; %s_" % (script, name)
        if subprocess.run(["bash", "-c", source + "unpack"], env=env, capture_output=True, check=False).returncode != 0:
            raise Missing("the package of " + name)
        self.out = folder + "/%s.out" % name
        self.proc = subprocess.Popen(
            ["bash", "-c", '%sstart %d %d "%s"; trap "%s_stop; exit" TERM; wait $relay_pid'
             % (source, self.port, sink_port, self.out, name)], env=env, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            until(self.answers, 20, name)
        except AssertionError as e:
            self.stop()
            with open(self.out, encoding="utf-8", errors="replace") as f:
                raise Missing("%s that starts here: %s" % (name, f.read()[-300:])) from e

    def answers(self):
        if self.proc.poll() is not None:
            raise AssertionError("it ended")
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=2):
                return True
        except (OSError, smtplib.SMTPException):
            return False

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait(20)
        shutil.rmtree(self.root, ignore_errors=True)


# ---- signing ----

def repaired(content):
    """As smtpd takes it in with line-ends repair, and with the From field a tenant's mail has."""
    content = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    head, gap, body = content.partition(b"\r\n\r\n")
    no_field = re.search(NO_FIELD, head)
    author = re.search(FROM, head[:no_field.start() if no_field else None] + b"\r\n")
    if author is None:
        return b"From: nobody@%s\r\n" % DOMAIN.encode() + content
    if not re.search(rb"\S@[^\s>]", author.group()):
        head = re.sub(FROM, b"From: nobody@%s\r\n" % DOMAIN.encode(), head + b"\r\n")[:-2]
    return head + gap + body


def files(folders):
    for folder in folders:
        for path in sorted(glob.glob(folder + "/**", recursive=True)):
            if os.path.isfile(path) and os.path.basename(path) not in ("MANIFEST.tsv", "README.md"):
                yield path


def keys_make(work, simple):
    options, records = [], {}
    for kind in SELECTORS.values():
        path = "%s/%s.pem" % (work, kind)
        with open(path, "wb") as f:
            subprocess.run([SIGN, "--new", kind], stdout=f, check=True)
        options += ["--key", path]
    zone = subprocess.run([SIGN, "--record", "--domain", DOMAIN, "--selector", SELECTOR] + options, capture_output=True,
                          text=True, check=True).stdout
    for line in zone.splitlines():
        records[line.split()[0].rstrip(".")] = "".join(re.findall(r'"([^"]*)"', line))
    return options + (["--simple"] if simple else []), records


def sign_all(paths, work, options):
    """[(path, signed bytes)]"""
    lines = []
    os.makedirs(work + "/in")
    os.makedirs(work + "/signed")
    for n, path in enumerate(paths):
        with open(path, "rb") as f, open("%s/in/%d" % (work, n), "wb") as out:
            out.write(repaired(f.read()))
        lines.append("%s/in/%d\t%s/signed/%d\n" % (work, n, work, n))
    started = time.monotonic()
    subprocess.run([SIGN, "--sign", "--domain", DOMAIN, "--selector", SELECTOR, "--batch"] + options,
                   input="".join(lines).encode(), check=True)
    print("signed %d mails with %s in %.1f s" % (len(paths), " and ".join(SELECTORS.values()), time.monotonic() - started))
    signed = []
    for n, path in enumerate(paths):
        with open("%s/signed/%d" % (work, n), "rb") as f:
            signed.append((path, f.read()))
    return signed


# ---- the pass ----

def send_some(port, mails, refused):
    """Each to an address of its own number."""
    smtp = None
    for n, content in mails:
        try:
            if smtp is None:
                smtp = smtplib.SMTP("127.0.0.1", port, timeout=120)
                smtp.ehlo("sender.test")
            code, reply = smtp.mail("news@" + DOMAIN, ["BODY=8BITMIME"])
            if code == 250:
                code, reply = smtp.rcpt("n%d@good.test" % n)
            if code == 250:
                code, reply = smtp.data(content)
            if code != 250:
                refused[n] = "%d %s" % (code, reply.decode(errors="replace"))
                smtp.rset()
        except (OSError, smtplib.SMTPException) as e:
            refused[n] = str(e)
            smtp = None
    if smtp is not None:
        smtp.close()


def send_all(mta, signed):
    refused = {}
    numbered = list(enumerate(content for _, content in signed))
    senders = [threading.Thread(target=send_some, args=(mta.port, numbered[i::SENDERS], refused)) for i in range(SENDERS)]
    for s in senders:
        s.start()
    for s in senders:
        s.join()
    return refused


def taken(folder):
    """{number: content} of what the sink has so far; what the MTA says of mail it would not pass on is {number: None}."""
    found = {}
    for path in glob.glob(folder + "/*"):
        if path.endswith(".part"):
            continue
        with open(path, "rb") as f:
            head, _, content = f.read().partition(b"\n\n")
        to = re.search(rb"^to: n(\d+)@", head, re.M)
        if to is not None:
            found[int(to.group(1))] = content
        else:
            failed = re.search(rb"n(\d+)@good\.test", content)
            if failed is not None:
                found.setdefault(int(failed.group(1)), None)
    return found


def through(name, script, signed, work):
    """{number: content}, {number: reply of a refusal} after a pass."""
    folder = "%s/%s" % (work, name)
    sink_port, = free_ports(1)
    with open(folder + ".sink.log", "wb") as log:
        sink = subprocess.Popen([SINK, "-d", folder, "-p", "good 127.0.0.1:%d" % sink_port], stdout=log, stderr=log)
    mta = None
    try:
        mta = Mta(name, script, work, sink_port)
        refused = send_all(mta, signed)
        wait_for(folder, len(signed) - len(refused))
        return taken(folder), refused
    finally:
        if mta is not None:
            mta.stop()
        sink.terminate()
        sink.wait(10)


def wait_for(folder, want):
    """Until all have come, or none has for a while: what is left stays in the MTA's queue."""
    count, since = -1, time.monotonic()
    while count < want and time.monotonic() < since + 20:
        now = sum(1 for name in os.listdir(folder) if not name.endswith(".part"))
        if now != count:
            count, since = now, time.monotonic()
        time.sleep(0.1)


# ---- verdicts ----

def traits(content):
    """Why an MTA may have to change it: said of each that fails."""
    head = content.partition(b"\r\n\r\n")[0]
    return [word for word, there in (
        ("line over 998", max(map(len, content.split(b"\r\n"))) > 998), ("NUL", b"\0" in content),
        ("8-bit header", re.search(rb"[\x80-\xff]", head)),
        ("line in the header that is no field", re.search(NO_FIELD, head)),
        ("no body", b"\r\n\r\n" not in content), ("header over 64 KB", len(head) > 65536), ("several From", len(re.findall(rb"(?im)^from[ \t]*:", head)) > 1)) if there]


def judge(stage, signed, got, verifiers, misses):
    """Prints a line for each verifier and selector; the number of failures."""
    failures = 0
    for v in verifiers:
        good, why, missed = collections.Counter(), collections.Counter(), []
        for n, (path, sent) in enumerate(signed):
            if got.get(n) is None:
                continue
            said = v.verify(got[n])
            for selector in v.selectors:
                if said.get(selector) == "ok":
                    good[selector] += 1
                else:
                    reason = said.get(selector, said.get("", "signature not seen"))
                    why[selector, reason.split(" (got")[0][:60], ", ".join(traits(sent)) or "-"] += 1
                    missed.append((selector, path, reason))
        total = sum(1 for c in got.values() if c is not None)
        for selector in v.selectors:
            print("%-10s %-14s %-8s %5d of %5d verified" % (stage, v.name, SELECTORS[selector], good[selector], total))
            failures += total - good[selector]
        for (selector, reason, trait), count in why.most_common():
            print("    %-8s %4d  %s  [%s]" % (SELECTORS[selector], count, reason, trait))
        for miss in missed if misses else []:
            print("    %s %s: %s" % miss)
    return failures


def verifiers_find(records):
    found = []
    for kind in (PythonDkim, OpenDkim):
        try:
            found.append(kind(records))
        except Missing as e:
            print("not here: %s" % e)
    return found


def knows(v, signed):
    """The selectors whose algorithm it has an opinion of: some builds of libopendkim lack ed25519."""
    said = v.verify(signed)
    unknown = [s for s in SELECTORS if re.search("a= invalid|unknown|invalid algorithm|nacl|not seen|a= tag|unsupported",
                                                 said.get(s, "not seen"), re.I)]
    for s in unknown:
        print("%s does not know %s here: %s" % (v.name, SELECTORS[s], said.get(s, "it passes the signature over")))
    return [s for s in SELECTORS if s not in unknown]


SAMPLE = b"From: a@sender.test\r\nSubject: x\r\n\r\nhi\r\n"


def sample(work, options):
    return subprocess.run([SIGN, "--sign", "--domain", DOMAIN, "--selector", SELECTOR] + options, input=SAMPLE,
                          capture_output=True, check=True, cwd=work).stdout


def run(folders, work, with_mtas=True, misses=False, simple=False):
    """(failures, what could not be tried)"""
    lacking = []
    options, records = keys_make(work, simple)
    verifiers = verifiers_find(records)
    if not verifiers:
        return 0, ["any verifier"]
    for v in verifiers:
        v.selectors = knows(v, sample(work, options))
    signed = sign_all(list(files(folders)), work, options)
    failures = judge("signed", signed, dict(enumerate(c for _, c in signed)), verifiers, misses)
    for name, script in (("postfix", TOP + "/tests/bench/postfix.sh"), ("exim", HERE + "/exim.sh")) if with_mtas else ():
        try:
            got, refused = through(name, script, signed, work)
        except Missing as e:
            print("not here: %s" % e)
            lacking.append(name)
            continue
        failures += report_pass(name, signed, got, refused)
        failures += judge(name, signed, got, verifiers, misses)
    return failures, lacking


def report_pass(name, signed, got, refused):
    """Says what did not come through; all of it is ours to mend."""
    lost = collections.Counter()
    for n, (_, content) in enumerate(signed):
        if got.get(n) is None:
            why = refused[n] if n in refused else "sent back" if n in got else "not passed on"
            lost[why[:90], ", ".join(traits(content)) or "-"] += 1
    print("%-10s passed on %d of %d" % (name, len(signed) - sum(lost.values()), len(signed)))
    for (why, trait), count in lost.most_common():
        print("    %4d  %s  [%s]" % (count, why, trait))
    return sum(lost.values())


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("folder", nargs="*", default=[HERE + "/mails"])
    p.add_argument("--simple", action="store_true", help="canonical form simple/simple instead of relaxed/relaxed")
    p.add_argument("--no-mta", action="store_true", help="sign and verify only")
    p.add_argument("--misses", action="store_true", help="name each mail that fails")
    p.add_argument("--keep", metavar="DIR", help="leave what was signed and what came there")
    args = p.parse_args()
    work = args.keep or tempfile.mkdtemp(prefix="posthouse-dkim-")
    os.makedirs(work, exist_ok=True)
    try:
        failures, lacking = run(args.folder, work, not args.no_mta, args.misses, args.simple)
    finally:
        if not args.keep:
            shutil.rmtree(work, ignore_errors=True)
    print("%d failures" % failures)
    return 1 if failures else 77 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
