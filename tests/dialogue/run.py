#!/usr/bin/env python3
"""Runs dialogues: what is said over SMTP, in the RFC's own notation.

    run.py --port inbound=2525 [--log FILE] [--queue-command CMD] FILE.smtp ...

A file holds blocks and expectations, in order:

    client NAME {        connects to the port given for NAME
        S: 250           the peer's line begins so
        S: 250*          every line of a reply begins so (250-, then "250 ")
        C: MAIL FROM:<a@b.example>    sent with CRLF
        raw "a\\r\\n"      sent as it is, C escapes
        starttls         the handshake; certificates are not checked
        closed           the peer ends the connection
    }
    server NAME {        waits on the port given for NAME for one connection; there S: is sent, C: expected
        S: 220 mx.example
        C: EHLO*         what is left of * must begin the line
        content          takes lines up to the final dot
    }
    expect log TEXT      the log holds a line with TEXT (from where it stood when the dialogue began)
    expect queue empty   the queue command prints nothing

A server block starts listening at once and runs beside what follows; expectations wait for it to end. $NAME in a line
is replaced by --set NAME=VALUE. Exit 0: all as written.
"""
import argparse
import ast
import glob
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

TIMEOUT_S = 10


class Differs(Exception):
    """What the peer said is not what the dialogue says."""


class Line:
    def __init__(self, number, text):
        self.number, self.text = number, text


class Block:
    def __init__(self, kind, name, lines):
        self.kind, self.name, self.lines = kind, name, lines


def parse(text):
    """Blocks and expectations, in order. ValueError names the line."""
    items, block = [], None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        head = re.fullmatch(r"(client|server)\s+(\S+)\s*{", line)
        if not line or line.startswith("#"):
            continue
        if head and block is None:
            block = Block(head[1], head[2], [])
        elif line == "}" and block is not None:
            items.append(block)
            block = None
        elif block is not None:
            block.lines.append(Line(number, line))
        elif line.startswith("expect "):
            items.append(Line(number, line))
        else:
            raise ValueError(f"line {number}: \"{line}\" stands outside of a block")
    if block is not None:
        raise ValueError(f"block {block.name} is not closed")
    return items


def unescape(word):
    """The bytes of a C string literal."""
    if not re.fullmatch(r'"(\\.|[^"\\])*"', word):
        raise ValueError(f"{word} is no string")
    return ast.literal_eval("b" + re.sub(r"[^\x00-\x7f]", lambda m: "".join(f"\\x{b:02x}" for b in m[0].encode()), word))


class Peer:
    """One end of a dialogue: sends, takes lines, and keeps what was said."""

    def __init__(self, sock, is_client):
        self.sock, self.is_client, self.said, self.rest = sock, is_client, [], b""
        sock.settimeout(TIMEOUT_S)

    def send(self, data):
        self.said.append(("> ", data))
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Differs(f"the connection is gone: {e}") from e

    def line(self):
        while b"\n" not in self.rest:
            try:
                more = self.sock.recv(65536)
            except socket.timeout as e:
                raise Differs(f"nothing came for {TIMEOUT_S} s") from e
            except OSError as e:
                raise Differs(f"the connection is gone: {e}") from e
            if not more:
                raise Differs("the connection was closed")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        self.said.append(("< ", line + b"\n"))
        return line.removesuffix(b"\r").decode("utf-8", "backslashreplace")

    def expect(self, want):
        got = self.line()
        if want.endswith("*"):
            self.expect_all(want[:-1], got)
        elif not got.startswith(want):
            raise Differs(f"got \"{got}\"")

    def expect_all(self, want, got):
        while got.startswith(want) and self.is_client and got[3:4] == "-":
            got = self.line()
        if not got.startswith(want):
            raise Differs(f"got \"{got}\"")

    def expect_closed(self):
        try:
            while more := self.sock.recv(65536):
                self.said.append(("< ", more))
                raise Differs("something came instead of the end")
        except ConnectionError:
            pass
        except socket.timeout as e:
            raise Differs(f"still open after {TIMEOUT_S} s") from e

    def take_content(self):
        while self.line() != ".":
            pass

    def starttls(self, certificate):
        self.rest = b""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if self.is_client else ssl.PROTOCOL_TLS_SERVER)
        if self.is_client:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context.load_cert_chain(certificate())
        try:
            self.sock = context.wrap_socket(self.sock, server_side=not self.is_client)
        except (OSError, ssl.SSLError) as e:
            raise Differs(f"TLS: {e}") from e
        self.said.append(("= ", f"TLS {self.sock.version()}".encode()))

    def step(self, text, certificate):
        word, _, rest = text.partition(" ")
        ours = "C:" if self.is_client else "S:"
        if word == ours:
            self.send(rest.encode() + b"\r\n")
        elif word in ("C:", "S:"):
            self.expect(rest.strip())
        elif word == "raw":
            self.send(unescape(rest.strip()))
        elif word == "starttls":
            self.starttls(certificate)
        elif word == "closed":
            self.expect_closed()
        elif word == "content":
            self.take_content()
        else:
            raise ValueError(f"unknown step \"{text}\"")


