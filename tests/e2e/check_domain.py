#!/usr/bin/env python3
"""posthouse check against a name server of our own: what is missing is said with the record to paste; once those records
are published as they were printed, all pass; what strangers publish breaks nothing."""
import os
import re
import subprocess
import sys

from house import TOP, House, free_ports, run_test

sys.path.insert(0, os.path.join(TOP, "tests", "dns"))
from zone_server import ZoneServer, zone_read  # noqa: E402  pylint: disable=wrong-import-position,import-error

SOURCE = "198.51.100.7"
REVERSE = "7.100.51.198.in-addr.arpa"


def publish(server, records):
    """Lines of a zone file, as they were printed, into the name server."""
    for line in records:
        name, kind, rest = re.fullmatch(r"(\S+)\. IN (\S+) (.*)", line).groups()
        if kind == "TXT":
            rest = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', rest))
        server.zone.setdefault(name, [])[:] = [r for r in server.zone.get(name, []) if r[0] not in (kind, "CNAME")]
        for owner, found in zone_read("%s %s %s" % (name, kind, rest)).items():
            server.zone[owner] += found


def results(house, code, *words):
    rows = house.rows("check", *words, "first.test", code=code)
    assert all(r["result"] in ("pass", "warn", "fail") and r["text"] for r in rows), rows
    return rows


def of(rows, check, result=None):
    return [r for r in rows if r["check"] == check and result in (None, r["result"])]


def nothing_there(house, server):
    rows = results(house, 1)
    for check in ("spf", "dkim", "dmarc", "mx", "reverse", "helo", "one-click"):
        assert of(rows, check, "fail"), (check, rows)
    assert "dkim new first first.test" in of(rows, "dkim")[0]["record"], rows
    for algorithm in ("rsa", "ed25519"):
        house.ctl("dkim", "new", "-s", algorithm, "-a", algorithm, "first", "first.test")
        house.ctl("dkim", "activate", "--force", "-s", algorithm, "first", "first.test")
    text = house.ctl("check", "first.test", code=1)
    assert "fail  spf" in text and '"v=spf1 ip4:%s -all"' % SOURCE in text, text
    rows = results(house, 1)
    assert len(of(rows, "dkim", "fail")) == 2, rows
    publish(server, [r["record"] for r in rows if r.get("record", "").find(" IN ") > 0])
    server.zone["relay.test"] = zone_read("relay.test A %s" % SOURCE)["relay.test"]


def all_there(house):
    rows = results(house, 0)
    for check in ("spf", "dkim", "dmarc", "mx", "reverse", "helo", "tls", "tracking", "one-click"):
        assert of(rows, check, "pass") and not of(rows, check, "fail"), (check, rows)
    assert len(of(rows, "dkim", "pass")) == 2, rows
    assert re.search(r"[1-9]\d* pass, \d+ warn, 0 fail", house.ctl("check", "first.test"))


# What is published for a name, and what is said of it: (check, name, lines, result, words).
WRONG = [
    ("spf", "b.first.test", "TXT v=spf1 ip4:203.0.113.9 -all", "fail", "does not permit"),
    ("spf", "b.first.test", "TXT v=spf1 a:x.first.test/99 -all", "fail", "no term"),
    ("spf", "b.first.test", "TXT v=spf1 -all|TXT v=spf1 +all", "fail", "2 SPF records"),
    ("spf", "b.first.test", "TXT v=spf1 include:b.first.test -all", "fail", "more than 10"),
    ("spf", "b.first.test", "FAIL", "fail", "DNS does not answer"),
    ("spf", "b.first.test", "TXT v=spf1 exists:%{i}.p.first.test -all", "fail", "does not permit"),
    ("dkim", "rsa._domainkey.first.test", "TXT v=DKIM1; p=", "fail", "revoked"),
    ("dkim", "rsa._domainkey.first.test", "TXT v=DKIM1; k=rsa; p=QUJD", "fail", "another key"),
    ("dkim", "rsa._domainkey.first.test", "TXT \xff\x01\" junk", "fail", "no DKIM record"),
    ("dkim", "rsa._domainkey.first.test", "TXT a=b|TXT c=d", "fail", "2 TXT records"),
    ("dmarc", "_dmarc.first.test", "TXT v=DMARC1; p=perhaps", "fail", "cannot be read"),
    ("dmarc", "_dmarc.first.test", "TXT v=DMARC1; rua=mailto:a@first.test", "warn", "counts as p=none"),
    ("dmarc", "_dmarc.first.test", "TXT v=DMARC1; p=reject; pct=many", "warn", "counts as p=none"),
    ("dmarc", "_dmarc.first.test", "TXT v=DMARC1; p=none|TXT v=DMARC1; p=none", "fail", "2 records"),
    ("dmarc", "_dmarc.first.test", "TXT v=DMARC1; p=reject; aspf=s", "warn", "does not align"),
    ("mx", "b.first.test", "MX 0 .", "fail", "null MX"),
    ("mx", "b.first.test", "MX 5 alias.first.test", "fail", "is a CNAME"),
    ("mx", "b.first.test", "MX 5 nowhere.first.test", "fail", "no address"),
    ("mx", "b.first.test", "MX 5 other.first.test", "warn", "is this relay"),
    ("reverse", REVERSE, "PTR other.first.test", "fail", "lead back"),
    ("helo", "relay.test", "A 203.0.113.9", "fail", "name in EHLO"),
    ("tracking", "t.first.test", "CNAME nowhere.first.test", "fail", "no address"),
]


