"""Servers of the outside world, each with a fault of its own. Loopback only."""
import socket, ssl, threading

GOOD = {"greeting": "220 mx.test ready", "ehlo": None, "mail": "250 2.1.0 ok", "rcpt": "250 2.1.5 ok",
        "data": "354 go on", "dot": "250 2.0.0 taken", "rset": "250 2.0.0 forgotten", "quit": "221 2.0.0 bye",
        "auth": "235 2.7.0 welcome", "starttls": "220 2.0.0 go"}


class Server:
    """A listener whose every answer can be replaced: a string, a list used up in turn, or a function of the line.
    None closes; b"..." goes out as it is, and nothing after it; "STALL" answers nothing more."""

    def __init__(self, ext=("PIPELINING", "SIZE 1000000", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES"), tls=None,
                 implicit=False, break_tls=False, **answers):
        self.ext, self.tls, self.implicit, self.break_tls = list(ext), tls, implicit, break_tls
        self.answers = {**GOOD, **answers}
        self.messages, self.lines, self.connections, self.tls_resumed = [], [], 0, []
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.sock.accept()
            except OSError:
                return
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # replies leave one by one
            self.connections += 1
            threading.Thread(target=self.serve, args=(c, ), daemon=True).start()

    def close(self):
        self.sock.close()

    def say(self, stage, line=""):
        a = self.answers[stage]
        if isinstance(a, list):
            a = a.pop(0) if len(a) > 1 else a[0]
        if callable(a):
            a = a(line)
        if a is None:
            raise EOFError
        if a != "STALL":
            self.send(a if isinstance(a, bytes) else (a.replace("\n", "\r\n") + "\r\n").encode())
        if a == "STALL" or isinstance(a, bytes):
            while self.local.f.read(65536):
                pass
            raise EOFError
        return a

    def takes_dot(self):
        try:
            return self.say("dot").startswith("2")
        except EOFError:
            self.messages.pop()
            raise

    def send(self, data):
        self.conn().sendall(data)

    def conn(self):
        return self.local.c

    local = threading.local()
    break_once = False

    def wrap(self):
        self.local.c = self.tls.wrap_socket(self.local.c, server_side=True)
        self.tls_resumed.append(self.local.c.session_reused)
        self.local.f = self.local.c.makefile("rb")

    def serve(self, c):
        self.local.c, self.local.f = c, c.makefile("rb")
        try:
            self.dialogue()
        except (EOFError, OSError, ssl.SSLError):
            pass
        finally:
            try:
                self.local.c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.local.c.close()

    def dialogue(self):
        if self.implicit:
            self.wrap()
        self.say("greeting")
        tls, mail, rcpts = self.implicit, None, []
        while True:
            line = self.local.f.readline()
            if not line:
                return
            line = line.rstrip(b"\r\n").decode("latin-1")
            self.lines.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb in ("EHLO", "HELO"):
                if self.answers["ehlo"] is not None:
                    self.say("ehlo", line)
                    continue
                offers = self.tls or self.break_tls or self.answers["starttls"] != GOOD["starttls"]
                ext = self.ext + (["STARTTLS"] if offers and not tls else [])
                words = ["mx.test hello"] + ext
                self.send("".join("250%s%s\r\n" % (" " if i == len(words) - 1 else "-", w)
                                  for i, w in enumerate(words)).encode())
            elif verb == "STARTTLS":
                if not str(self.say("starttls")).startswith("220"):
                    continue
                if self.break_once:
                    self.break_once = False
                    self.send(b"this is no TLS at all, this time\r\n")
                    return
                if self.break_tls:
                    self.send(b"this is no TLS at all, sorry for that\r\n")
                    return
                self.wrap()
                tls = True
            elif verb == "MAIL":
                if str(self.say("mail", line)).startswith("2"):
                    mail, rcpts = line, []
            elif verb == "RCPT":
                if str(self.say("rcpt", line)).startswith("2"):
                    rcpts.append(line)
            elif verb == "DATA":
                if not str(self.say("data", line)).startswith("354"):
                    continue
                content = b""
                while True:
                    got = self.local.f.readline()
                    if not got:
                        return
                    if got == b".\r\n":
                        break
                    content += got[1:] if got.startswith(b".") else got
                self.messages.append((mail, rcpts, content))  # before the reply: who hears it may look
                if not self.takes_dot():
                    self.messages.remove((mail, rcpts, content))
                mail, rcpts = None, []
            elif verb == "AUTH":
                while str(self.say("auth" if line.startswith("AUTH") else "login", line)).startswith("334"):
                    line = self.local.f.readline().rstrip(b"\r\n").decode("latin-1")
                    self.lines.append(line)
            elif verb == "RSET":
                self.say("rset")
                mail, rcpts = None, []
            elif verb == "QUIT":
                self.say("quit")
                return
            else:
                self.send(b"500 5.5.1 what\r\n")
