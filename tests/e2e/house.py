"""A whole posthouse in a folder of its own, with a small outside world: what the end-to-end tests are written with.

    with House(sinks={"good": ""}, routes={"good.test": "good"}) as house:
        house.start()
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")

Everything listens on free loopback ports. Nothing outside the folder is touched, and what was started is stopped.
A test is a file with a main() that returns nothing, or raises Skip (counted, with its reason), or fails.
"""
import glob
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from email.message import EmailMessage

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(os.path.abspath(os.environ.get("B", os.path.join(TOP, "build"))), "bin")
UID_BASE = 61000
ROLES = ["smtpd", "smtpd-auth", "queued", "deliverd", "deliverd-resolve", "bouncd", "bouncd-parse", "trackd-rewrite",
         "trackd-sign", "trackd-web", "trackd-stats"]
FINAL = {"delivered", "bounced", "expired", "suppressed", "dropped"}
SKIP_EXIT = 77


class Skip(Exception):
    """This machine lacks what the test needs."""


def run_test(main):
    """What every test file ends with: exit 0 passed, 77 skipped (reason printed), 1 failed."""
    if os.geteuid() != 0:
        print("skip: needs root, to give each role a user of its own")
        sys.exit(SKIP_EXIT)
    try:
        main()
    except Skip as reason:
        print("skip: %s" % reason)
        sys.exit(SKIP_EXIT)
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        sys.exit(1)


def free_ports(count):
    """Ports nobody listens at now; taken together, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def until(look, seconds, what):
    """The first true answer of look(), or AssertionError."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("not within %s s: %s" % (seconds, what() if callable(what) else what))
        time.sleep(0.02)


CONF = """hostname {hostname}
uid-base {uid_base}
workers {workers}
spool {folder}/spool
state {folder}/state
run {folder}/run
events {folder}/events
keys {folder}/keys
users {folder}/users
log {folder}/posthouse.log
stop-deadline 5s
listener inbound {{
	address 127.0.0.1:{inbound} unix:{folder}/run/submit
	tenant first
	{listener}
}}
tracking {{
	listen 127.0.0.1:{web}
	url http://127.0.0.1:{web}/
	{tracking}
}}
tenant first {{
	domain first.test mail.first.test
	allow 127.0.0.0/8
	stream quick
	{tenant}
}}
stream quick {{
	retry-first {retry_first}
	retry-most {retry_most}
	expire {expire}
}}
"""


