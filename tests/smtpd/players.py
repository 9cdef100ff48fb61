"""Plays master and queued to smtpd and smtpd-auth: the records of common/proto_*.h over socket pairs."""
import os, select, socket, struct, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "deliverd"))
from house import Chan, Reader, hand_over, span, pair

HELLO, GIVE, PEER, GO, PING, STOP = range(1, 7)
READY, FAILED = 10, 11
ROLE_SMTPD, ROLE_AUTH, ROLE_QUEUED = 1, 2, 3
MESSAGE, COMMIT, RCPTS, DROP, WANT, ASK, ACK, DRAFT, ANSWER, STATE, NO_DRAFT = range(1, 12)


class Process:
    """A role, given what the master gives."""

    def __init__(self, program, role, conf="", secrets=(), gives=(), peers=(), level=1):
        self.empty = tempfile.TemporaryDirectory()
        os.chmod(self.empty.name, 0o755)
        self.master, theirs = pair()
        self.log = tempfile.TemporaryFile(mode="w+b")

        def in_child(fd=theirs.fileno()):
            os.dup2(fd, 3)
        self.proc = subprocess.Popen([program], preexec_fn=in_child, close_fds=True, pass_fds=(3, ), stderr=self.log,
                                     env={"POSTHOUSE_ROLE": "1", "PATH": "/usr/bin", "ASAN_OPTIONS": "detect_leaks=0",
                                          **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}})
        theirs.close()
        uid = 20000 + role
        self.master.send((HELLO, struct.pack("=BHQIIHB", role, 0, 1, uid, uid, 0, level) + span(self.empty.name)))
        hand_over(self.master, conf, secrets)
        for name, fd in gives:
            self.master.send((GIVE, span(name) + b"\0\1", 1), fds=[fd])
        for kind, fd in peers:
            self.peer(kind, fd)
        self.master.send((GO, struct.pack("=H", len(peers))))
        got = self.master.recv()
        if got is None or got[0] != READY:
            raise RuntimeError("%s: %s" % (program, got and (got[1].num("B"), got[1].span()) or self.said()))
        self.selftest = got[1].span()

    def peer(self, kind, fd):
        self.master.send((PEER, struct.pack("=BHB", kind, 0, 1), 1), fds=[fd])

    def stop(self, deadline_s):
        self.master.send((STOP, struct.pack("=I", deadline_s)))

    def kill(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("latin-1")


def crc32c(data, _table=[]):
    if not _table:
        for i in range(256):
            c = i
            for _ in range(8):
                c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
            _table.append(c)
    c = 0xFFFFFFFF
    for b in data:
        c = _table[(c ^ b) & 255] ^ (c >> 8)
    return c ^ 0xFFFFFFFF


class Envelope:
    def __init__(self, r):
        self.id, self.received_ms = r.id(), r.num("Q")
        for k in "tenant login client helo listener campaign stream tags sender envid message_id".split():
            setattr(self, k, r.span())
        self.ret, self.flags = r.num("B"), r.num("B")
        self.rcpts = [(r.span(), r.span(), r.num("B"), r.num("B")) for _ in range(r.num("I"))]


class Facts:
    def __init__(self, r):
        self.size, self.header, self.longest = r.num("Q"), r.num("I"), r.num("I")
        self.flags, self.crc = r.num("B"), r.num("I")
        self.drops = [(r.num("I"), r.num("I")) for _ in range(r.num("B"))]


class Queued(threading.Thread):
    """Acknowledges what comes, unless told otherwise; keeps all of it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.chan, self.theirs = pair()
        self.messages, self.asked, self.wanted, self.drafts, self.dropped = [], [], 0, {}, []
        self.ack = self.answer = (0, "")
        self.hold, self.held, self.rcpts, self.give = False, [], {}, True
        self.withheld = 0
        self.numbering = threading.Lock()  # a test hands out drafts too
        self.folder = tempfile.TemporaryDirectory()

    def begin(self):
        self.theirs.close()
        self.start()

    def run(self):
        while True:
            try:
                got = self.chan.recv(3600)
            except OSError:
                return
            if got is None:
                return
            self.take(*got)

    def hand_out(self, drafts):
        for _ in range(drafts):
            with self.numbering:
                self.wanted += 1
                path = os.path.join(self.folder.name, str(self.wanted))
                fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL)
                self.drafts[self.wanted] = path
                self.chan.send((DRAFT, struct.pack("=I", self.wanted), 1), fds=[fd])
                os.close(fd)

    def no_draft(self, code, text):
        self.chan.send((NO_DRAFT, struct.pack("=H", code) + span(text)))

    def take(self, kind, r):
        if kind == WANT:
            n = r.num("I")
            if self.give:
                self.hand_out(n)
            else:
                self.withheld += n
        elif kind == ASK:
            n, what = r.num("Q"), r.num("B")
            self.asked.append((what, r.span(), r.span()))
            self.chan.send((ANSWER, struct.pack("=QH", n, self.answer[0]) + span(self.answer[1])))
        elif kind == DROP:
            self.dropped.append(r.num("I"))
        elif kind == RCPTS:
            e = Envelope(r)
            self.rcpts.setdefault(e.id, []).extend(e.rcpts)
        elif kind in (MESSAGE, COMMIT):
            e, f = Envelope(r), Facts(r)
            e.rcpts = self.rcpts.pop(e.id, []) + e.rcpts
            data = r.span().encode("latin-1") if kind == MESSAGE else open(self.drafts[r.num("I")], "rb").read()
            assert len(data) == f.size, (len(data), f.size)
            assert crc32c(data) == f.crc
            self.messages.append((e, f, data))
            if self.hold:
                self.held.append(e.id)
            else:
                self.say(e.id)

    def say(self, ident, code=None):
        code, text = self.ack if code is None else code
        self.chan.send((ACK, ident + struct.pack("=H", code) + span(text)))

    def state(self, code, text):
        self.chan.send((STATE, struct.pack("=H", code) + span(text)))


class House:
    def __init__(self, smtpd, conf, listeners, secrets=(), auth=None, users="", level=1, queued=True):
        self.ports, gives, peers = {}, [], []
        self.socks = []
        for name in listeners:
            s = socket.create_server(("127.0.0.1", 0), backlog=1024)
            s.setblocking(False)
            self.ports[name] = s.getsockname()[1]
            gives.append(("listen %s 0" % name, s.fileno()))
            self.socks.append(s)
        self.queued = Queued() if queued else None
        if queued:
            peers.append((ROLE_QUEUED, self.queued.theirs.fileno()))
        self.auth = None
        if auth:
            a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.auth = Process(auth, ROLE_AUTH, "", [("users", users)], (), [(ROLE_SMTPD, a.fileno())], level)
            peers.append((ROLE_AUTH, b.fileno()))
        self.smtpd = Process(smtpd, ROLE_SMTPD, conf, secrets, gives, peers, level)
        if auth:
            a.close(), b.close()
        if queued:
            self.queued.begin()

    def new_queued(self):
        self.queued = Queued()
        self.smtpd.peer(ROLE_QUEUED, self.queued.theirs.fileno())
        self.queued.begin()

    def end(self):
        self.smtpd.kill()
        if self.auth:
            self.auth.kill()


class Client:
    """Speaks lines; a reply comes back as (code, [lines])."""

    def __init__(self, port, greet=True, sock=None):
        self.s = sock or socket.create_connection(("127.0.0.1", port))
        self.s.settimeout(8)
        self.rest = b""
        if greet:
            self.greeting = self.reply()

    def line(self):
        while b"\r\n" not in self.rest:
            more = self.s.recv(65536)
            if not more:
                raise EOFError("closed; left over %r" % self.rest)
            self.rest += more
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line.decode("latin-1")

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def raw(self, data):
        self.s.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def say(self, line):
        self.raw(line + (b"\r\n" if isinstance(line, bytes) else "\r\n"))
        return self.reply()

    def closed(self):
        try:
            return self.s.recv(1) == b"" and not self.rest
        except ConnectionResetError:
            return True

    def mail(self, sender, rcpts, data):
        out = [self.say("MAIL FROM:<%s>" % sender)] + [self.say("RCPT TO:<%s>" % r) for r in rcpts]
        out.append(self.say("DATA"))
        if out[-1].startswith("354"):
            self.raw(data)
            out.append(self.reply())
        return out
