"""Plays the master and a peer to one role: the records of common/proto_*.h, spoken over socket pairs."""
import os, select, socket, struct, subprocess, tempfile, time

HELLO, GIVE, PEER, GO, PING, STOP = range(1, 7)
READY, FAILED, WORKING = 10, 11, 14
ROLE_QUEUED, ROLE_DELIVERD, ROLE_RESOLVE = 3, 4, 5


def span(b):
    b = b.encode() if isinstance(b, str) else b
    return struct.pack("=I", len(b)) + b


class Reader:
    def __init__(self, body):
        self.b, self.at = body, 0

    def num(self, fmt):
        v, = struct.unpack_from("=" + fmt, self.b, self.at)
        self.at += struct.calcsize("=" + fmt)
        return v

    def span(self):
        n = self.num("I")
        s = self.b[self.at:self.at + n]
        self.at += n
        return s.decode("latin-1")

    def id(self):
        s = self.b[self.at:self.at + 16]
        self.at += 16
        return s


class Chan:
    """One end of a channel: records out, records in."""

    def __init__(self, sock):
        self.sock, self.waiting = sock, []

    def send(self, *records, fds=()):
        data = b"".join(struct.pack("=HHI", t, n, len(b)) + b for t, b, n in
                        [(r + (0,))[:3] for r in records])
        socket.send_fds(self.sock, [data], list(fds))

    def recv(self, timeout=4):
        """The next (type, Reader), or None at the end of the peer."""
        if not self.waiting:
            if not select.select([self.sock], [], [], timeout)[0]:
                raise TimeoutError("nothing came within %s s" % timeout)
            try:
                packet = self.sock.recv(128 * 1024)
            except ConnectionResetError:
                return None
            if not packet:
                return None
            at = 0
            while at < len(packet):
                t, _, n = struct.unpack_from("=HHI", packet, at)
                self.waiting.append((t, Reader(packet[at + 8:at + 8 + n])))
                at += 8 + n
        return self.waiting.pop(0)


def hand_over(master, conf, secrets=()):
    """Configuration and secrets as the master gives them: by name in one memory file (common/handed.h)."""
    fd = os.memfd_create("handed")
    for name, text in (("conf", conf), *secrets):
        name, text = [t if isinstance(t, bytes) else t.encode() for t in (name, text)]
        os.write(fd, struct.pack("=II", len(name) + 1, len(text)) + name + b"\0" + text + b"\0")
    master.send((GIVE, span("handed") + b"\0\1", 1), fds=[fd])
    os.close(fd)


def pair():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for s in (a, b):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return Chan(a), b


class Role:
    """A role process, started as the master does, with one channel to a peer that we play."""

    def __init__(self, program, role, peer_role, conf="", secrets=(), level=1):
        self.empty = tempfile.TemporaryDirectory()
        os.chmod(self.empty.name, 0o755)
        self.master, theirs = pair()
        self.log = tempfile.TemporaryFile(mode="w+b")

        def in_child(fd=theirs.fileno()):
            os.dup2(fd, 3)
        self.proc = subprocess.Popen([program], preexec_fn=in_child, close_fds=True, pass_fds=(3, ),
                                     stderr=self.log, env={"POSTHOUSE_ROLE": "1", "PATH": "/usr/bin",
                                     **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}})
        theirs.close()
        self.peer_role = peer_role
        uid = 20000 + role
        self.master.send((HELLO, struct.pack("=BHQIIHB", role, 0, 1, uid, uid, 0, level) + span(self.empty.name)))
        hand_over(self.master, conf, secrets)
        self.peer = self.new_peer()
        self.master.send((GO, struct.pack("=H", 1)))
        t, r = self.master.recv()
        if t == FAILED:
            code = r.num("B")
            raise RuntimeError("%s failed with %d: %s" % (program, code, r.span()))
        assert t == READY, t
        self.selftest = r.span()

    def new_peer(self):
        ours, theirs = pair()
        self.master.send((PEER, struct.pack("=BHB", self.peer_role, 0, 1), 1), fds=[theirs.fileno()])
        theirs.close()
        return ours

    def stop(self, deadline_s):
        self.master.send((STOP, struct.pack("=IB", deadline_s, 0)))

    def wait(self, timeout=10):
        return self.proc.wait(timeout)

    def kill(self):
        if self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("latin-1")