def wrong_records(house, server):
    for check, name, lines, result, words in WRONG:
        kept = server.zone[name]
        server.zone[name] = [r for line in lines.split("|") for r in zone_read("%s %s" % (name, line))[name]]
        rows = of(results(house, None), check, result)
        assert any(words in r["text"] for r in rows), (name, lines, rows)
        server.zone[name] = kept


def without_answers(house):
    """A name server that says nothing: an end, and no pass that is none."""
    with open(house.conf_path, encoding="utf-8") as f:
        text = f.read()
    path = house.folder + "/other.conf"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("server 127.0.0.1@", "server 127.0.0.1@1 #"))
    done = subprocess.run([os.path.join(os.path.abspath(os.environ.get("B", TOP + "/build")), "bin/posthouse"), "-c", path, "check",
                           "first.test"], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 1 and "DNS does not answer" in done.stdout, done


def certificate(house):
    names = [house.folder + "/" + n for n in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=relay.test", "-days", "90",
                    "-addext", "subjectAltName=DNS:relay.test", "-out", names[0], "-keyout", names[1]],
                   check=True, capture_output=True)
    os.chmod(names[1], 0o600)
    return "tls starttls\n\ttls-certificate %s\n\ttls-key file:%s" % tuple(names)


def main():
    server = ZoneServer("t.first.test A 127.0.0.1\nother.first.test A 203.0.113.20\nalias.first.test CNAME relay.test\n"
                        "first.test A 203.0.113.20\n")
    with House(sinks={}, routes={}, tenant="bounce-domain b.first.test",
               more="resolver {\n\tserver 127.0.0.1@%d\n}\nsource main {\n\taddress %s\n}\n" % (server.port, SOURCE)) as house:
        nothing_there(house, server)
        assert "no tenant sends as" in house.ctl("check", "else.test", code=1)
        assert "no address" in house.ctl("check", "--source", "x", "first.test", code=2)
        house.settings["listener"] = certificate(house)
        house.settings["tenant"] = "bounce-domain b.first.test\n\ttracking-url http://t.first.test:%d/" % house.web
        house.write_conf()
        house.start()
        rows = results(house, 1)
        assert of(rows, "tracking", "pass") and of(rows, "one-click", "fail"), rows
        tls_port = free_ports(1)[0]
        house.settings["tenant"] = "bounce-domain b.first.test\n\ttracking-url https://t.first.test:%d/" % tls_port
        house.write_conf()
        assert "connect" in of(results(house, 1), "tracking", "fail")[0]["text"]
        with_tls(house, server, tls_port)
        without_answers(house)


def with_tls(house, server, port):
    """The tracking host behind TLS: another's certificate fails, one that is trusted passes."""
    names = [house.folder + "/" + n for n in ("t.pem", "t.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=t.first.test", "-days", "9",
                    "-addext", "subjectAltName=DNS:t.first.test", "-out", names[0], "-keyout", names[1]],
                   check=True, capture_output=True)
    os.makedirs(house.folder + "/www")
    with open(house.folder + "/www/health", "w", encoding="ascii") as f:
        f.write("ok\n")
    proxy = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-cert", names[0], "-key", names[1], "-WWW",
                              "-quiet"], cwd=house.folder + "/www", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        house.await_port(port, proxy)
        rows = of(results(house, 1), "tracking", "fail")
        assert "certificate" in rows[0]["text"], rows
        os.environ["SSL_CERT_FILE"] = names[0]
        all_there(house)
        wrong_records(house, server)
    finally:
        os.environ.pop("SSL_CERT_FILE", None)
        proxy.kill()
        proxy.wait()


run_test(main)
