"""Plays the master, smtpd, deliverd and bouncd to queued, over socket pairs (the records of common/proto_*.h)."""
import json, os, struct, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "deliverd"))
from house import Chan, FAILED, GIVE, GO, HELLO, PEER, READY, STOP, WORKING, hand_over, pair, span  # noqa: E402

SMTPD, QUEUED, DELIVERD, RESOLVE, BOUNCD = 1, 3, 4, 5, 6
MESSAGE, ACK = 1, 7
OPEN, TRANSACT, CLOSE, D_ACK, OPENED, RESULT, CLOSED, UNDERWAY, SYNCED = range(1, 10)
REPLY, VERDICT, NOTICE_RCPT, NOTICE, MADE = range(1, 6)
NOTICE_HEAD = 13
DELIVERED, REPLIED, LOST, NEEDS_7BIT, DAMAGED, UNSENT = range(6)


class Queued:
    """A queued process over a spool folder, and our ends of its channels."""

    def __init__(self, program, folder, conf, workers=1, bouncd=True):
        self.folder, self.counter = folder, 0
        for d in ("spool", "spool/index", "empty"):
            os.makedirs(os.path.join(folder, d), exist_ok=True)
        uid = 20000 + QUEUED
        for d in ("spool", "spool/index"):
            os.chown(os.path.join(folder, d), uid, uid)
        os.chmod(folder, 0o755)
        self.master, theirs = pair()
        self.log = open(os.path.join(folder, "log"), "ab+")

        def in_child(fd=theirs.fileno()):
            os.dup2(fd, 3)
        self.proc = subprocess.Popen([program], preexec_fn=in_child, close_fds=True, pass_fds=(3,), stderr=self.log,
                                     env={"POSTHOUSE_ROLE": "1", "PATH": "/usr/bin",
                                          **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}})
        theirs.close()
        empty = os.path.join(folder, "empty")
        self.master.send((HELLO, struct.pack("=BHQIIHB", QUEUED, 0, 1, uid, uid, 0, 1) + span(empty)))
        self.give("spool", os.open(os.path.join(folder, "spool"), os.O_RDONLY | os.O_DIRECTORY))
        self.give("events", os.open(self.events_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644))
        hand_over(self.master, conf, [("index-path", os.path.join(folder, "spool/index"))])
        self.smtpd = self.peer(SMTPD, 0)
        self.workers = [self.peer(DELIVERD, i) for i in range(workers)]
        self.bouncd = self.peer(BOUNCD, 0) if bouncd else None
        self.master.send((GO, struct.pack("=H", 1)))
        t, r = self.master.recv(20)
        while t == WORKING:
            t, r = self.master.recv(20)
        if t == FAILED:
            code = r.num("B")
            raise RuntimeError("queued failed with %d: %s" % (code, r.span()))
        assert t == READY, t

    def events_path(self):
        return os.path.join(self.folder, "events.jsonl")

    def give(self, name, fd):
        self.master.send((GIVE, span(name) + b"\0\1", 1), fds=[fd])
        os.close(fd)

    def peer(self, role, instance):
        ours, theirs = pair()
        self.master.send((PEER, struct.pack("=BHB", role, instance, 1), 1), fds=[theirs.fileno()])
        theirs.close()
        return ours

    def synced(self):
        for w in self.workers:
            w.send((SYNCED, b""))

    def message(self, to, sender="a@a.example", body=b"Subject: x\r\n\r\nhello\r\n", tenant="", notify=0, ret=0):
        """The record of a small message and its id."""
        self.counter += 1
        ident = struct.pack(">Q", int(time.time() * 1000))[2:] + struct.pack(">HII", 0, os.getpid(), self.counter)
        env = ident + struct.pack("=Q", int(time.time() * 1000))
        for s in (tenant, "", "127.0.0.1", "c.example", "inbound", "", "", "", sender, "", ""):
            env += span(s)
        env += struct.pack("=BBI", ret, 0, len(to))
        for r in to:
            env += span(r) + span("") + struct.pack("=Bc", notify, b"o")
        facts = struct.pack("=QIIBIB", len(body), body.index(b"\r\n\r\n") + 4, 20, 0, crc32c(body), 0)
        return ident, (MESSAGE, env + facts + span(body))

    def submit(self, *args, **kw):
        ident, record = self.message(*args, **kw)
        self.smtpd.send(record)
        return ident

    def acked(self):
        while True:
            t, r = self.smtpd.recv()
            if t == ACK:
                ident = r.id()
                return ident, r.num("H"), r.span()

    def events(self, kind=None, least=1, timeout=5):
        """The events of that kind, once there are that many."""
        end = time.time() + timeout
        while True:
            with open(self.events_path()) as f:
                found = [e for e in map(json.loads, f) if kind in (None, e["event"])]
            if len(found) >= least or time.time() > end:
                return found
            time.sleep(0.02)

    def stop(self):
        self.master.send((STOP, struct.pack("=I", 5)))
        return self.proc.wait(10)

    def kill(self):
        if self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()


def opened(session):
    return (OPENED, struct.pack("=I", session) + span("mx.b.example") + span("192.0.2.1") + struct.pack("=H", 25)
            + span("") + struct.pack("=IBQ", 1, 3, 0))


def closed(session, stood, stage=9, code=0, text=""):
    return (CLOSED, struct.pack("=IBBBH", session, stage, 0, stood, code) + span("") + span(text) + span("") + span(""))


def result(number, t, index, outcome, code=250, enhanced="2.0.0", text="ok", stage=8, dsn=False):
    return (RESULT, struct.pack("=QIQ", number, t["session"], t["transaction"]) + t["id"]
            + struct.pack("=IBBH", index, outcome, stage, code)
            + b"".join(map(span, (enhanced, text, "mx.b.example", "192.0.2.1", "", ""))) + struct.pack("=IB", 5, dsn))


def verdict(job, cls, category, advice, status):
    return (VERDICT, struct.pack("=QBBBIBB", job, cls, category, advice, 0, 0, 1) + span(status) + span("rule") + span("")
            + struct.pack("=B", 90) + span("words"))


def transact(r):
    t = {"session": r.num("I"), "transaction": r.num("Q"), "id": r.id(), "from": r.span()}
    r.span()
    r.num("B"), r.num("B")
    for _ in range(r.num("B")):
        r.num("Q")
    t["to"] = [(r.num("I"), r.span(), r.span(), r.num("B"))[:2] for _ in range(r.num("I"))]
    t["has_fd"] = r.num("B")
    r.num("Q"), r.num("Q"), r.num("I"), r.num("B")
    t["bytes"] = None if t["has_fd"] else r.span()
    return t


def crc32c(data):
    crc = 0xffffffff
    for b in data:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
