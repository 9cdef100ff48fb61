#!/usr/bin/env python3
"""DKIM keys: one that is new signs nothing, one that DNS lacks is not activated, the next takes over in a running house while the
old one's mail still verifies; a key signs for no tenant but its own."""
import os
import re
import smtplib
import sys

from house import TOP, House, Skip, free_ports, run_test

sys.path.append(os.path.join(TOP, "tests/dns"))
from zone_server import ZoneServer, zone_read  # noqa: E402 pylint: disable=wrong-import-position

try:
    import dkim
except ImportError:
    dkim = None

MORE = """listener other {{
	address 127.0.0.1:{port}
	tenant second
	allow 127.0.0.0/8
}}
tenant second {{
	domain second.test
	stream quick
}}
resolver {{
	server 127.0.0.1@{dns}
}}
"""
zone = {} # name: record


def publish(server, said):
    """Takes what `dkim new` or `dkim dns` printed, as an operator would; the last record of it."""
    for name, strings in re.findall(r"(?m)^(\S+)\. IN TXT \( (.*) \)$", said):
        zone[name] = "".join(re.findall(r'"([^"]*)"', strings))
    server.zone = zone_read("\n".join("%s TXT %s" % (name, record.replace(" ", "")) for name, record in zone.items()))
    return zone[name]


def shapes(house, server, record):
    """A record as others serve it: only one with our key in it, that verifiers would use, counts."""
    name, key = "s1._domainkey.first.test", record.split("p=")[1]
    usual = server.zone
    for texts, word in (
            (["v=DKIM1; k=rsa; p=%s |  | %s" % (key[:7], key[7:])], "yes"), # strings cut elsewhere, an empty one between
            (["v=DKIM1; t=s; p=%s  %s; n=x; k=rsa" % (key[:64], key[64:])], "yes"),
            (["v=DKIM1; k=rsa; t=y; p=" + key], "yes"),
            (["v=DKIM1; k=rsa; p=%s" % key.swapcase()], "another key"),
            (["v=DKIM1; k=rsa; p="], "unusable"),
            (["v=DKIM1; k=rsa; h=sha1; p=" + key], "unusable"),
            (["v=spf1 -all"], "unusable"),
            (["v=DKIM1; k=rsa; p=" + key] * 2, "unusable"),
            ([], "no")):
        server.zone = zone_read("\n".join("%s TXT %s" % (name, text) for text in texts))
        row, = house.rows("dkim", "list")
        assert row["in_dns"] == word, (texts, row)
        if word == "unusable":
            assert "no record that can be used" in house.ctl("dkim", "activate", "first", "first.test", code=1)
    server.zone = zone_read(name + " FAIL")
    row, = house.rows("dkim", "list")
    assert row["in_dns"] == "no answer", row
    row, = house.rows("dkim", "list", "--no-dns")
    assert row["in_dns"] == "", row
    server.zone = usual


def signed(house, number, sender="news@first.test", **more):
    """Sends one; {selector: does it verify} of what came."""
    to = "n%d@good.test" % number
    house.send(to, sender=sender, **more)
    _, content = house.await_mail(to)
    return content, verdicts(content)