class Run:
    """One dialogue file against running programs."""

    def __init__(self, path, args):
        self.path, self.args = path, args
        self.ports = dict(pair.split("=", 1) for pair in args.port)
        self.values = dict(pair.split("=", 1) for pair in args.set)
        self.servers, self.failures, self.log_at = [], [], 0
        if args.log and os.path.exists(args.log):
            self.log_at = os.path.getsize(args.log)

    def port(self, name):
        if name not in self.ports:
            raise ValueError(f"no --port {name}=... was given")
        return int(self.ports[name])

    def filled(self, text):
        return re.sub(r"\$(\w+)", lambda m: self.values.get(m[1], m[0]), text)

    def certificate(self):
        path = os.path.join(tempfile.mkdtemp(prefix="dialogue-"), "pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=mx.example", "-keyout", path, "-out", path + ".crt"], check=True,
                       capture_output=True)
        with open(path, "a", encoding="ascii") as pem, open(path + ".crt", encoding="ascii") as crt:
            pem.write(crt.read())
        return path

    def talk(self, peer, block):
        for line in block.lines:
            try:
                peer.step(self.filled(line.text), self.certificate)
            except Differs as e:
                self.failures.append((line, str(e), peer))
                break
        peer.sock.close()

    def client(self, block):
        try:
            sock = socket.create_connection(("127.0.0.1", self.port(block.name)), TIMEOUT_S)
        except OSError as e:
            self.failures.append((block.lines[0], f"connecting to {block.name}: {e}", None))
            return
        self.talk(Peer(sock, True), block)

    def server(self, block):
        listener = socket.create_server(("127.0.0.1", self.port(block.name)))
        listener.settimeout(TIMEOUT_S)

        def serve():
            try:
                sock, _ = listener.accept()
                self.talk(Peer(sock, False), block)
            except socket.timeout:
                self.failures.append((block.lines[0], "nobody connected", None))
            finally:
                listener.close()

        thread = threading.Thread(target=serve)
        thread.start()
        self.servers.append(thread)

    def log_has(self, text):
        with open(self.args.log, "rb") as log:
            log.seek(self.log_at)
            return any(text.encode() in line for line in log)

    def queue_is_empty(self):
        out = subprocess.run(self.args.queue_command, shell=True, capture_output=True, check=False)
        return out.returncode in (0, 1) and not out.stdout.strip()

    def expectation(self, line):
        text = self.filled(line.text)
        if text == "expect queue empty":
            needs, holds = self.args.queue_command, self.queue_is_empty
        elif text.startswith("expect log "):
            needs, holds = self.args.log, lambda: self.log_has(text.removeprefix("expect log ").strip())
        else:
            raise ValueError(f"line {line.number}: unknown expectation")
        if not needs:
            raise ValueError(f"line {line.number}: --log or --queue-command is missing")
        until = time.monotonic() + TIMEOUT_S
        while not holds():
            if time.monotonic() > until:
                self.failures.append((line, "never came true", None))
                return
            time.sleep(0.02)

    def join_servers(self):
        for thread in self.servers:
            thread.join()
        self.servers = []

    def run(self):
        with open(self.path, encoding="utf-8") as f:
            items = parse(f.read())
        try:
            for item in items:
                if self.failures:
                    break
                if isinstance(item, Line):
                    self.join_servers()
                    self.expectation(item)
                else:
                    getattr(self, item.kind)(item)
        finally:
            self.join_servers()
        return not self.failures

    def show(self):
        for line, why, peer in self.failures:
            print(f"not ok {self.path}:{line.number}: {line.text}")
            for mark, data in peer.said if peer else []:
                print(f"    {mark}{data.decode('utf-8', 'backslashreplace').rstrip()!s}")
            print(f"    here: {why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", action="append", default=[], metavar="NAME=PORT")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--log", metavar="FILE")
    parser.add_argument("--queue-command", metavar="CMD", help="prints nothing when the queue is empty")
    parser.add_argument("files", nargs="+", metavar="FILE.smtp")
    args = parser.parse_args()
    files = [f for name in args.files for f in (sorted(glob.glob(name + "/*.smtp")) if os.path.isdir(name) else [name])]
    failed = 0
    for path in files:
        run = Run(path, args)
        try:
            good = run.run()
        except ValueError as e:
            print(f"not ok {path}: {e}")
            failed += 1
            continue
        if good:
            print(f"ok {path}")
        else:
            run.show()
            failed += 1
    print(f"{len(files) - failed} of {len(files)} dialogues as written")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
