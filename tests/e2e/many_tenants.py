#!/usr/bin/env python3
"""Thousands of tenants, DKIM keys, logins and routes (MANY=20000 takes some minutes): the relay starts in reasonable time, reloads, and the last tenant's mail is
signed and delivered. A key file that is empty or holds no key stops a start or a reload by name."""
import os
import smtplib
import subprocess
import sys
import time

from house import BIN, House, free_ports, run_test

MANY = int(os.environ.get("MANY", "4000"))
START_S = 60  # on a busy machine of two cores; what is quadratic takes far longer


def configure(house, other):
    text = []
    for i in range(MANY):
        text.append("tenant t%d {\n\tdomain t%d.test\n\tallow 10.%d.%d.%d/32\n\tsign yes\n\tstream quick\n\treplies r@else%d.test\n"
                    "\tbounce-domain b.t%d.test\n}\n" % (i, i, i >> 16, i >> 8 & 255, i & 255, i, i))
        text.append("route r%d.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % (i, house.sink_ports["good"]))
    text.append("listener other {\n\taddress 127.0.0.1:%d\n\tauth optional\n\tauth-without-tls yes\n}\n" % other)
    house.write_conf("".join(text))


def keys(house):
    one = subprocess.run([BIN + "/trackd-sign", "--new", "rsa"], check=True, capture_output=True).stdout
    for i in range(MANY):
        folder = "%s/keys/dkim/t%d/t%d.test" % (house.folder, i, i)
        os.makedirs(folder)
        with open(folder + "/s1.pem", "wb") as f:
            f.write(one)


def logins(house):
    with open(house.folder + "/users", "w", encoding="ascii") as f:
        os.fchmod(f.fileno(), 0o600)
        # A cheap hash: what a login costs is another test's business.
        hashed = subprocess.run(["openssl", "passwd", "-5", "-salt", "salt", "secret"], check=True, capture_output=True,
                                text=True).stdout.strip()
        for i in range(MANY):
            f.write("user%d:t%d:%s\n" % (i, i, hashed))


def last_tenant_sends(house, other, to):
    last = MANY - 1
    with smtplib.SMTP("127.0.0.1", other, timeout=60) as s:
        s.ehlo("client.test")
        s.login("user%d" % last, "secret")
        s.sendmail("a@t%d.test" % last, [to], "From: a@t%d.test\r\nTo: %s\r\nSubject: x\r\n\r\nHello.\r\n" % (last, to))
    house.await_event("delivered", recipient=to, seconds=60)
    content = house.await_mail(to, 60)[1]
    assert b"d=t%d.test" % last in content, content


def bad_keys_are_named(house):
    path = house.folder + "/keys/dkim/t1/t1.test/s1.pem"
    with open(path, "rb") as f:
        good = f.read()
    for text, why in ((b"", "is empty"), (b"not a key\n", "no private key")):
        with open(path, "wb") as f:
            f.write(text)
        said = house.ctl("reload", code=1)
        assert "t1.test" in said and why in said, said
    with open(path, "wb") as f:
        f.write(good)


def main():
    other = free_ports(1)[0]
    with House() as house:
        configure(house, other)
        keys(house)
        logins(house)
        began = time.monotonic()
        house.start(START_S * 3)
        started = time.monotonic() - began
        last_tenant_sends(house, other, "ann@r%d.test" % (MANY - 1))
        began = time.monotonic()
        house.ctl("reload")
        reloaded = time.monotonic() - began
        last_tenant_sends(house, other, "bea@r%d.test" % (MANY - 1))
        bad_keys_are_named(house)
        print("many_tenants: %d, started in %.1f s, reloaded in %.1f s" % (MANY, started, reloaded))
        sys.stdout.flush()
        assert started < START_S and reloaded < START_S, (started, reloaded)


run_test(main)