def verdicts(content):
    found, message = {}, dkim.DKIM(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    for i in range(sum(1 for name, _ in message.headers if name.lower() == b"dkim-signature")):
        good = message.verify(idx=i, dnsfunc=lambda name, timeout=5: zone.get(name.decode().rstrip("."), "").encode())
        found[message.signature_fields[b"s"].decode()] = good
    return found


def refusals(house):
    for words, why in (
            (("new", "nobody", "first.test"), "no block tenant nobody"),
            (("new", "first", "second.test"), "does not send as second.test"),
            (("new", "first", "../x"), "is no domain"),
            (("new", "-s", "a/b", "first", "first.test"), "is no selector"),
            (("new", "-a", "dsa", "first", "first.test"), "rsa or ed25519"),
            (("activate", "-s", "none", "first", "first.test"), "no such key"),
            (("retire", "first", "second.test"), "no such key")):
        said = house.ctl("dkim", *words, code=None)
        assert why in said, (words, said)


def rotation(house, server):
    said = house.ctl("dkim", "new", "-s", "s1", "first", "first.test")
    assert not signed(house, 1)[1], "a new key signs"
    assert "DNS has no record" in house.ctl("dkim", "activate", "first", "first.test", code=1)
    publish(server, 's1._domainkey.first.test. IN TXT ( "v=DKIM1; k=rsa; p=AAAA" )')
    assert "DNS has another key" in house.ctl("dkim", "activate", "first", "first.test", code=1)
    record = publish(server, said)
    shapes(house, server, record)
    house.ctl("dkim", "activate", "first", "first.test")
    old, good = signed(house, 2)
    assert good == {"s1": True}, good
    publish(server, house.ctl("dkim", "new", "-s", "s2", "first", "first.test"))
    assert "needs a new selector" in house.ctl("dkim", "new", "-s", "s2", "first", "first.test", code=1)
    house.ctl("dkim", "activate", "first", "first.test")
    assert signed(house, 3)[1] == {"s2": True}
    assert verdicts(old) == {"s1": True}, "its record is still good"
    publish(server, house.ctl("dkim", "new", "-a", "ed25519", "-s", "e1", "first", "first.test"))
    house.ctl("dkim", "activate", "-s", "e1", "first", "first.test")
    assert signed(house, 4)[1] == {"s2": True, "e1": True}, "one of each algorithm"
    house.ctl("dkim", "activate", "--beside", "-s", "s1", "first", "first.test")
    assert signed(house, 5)[1] == {"s1": True, "s2": True, "e1": True}
    house.ctl("dkim", "retire", "-s", "s1", "first", "first.test")
    assert signed(house, 6)[1] == {"s2": True, "e1": True}


def listed(house):
    rows = {r["selector"]: r for r in house.rows("dkim", "list")}
    assert {s: (r["state"], r["in_dns"]) for s, r in rows.items()} == {
        "s1": ("retired", "yes"), "s2": ("active", "yes"), "e1": ("active", "yes")}, rows
    assert rows["s1"]["keep_until"] > rows["s1"]["since"] and not rows["s2"]["keep_until"], rows
    assert rows["e1"]["algorithm"] == "ed25519" and rows["e1"]["tenant"] == "first", rows
    house.ctl("dkim", "retire", "-s", "e1", "first", "first.test")
    assert "last that signs" in house.ctl("dkim", "retire", "-s", "s2", "first", "first.test", code=1)
    verbs = [e["verb"] for e in house.events("admin")]
    assert verbs.count("dkim-new") == 3 and verbs.count("dkim-activate") == 4 and verbs.count("dkim-retire") == 3, verbs


def tenants_apart(house, server, port):
    """A key is its tenant's, and a domain is one tenant's alone."""
    said = house.ctl("dkim", "new", "-s", "taken", "second", "first.test", code=1)
    assert "first.test" in said, said
    assert signed(house, 11, "a@second.test", port=port)[1] == {}, "second's mail under first's key"
    publish(server, house.ctl("dkim", "new", "-s", "second", "second", "second.test"))
    house.ctl("dkim", "activate", "second", "second.test")
    assert signed(house, 14, "a@second.test", port=port)[1] == {"second": True}
    forged(house, 15)


def forged(house, number):
    """first's mail that says it is from second's domain: refused, or at least not signed."""
    to = "n%d@good.test" % number
    try:
        house.send_bytes([to], b"From: a@second.test\r\nTo: %s\r\nSubject: x\r\n\r\nhi\r\n" % to.encode())
    except smtplib.SMTPDataError as e:
        assert e.smtp_code == 550, e
        return
    _, content = house.await_mail(to)
    assert b"DKIM-Signature" not in content, content


def settings(house):
    """What a tenant wants of its signatures."""
    house.settings["tenant"] = ("dkim-canonical simple/simple\n\tdkim-expire 7d\n\tdkim-oversign all\n"
                                "\tdkim-field X-Campaign")
    house.write_conf()
    house.ctl("reload")
    content, good = signed(house, 20, headers=(("X-Campaign", "spring"),))
    assert good == {"s2": True}, good
    field = re.sub(rb"\s", b"", re.search(rb"DKIM-Signature:(.*(?:\r?\n[ \t].*)*)", content).group(1)).decode()
    tags = dict(tag.split("=", 1) for tag in field.split(";"))
    assert tags["c"] == "simple/simple" and int(tags["x"]) - int(tags["t"]) == 7 * 86400, tags
    assert tags["h"].count("X-Campaign") == 2 and tags["h"].count("List-Id") == 1, tags


def main():
    if dkim is None:
        raise Skip("python3-dkim is not there")
    server = ZoneServer("")
    port, = free_ports(1)
    with House(more=MORE.format(port=port, dns=server.port)) as house:
        house.start()
        refusals(house)
        rotation(house, server)
        listed(house)
        tenants_apart(house, server, port)
        settings(house)
        assert house.stop() == 0


run_test(main)
