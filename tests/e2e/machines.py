#!/usr/bin/env python3
"""A person's click, a scanner's burst, HEAD, a prefetch and the hidden link: each event says whose it is, within a second;
what a burst shows about earlier visits is an event of its own; stats count persons apart. A rules file is taken by a reload,
and a bad one is refused with its place."""
import email
import http.client
import os
import re
import time
from email import policy

from house import House, TOP, run_test, until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HTML = "<html><body>%s</body></html>" % "".join('<a href="https://shop.test/%d">%d</a> ' % (n, n) for n in range(6))
LATER = "\trank 8\n\tkind click\n\tagent \"^Quill/\"\n\tmachine %s\n\texample \"%s\"\n}\n"


def visit(house, url, client, agent=FIREFOX, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=10)
    connection.request(method, url.split(":%d" % house.web, 1)[1],
                       headers={"User-Agent": agent, "X-Forwarded-For": client, **headers})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def links_of(house, recipient):
    _, content = house.await_mail(recipient)
    html = email.message_from_bytes(content, policy=policy.default).get_body(("html",)).get_content()
    return re.findall(r'<(a|img) (?:href|src)="(http://127\.0\.0\.1:%d/[^"]*)"' % house.web, html), html


def send(house, recipient):
    mail = house.send(recipient, html=HTML)
    found, html = links_of(house, recipient)
    links = [u for tag, u in found if tag == "a" and "/c/" in u]
    assert len(links) == 6, html
    return mail, links, [u for _, u in found if "/o/" in u][0], [u for _, u in found if "/t/" in u]


def main():
    with House(tenant="track clicks opens\n\tlink-trap yes") as house:
        rules = house.folder + "/visitors.conf"
        with open(house.conf_path, encoding="utf-8") as f:
            text = f.read().replace("tracking {\n", "tracking {\n\ttrusted-proxy 127.0.0.0/8\n\tvisitors %s\n" % rules)
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        with open(TOP + "/etc/visitors.conf", encoding="utf-8") as f:
            shipped = f.read()

        def write(more):
            with open(rules, "w", encoding="utf-8") as f:
                f.write(shipped + more)
            os.chmod(rules, 0o644)

        write("")
        house.start()
        person, links, pixel, trap = send(house, "ann@good.test")
        scanner, more, _, _ = send(house, "bob@good.test")
        assert len(trap) == 1 and "display:none" in links_of(house, "ann@good.test")[1]
        issued = time.time()
        until(lambda: time.time() - issued > 6, 10, lambda: "nobody clicks within five seconds")

        assert visit(house, pixel, "81.2.69.142") == 200
        assert visit(house, links[0], "81.2.69.142") == 302
        clicked_at = time.time()
        event = house.await_event("clicked", message=person)
        assert time.time() - clicked_at < 1, "the event took %.1f s" % (time.time() - clicked_at)
        assert (event["machine"], event.get("reason")) == ("no", "no-sign"), event
        assert house.await_event("opened", message=person)["machine"] == "no"

        for link in more[:4]:
            assert visit(house, link, "198.51.100.7") == 302
        first = house.await_event("clicked", message=scanner, url="https://shop.test/0")
        assert first["machine"] == "no", first
        revised = house.await_event("revised", message=scanner, revises=first["id"])
        assert (revised["kind"], revised["was"], revised["machine"], revised["reason"]) == ("clicked", "no", "yes", "burst"), revised
        until(lambda: len(house.events("clicked", message=scanner)) == 4, 5, lambda: "four clicks")
        assert all(e["machine"] == "yes" for e in house.events("clicked", message=scanner)[1:])
        assert len(house.events("revised")) == 1, house.events("revised")

        row = house.rows("stats", "--tenant", "first")[0]
        assert (row["clicked"], row["clicked_machine"], row["clicked_person"]) == (5, 4, 1), row
        assert (row["opened_person"], row["open_person_percent"], row["click_person_percent"]) == (1, "50.0", "50.0"), row

        _, other, _, _ = send(house, "cid@good.test")
        assert visit(house, other[0], "81.2.69.9", method="HEAD") == 302
        assert house.await_event("clicked", method="HEAD")["reason"] == "head"
        assert visit(house, other[1], "81.2.70.9", **{"Sec-Purpose": "prefetch"}) == 302
        house.await_event("clicked", client="81.2.70.9", machine="yes", reason="prefetch")

        mail, other, _, trap = send(house, "dan@good.test")
        assert visit(house, trap[0], "81.2.71.9") == 204
        house.await_event("trapped", message=mail, machine="yes", reason="trap")
        assert visit(house, other[0], "81.2.71.9") == 302
        house.await_event("clicked", message=mail, machine="yes", reason="trap")

        write("rule quill {\n" + LATER % ("yes", "click agent=Quill/1.0"))
        house.ctl("reload")
        mail, other, _, _ = send(house, "eve@good.test")
        assert visit(house, other[0], "81.2.72.9", agent="Quill/1.0") == 302
        house.await_event("clicked", message=mail, machine="yes", reason="quill")
        write("rule quill {\n" + LATER % ("yes", "open agent=Pen/1.0"))
        said = house.ctl("reload", code=1)
        at = (shipped + "rule quill {\n" + LATER).count("\n") - 1
        assert "%s:%d:" % (rules, at) in said and "does not match its rule" in said, said
        assert visit(house, other[1], "81.2.72.9", agent="Quill/1.0") == 302
        until(lambda: len(house.events("clicked", message=mail, reason="quill")) == 2, 5, lambda: house.events("clicked"))


run_test(main)