class House:
    def __init__(self, sinks=None, routes=None, tenant="", listener="", more="", workers=1, folder=None,
                 retry_first="1s", retry_most="2s", tracking="", expire="1h"):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="posthouse-e2e-")
        os.chmod(self.folder, 0o711)
        self.sinks = {"good": ""} if sinks is None else sinks
        self.routes = {"good.test": "good"} if routes is None else routes
        ports = free_ports(2 + len(self.sinks))
        self.inbound, self.web = ports[:2]
        self.sink_ports = dict(zip(self.sinks, ports[2:]))
        self.conf_path = os.path.join(self.folder, "posthouse.conf")
        self.master = self.sink = self.notify = None
        self.sink_runs = 0
        self.master_options = []
        self.settings = {"tenant": tenant, "listener": listener, "workers": workers, "uid_base": UID_BASE,
                         "retry_first": retry_first, "retry_most": retry_most, "folder": self.folder, "tracking": tracking, "expire": expire,
                         "hostname": "relay.test", "inbound": self.inbound, "web": self.web}
        self.more = more
        self.write_conf()


    # ---- configuration ----

    def write_conf(self, more=None):
        if more is not None:
            self.more = more
        text = CONF.format(**self.settings)
        for domain, sink in self.routes.items():
            text += "route %s {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % (domain, self.sink_ports[sink])
        with open(self.conf_path, "w", encoding="utf-8") as f:
            f.write(text + self.more)

    # ---- life ----

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        failed = kind is not None and not issubclass(kind, Skip)
        try:
            self.stop()
        finally:
            self.kill()
        if failed:
            self.tell()
        if self.own_folder and not (failed and os.environ.get("KEEP")):
            shutil.rmtree(self.folder, ignore_errors=True)

    def start_sink(self):
        if not self.sinks or self.sink is not None:
            return
        # Each sink numbers from 1: it has a folder of its own.
        self.sink_runs += 1
        os.makedirs(self.folder + "/mail", exist_ok=True)
        args = [BIN + "/posthouse-sink", "-d", self.folder + "/mail/%03d" % self.sink_runs]
        for name, manners in self.sinks.items():
            args += ["-p", "%s 127.0.0.1:%d %s" % (name, self.sink_ports[name], manners)]
        with open(self.folder + "/sink.log", "ab") as log:
            self.sink = subprocess.Popen(args, stdout=log, stderr=log)
        for port in self.sink_ports.values():
            self.await_port(port, self.sink)

    @staticmethod
    def await_port(port, proc):
        def answers():
            if proc.poll() is not None:
                raise AssertionError("%s ended with %s" % (proc.args[0], proc.returncode))
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                return False
        until(answers, 10, "port %d" % port)

    def stop_sink(self):
        if self.sink is not None:
            self.sink.terminate()
            self.sink.wait(10)
            self.sink = None

    def launch(self):
        """posthoused in the foreground; sd_notify(3) is how it says READY."""
        path = self.folder + "/notify"
        if os.path.exists(path):
            os.unlink(path)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        self.notify.settimeout(0.1)
        with open(self.folder + "/master.out", "ab") as out:
            self.master = subprocess.Popen([BIN + "/posthoused", "-f", "-c", self.conf_path, *self.master_options], stdout=out, stderr=out,
                                           env={**os.environ, "NOTIFY_SOCKET": path}, start_new_session=True)

    def start(self, seconds=20):
        self.start_sink()
        self.launch()
        self.await_ready(seconds)
        return self

    def await_ready(self, seconds=20):
        def ready():
            if self.master.poll() is not None:
                raise AssertionError("posthoused ended with %d: %s" % (self.master.returncode, self.said()))
            try:
                return b"READY=1" in self.notify.recv(4096)
            except TimeoutError:
                return False
        until(ready, seconds, lambda: "READY: " + self.said())

    def start_refused(self, seconds=20):
        """(exit code, what it said) of a start that must fail."""
        self.launch()
        return self.master.wait(seconds), self.said()

    def stop(self, seconds=30):
        code = None
        if self.master is not None and self.master.poll() is None:
            self.master.terminate()
            code = self.master.wait(seconds)
        self.close_notify()
        self.stop_sink()
        return code

    def kill(self):
        """All that is left of what was started here, if anything."""
        self.kill_house()
        if self.sink is not None:
            self.sink.kill()
            self.sink.wait()
            self.sink = None

    def kill_house(self):
        """The master and its roles at once, as when the power goes."""
        if self.master is not None:
            for pid in [self.master.pid] + self.children():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.master.wait(10)
            self.master = None
        self.close_notify()

    def children(self):
        """The roles, each in a process group of its own."""
        try:
            with open("/proc/%d/task/%d/children" % (self.master.pid, self.master.pid), encoding="ascii") as f:
                return [int(pid) for pid in f.read().split()]
        except OSError:
            return []

    def close_notify(self):
        if self.notify is not None:
            self.notify.close()
            self.notify = None

    def said(self):
        with open(self.folder + "/master.out", encoding="utf-8", errors="replace") as f:
            return f.read()

    def log(self):
        """The log so far. The master writes what roles say at most 40 ms later, and a busy machine needs longer for it."""
        time.sleep(0.2)
        try:
            with open(self.folder + "/posthouse.log", encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def tell(self):
        """After a failure: what a person would look at first."""
        for title, text in (("posthoused", self.said() if self.master_ran() else ""), ("log", self.log()),
                            ("events", "\n".join(map(json.dumps, self.events()[-40:])))):
            print("---- %s ----\n%s" % (title, "\n".join(text.splitlines()[-60:])))

    def master_ran(self):
        return os.path.exists(self.folder + "/master.out")

    # ---- asking ----

    def ctl(self, *words, code=0, text=None):
        """posthouse WORDS; its output. code None: any exit code."""
        done = subprocess.run([BIN + "/posthouse", "-c", self.conf_path, *words], capture_output=True, text=True, input=text,
                              timeout=90, check=False)
        if code is not None:
            assert done.returncode == code, "posthouse %s: exit %d\n%s%s" % (
                " ".join(words), done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def rows(self, *words, code=0):
        """The same with --json: a list of objects."""
        return [json.loads(line) for line in self.ctl("-j", *words, code=code).splitlines() if line.startswith("{")]

    def pids(self, role=None):
        """[(role, pid)] of what runs now."""
        return [(r["role"], r["pid"]) for r in self.rows("status", code=None) # while queued is away there are no counters
                if r.get("pid", 0) > 0 and "role" in r and role in (None, r["role"])]

    def trace(self, which):
        return self.ctl("trace", which)

    def events(self, kind=None, **facts):
        """All events so far of a kind and with these facts, in order of time."""
        found = []
        folder = self.folder + "/events"
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not name.endswith(".jsonl"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                found += [json.loads(line) for line in f if line.endswith("\n")]
        return sorted((e for e in found if kind in (None, e["event"]) and
                       all(e.get(k) == v for k, v in facts.items())), key=lambda e: e["time"])

    def await_event(self, kind, seconds=15, **facts):
        return until(lambda: self.events(kind, **facts), seconds,
                     lambda: "event %s %s; there are %s" % (kind, facts, [
                         (e["event"], e.get("recipient"), e.get("reply")) for e in self.events()]))[0]

    def finals(self, recipient):
        """Final events by id: replay may write one twice under the same id."""
        return {e["id"]: e for e in self.events(recipient=recipient) if e["event"] in FINAL}

    # ---- mail ----

    def smtp(self, port=None):
        return smtplib.SMTP("127.0.0.1", port or self.inbound, timeout=30)

    def send(self, *recipients, sender="news@first.test", subject="A first mail", text="Hello.\n", html=None, port=None,
             headers=()):
        """Sends one message; the id it was queued as."""
        message = EmailMessage()
        message["From"] = sender
        message["To"] = ", ".join(recipients[:5])
        message["Subject"] = subject
        message["Message-ID"] = "<%d.%d@first.test>" % (time.time_ns(), os.getpid())
        message["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        for name, value in headers:
            message[name] = value
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        return self.send_bytes(recipients, message.as_bytes(policy=message.policy.clone(linesep="\r\n")), sender, port)

    def send_bytes(self, recipients, content, sender="news@first.test", port=None):
        with self.smtp(port) as s:
            s.ehlo("client.test")
            for code, reply in [s.mail(sender)] + [s.rcpt(r) for r in recipients]:
                assert code == 250, (code, reply)
            code, reply = s.data(content)
            if code != 250:
                raise smtplib.SMTPDataError(code, reply)
        return reply.decode().split()[-1]

    def mails(self, recipient=None):
        """[(envelope head, content)] that the sinks took, oldest first."""
        found = []
        for name in glob.glob(self.folder + "/mail/*/*"):
            if name.endswith(".part"):
                continue
            with open(name, "rb") as f:
                head, _, content = f.read().partition(b"\n\n")
            if recipient is None or ("to: %s" % recipient).encode() in head.lower().split(b"\n"):
                found.append((name, head.decode(), content))
        return [m[1:] for m in sorted(found, key=lambda m: (os.path.dirname(m[0]), m[0].rsplit("-", 1)[1]))]

    def await_mail(self, recipient, seconds=15):
        return until(lambda: self.mails(recipient), seconds, "mail for " + recipient)[0]
