#!/usr/bin/env python3
"""The kill switch: links to a host, a page, of a campaign or a tenant lead nowhere within a second, and lead there again; a crash
of everything changes nothing, and no link works before it is known which ones may."""
import email
import html
import http.client
import os
import re
import signal
import time
from email import policy

from house import House, run_test, until

PAGES = ["https://shop.test/a", "https://pay.evil.test/login?x=1", "https://Evil.TEST:8443/", "https://short.test/aB3",
         "https://short.test/aB4", "https://xn--bcher-kva.test/"]


def visit(house, link, path=None):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=15)
    connection.request("GET", path or "/" + link.split("/", 3)[3], headers={"User-Agent": "e2e"})
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    return answer


def links_of(house, recipient, campaign):
    body = "".join('<a href="%s">x</a> ' % page for page in PAGES)
    house.send(recipient, html="<html><body>%s</body></html>" % body, headers=[("X-Posthouse-Campaign", campaign)])
    _, content = house.await_mail(recipient)
    text = email.message_from_bytes(content, policy=policy.default).get_body(("html", )).get_content()
    links = [html.unescape(link) for link in re.findall('<a href="([^"]*)"', text)]
    assert len(links) == len(PAGES), text
    return links


def works(house, links):
    return [visit(house, link).status == 302 for link in links]


def within_a_second(house, links, expected):
    """From the moment the command ended."""
    end = time.monotonic() + 1
    while works(house, links) != expected:
        assert time.monotonic() < end, (works(house, links), expected)


def by_target(house, links):
    all_work = [True] * len(PAGES)
    for what, stays in (("evil.test", [1, 0, 0, 1, 1, 1]), ("https://short.test/aB3", [1, 1, 1, 0, 1, 1]),
                        ("short.test", [1, 1, 1, 0, 0, 1]), ("BÜCHER.test", [1, 1, 1, 1, 1, 0]),
                        ("http://pay.evil.test/log", [1, 0, 1, 1, 1, 1]), ("il.test", [1] * 6)):
        said = house.ctl("links", "block", what, "--reason", "phishing, ticket 7")
        assert "are switched off" in said, said
        within_a_second(house, links, [bool(s) for s in stays])
        assert "work again" in house.ctl("links", "unblock", what)
        within_a_second(house, links, all_work)
    events = house.events("admin", verb="links-block")
    assert events[0]["value"] == "evil.test" and events[0]["kind"] == "target", events[0]
    assert events[0]["reason"] == "phishing, ticket 7" and events[0]["actor"] == 0, events[0]
    assert [e["value"] for e in events][3] == "xn--bcher-kva.test", events[3]
    assert len(house.events("admin", verb="links-unblock")) == 6


def by_campaign_and_tenant(house, spring, autumn):
    house.ctl("links", "block", "campaign", "first/Spring")
    within_a_second(house, spring + autumn, [False] * len(spring) + [True] * len(autumn))
    house.ctl("links", "unblock", "campaign", "first/spring")
    house.ctl("links", "block", "tenant", "first")
    within_a_second(house, spring + autumn, [False] * (len(spring) + len(autumn)))
    house.ctl("links", "unblock", "tenant", "first")
    within_a_second(house, spring + autumn, [True] * (len(spring) + len(autumn)))


def said_in_words(house):
    for words, text in ((["com"], "no dot"), (["*.evil.test"], "leave out"), (["ftp://evil.test"], "of ftp"), (["a b.test"], "neither"),
                        (["campaign", "spring"], "TENANT/CAMPAIGN"), (["tenant", "nobody"], "no tenant"),
                        (["colour", "red"], "none of target")):
        said = house.ctl("links", "block", *words, code=1)
        assert text in said, said
    assert "is not blocked" in house.ctl("links", "unblock", "never.test", code=1)
    assert "usage" in house.ctl("links", "block", code=2)
    assert "No links" in house.ctl("links", "list")


def page_and_list(house, link):
    house.ctl("links", "block", "shop.test", "-r", "it was taken over")
    house.ctl("links", "block", "https://shop.test/", "-r", "a second reason")
    answer = visit(house, link)
    assert answer.status == 410 and "switched off" in answer.text and "Location" not in answer.headers, answer.text
    assert "shop.test" not in answer.text and "no-store" in answer.headers["Cache-Control"], answer.text
    clicks = len(house.events("clicked"))
    visit(house, link)
    assert len(house.events("clicked")) == clicks
    row, = house.rows("links", "list")
    assert (row["kind"], row["value"], row["reason"], row["actor"]) == ("target", "shop.test", "it was taken over", 0), row
    table = house.ctl("links", "list")
    assert "SINCE" in table and "shop.test" in table and "it was taken over" in table, table


def survives(house, links):
    """A reload, a bouncd that is killed, and all of them at once."""
    stays = [False] + [True] * (len(PAGES) - 1)
    house.ctl("reload")
    assert works(house, links) == stays
    _, pid = house.pids("bouncd")[0]
    os.kill(pid, signal.SIGKILL)
    for _ in range(20): # it may be away or back: nothing changes for what is known
        assert works(house, links) == stays
    until(lambda: [p for p in house.pids("bouncd") if p[1] != pid], 20, "bouncd again")
    house.ctl("links", "block", "short.test")
    stays[3] = stays[4] = False
    within_a_second(house, links, stays)
    house.kill_house()
    house.start()
    assert works(house, links) == stays
    assert len(house.rows("links", "list")) == 2


def not_before_it_is_known(house, links):
    """trackd-web starts anew while bouncd is stopped: no click is answered, and all else is."""
    _, bouncd = house.pids("bouncd")[0]
    _, web = house.pids("trackd-web")[0]
    os.kill(bouncd, signal.SIGSTOP)
    try:
        os.kill(web, signal.SIGKILL)
        until(lambda: web not in house.children() and "trackd-web" in house.log(), 10, "trackd-web gone")

        def answers(path=None):
            try:
                return visit(house, links[0], path)
            except OSError:
                return None
        first = until(answers, 15, "trackd-web again")
        assert first.status == 503 and first.headers["Retry-After"], first.text
        assert visit(house, links[1]).status == 503
        assert visit(house, None, "/health").status == 200
    finally:
        os.kill(bouncd, signal.SIGCONT)
    until(lambda: visit(house, links[0]).status == 410 and visit(house, links[1]).status == 302, 10, "blocks known")


def main():
    with House(tenant="track clicks") as house:
        house.start()
        spring = links_of(house, "ann@good.test", "spring")
        autumn = links_of(house, "bob@good.test", "autumn")
        said_in_words(house)
        by_target(house, spring)
        by_campaign_and_tenant(house, spring, autumn)
        page_and_list(house, spring[0])
        survives(house, spring)
        not_before_it_is_known(house, spring)


run_test(main)
