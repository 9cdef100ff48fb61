#!/usr/bin/env python3
"""Keys of links and bounce addresses: rotated in a running house, what was made before opens on; another node that imported them
opens it too, and an import that would change a key is refused whole."""
import base64
import http.client
import os
import re
import smtplib

from house import House, run_test, until

PAGE = "https://shop.test/page"
TENANT = "track clicks\n\tbounce-domain back.test"
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def sent(house, to):
    """(path of the link, the bounce address) of a mail that went out."""
    house.send(to, html='<a href="%s">x</a>' % PAGE)
    head, content = house.await_mail(to)
    text = content.replace(b"=\r\n", b"").replace(b"=\n", b"").decode()
    return (re.search(r'http://127\.0\.0\.1:\d+(/[^"]+)"', text).group(1),
            re.search(r"(?m)^from: (b[+-]\S+)$", head).group(1))


def opens(house, path):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status == 302 and answer.headers["Location"] == PAGE


def token_key(path):
    token = max(path.split("/"), key=len)
    return base64.urlsafe_b64decode(token[:8])[0]


def address_key(address):
    """The low half of the first byte; the other one is the version."""
    return (LETTERS.index(address[2]) << 3 | LETTERS.index(address[3]) >> 2) & 15


def taken(house, address):
    with smtplib.SMTP("127.0.0.1", house.inbound, timeout=10) as s:
        s.ehlo("peer.test")
        s.mail("")
        return s.rcpt(address)[0] == 250


def files(house):
    read = []
    for name in ("tracking.key", "bounce.key"):
        with open(house.folder + "/keys/" + name, "rb") as f:
            read.append(f.read())
    return read


def rotated(house):
    """[(link, address)] of before and after."""
    before = sent(house, "ann@good.test")
    assert token_key(before[0]) == 1 and address_key(before[1]) == 1, before
    house.ctl("keys", "rotate", "tracking")
    house.ctl("keys", "rotate", "bounce")
    after = sent(house, "bob@good.test")
    assert token_key(after[0]) == 2 and address_key(after[1]) == 2, after
    for link, address in (before, after):
        assert opens(house, link) and taken(house, address), (link, address)
    links = ["http://127.0.0.1:%d" % house.web + path for path, _ in (before, after)]
    assert house.ctl("untrack", *links).split() == [PAGE, PAGE]
    assert "another key made" in house.ctl("untrack", links[0][:-2] + "zz", code=1)
    assert not taken(house, after[1][:-20] + "zzzzzz@back.test")
    return [before, after]


def later(house):
    """A key that waits until all nodes have it."""
    said = house.ctl("keys", "rotate", "tracking", "--later")
    assert "--key 3" in said, said
    assert token_key(sent(house, "cyd@good.test")[0]) == 2
    house.ctl("keys", "rotate", "tracking", "--key", "3")
    assert token_key(sent(house, "dan@good.test")[0]) == 3
    assert "there is no tracking key 9" in house.ctl("keys", "rotate", "tracking", "--key", "9", code=1)
    states = [(r["kind"], r["key"], r["state"]) for r in house.rows("keys", "list")]
    assert states == [("tracking", "3", "used"), ("tracking", "2", "opens"), ("tracking", "1", "opens"),
                      ("bounce", "2", "used"), ("bounce", "1", "opens")], states


def damaged(house, path):
    with open(path, "rb") as f:
        text = f.read()
    for bad in (b"", text[:-30], text.replace(b"tracking 1 ", b"tracking 4 "), text.replace(b"keys 1", b"keys 2")):
        with open(path + ".bad", "wb") as f:
            f.write(bad)
        was = files(house)
        house.ctl("keys", "import", path + ".bad", code=1)
        assert files(house) == was


def main():
    with House(tenant=TENANT) as one, House(tenant=TENANT) as other:
        one.start()
        other.start()
        made = rotated(one)
        later(one)
        path = one.folder + "/exported"
        one.ctl("keys", "export", path)
        assert os.stat(path).st_mode & 0o777 == 0o600
        assert not opens(other, made[0][0])
        was = files(other)
        said = other.ctl("keys", "import", path, code=1)
        assert "tracking: key 1 here is another one" in said and files(other) == was, said
        damaged(other, path)
        other.ctl("keys", "import", "--replace", path)
        for link, address in made:
            # A connection of the moment of the reload may still be a process's that ends.
            until(lambda l=link, a=address: opens(other, l) and taken(other, a), 10, lambda l=link, a=address: "%s %s" % (l, a))
        assert token_key(sent(other, "eve@good.test")[0]) == 1, "imported keys are not used by themselves"
        assert "here already" in other.ctl("keys", "import", text=one.ctl("keys", "export"))
        marks = [sorted((r["kind"], r["key"], r["fingerprint"]) for r in h.rows("keys", "list")) for h in (one, other)]
        assert marks[0] == marks[1], marks
        assert {"keys-rotate", "keys-export"} <= {e["verb"] for e in one.events("admin")}
        assert one.stop() == 0 and other.stop() == 0


run_test(main)
