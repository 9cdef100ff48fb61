"""What the tests of the web side have in common: links of a mail, and HTTP byte by byte."""
import email
import re
import socket
import time
from email import policy

PAGE = "https://shop.test/page?a=1&b=2#here"


def links(house, recipient="ann@good.test", page=PAGE):
    """(click, open, unsubscribe or None): paths of the links of a mail that the house sent."""
    house.send(recipient, html='<html><body><a href="%s">Look</a></body></html>' % page.replace("&", "&amp;"))
    _, content = house.await_mail(recipient)
    message = email.message_from_bytes(content, policy=policy.default)
    html = message.get_body(("html", )).get_content()
    click = re.search(r'href="https?://[^/"]*(/[^"]*)"', html)[1]
    pixel = re.search(r'src="https?://[^/"]*(/[^"]*)"', html)[1]
    wish = re.search(r"<https?://[^/>]*(/[^>]*)>", message.get("List-Unsubscribe") or "")
    return click, pixel, wish and wish[1]


class Raw:
    """A connection whose bytes the test writes itself."""

    def __init__(self, port, source=None, timeout=10, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(timeout)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self.kept = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
        return self

    def more(self):
        """False at the end."""
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            got = b""
        self.kept += got
        return got != b""

    def answer(self, head=False):
        """(status, fields in small letters, body), or None where the connection ends first."""
        while b"\r\n\r\n" not in self.kept:
            if not self.more():
                return None
        top, _, self.kept = self.kept.partition(b"\r\n\r\n")
        lines = top.decode("latin-1").split("\r\n")
        status, fields = int(lines[0].split()[1]), dict(
            (n.lower(), v.strip()) for n, v in (line.split(":", 1) for line in lines[1:]))
        n = 0 if head or status < 200 else int(fields["content-length"])
        while len(self.kept) < n:
            assert self.more(), "an answer that is cut short"
        body, self.kept = self.kept[:n], self.kept[n:]
        return status, fields, body

    def ended(self, seconds=10):
        """True once the other side has closed; what came is kept."""
        self.socket.settimeout(seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.more():
                return True
        return False


def once(port, text, **how):
    """The first answer to these bytes, and whether the connection ended behind it."""
    with Raw(port, **how) as raw:
        got = raw.send(text).answer()
        return (got[0] if got else None), (got is None or got[1].get("connection") == "close") and raw.ended(5)
