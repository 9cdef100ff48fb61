#!/usr/bin/env python3
"""Who unsubscribes gets no more mail, and nobody else: the link in the header does it at once where a provider posts (RFC 8058),
asks where somebody looks, and claims nothing that is not on disk."""
import http.client
import os
import re
import signal
import smtplib
import threading
from concurrent.futures import ThreadPoolExecutor

from house import House, free_ports, run_test, until

CAMPAIGN = [("X-Posthouse-Campaign", "spring")]
ONE_CLICK = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=xyz"}
PARTS = b"--xyz\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--xyz--\r\n"
SECOND = """tenant second {{
	domain second.test
	stream quick
	unsubscribe always
	unsubscribe-scope campaign
	tracking-url https://links.second.test:{web}/
}}
listener second {{
	address 127.0.0.1:{port}
	tenant second
	allow 127.0.0.0/8
}}
"""


def ask(house, method, link, body=None, headers=None, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=30)
    connection.request(method, "/" + link.split("/", 3)[3], body=body,
                       headers={"User-Agent": "e2e", "Host": host or link.split("/")[2], **(headers or {})})
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    return answer


def fields(content):
    head = re.sub(rb"\r?\n[ \t]+", b" ", content.split(b"\r\n\r\n")[0].split(b"\n\n")[0])
    return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.decode().splitlines())}


def link_of(house, recipient, sender="news@first.test", port=None, headers=CAMPAIGN):
    """Mails, and takes the link out of what arrived."""
    mail = house.send(recipient, sender=sender, port=port, headers=headers)
    _, content = until(lambda: [m for m in house.mails(recipient) if sender.encode() in m[1]], 15, "mail for " + recipient)[-1]
    head = fields(content)
    assert head["list-unsubscribe-post"] == "List-Unsubscribe=One-Click", head
    return mail, re.findall("<(http[^>]*)>", head["list-unsubscribe"])[0], head


def suppressed(house, recipient):
    return "not suppressed" not in house.ctl("suppress", "why", recipient, code=None)


def signed_and_on_the_list(house):
    """The provider posts: event, list, and the next mail stops; a second time is as good."""
    mail, link, head = link_of(house, "ann@good.test")
    named = re.search(r"\bh=([^;]*)", head["dkim-signature"]).group(1).lower().replace(" ", "").split(":")
    assert "list-unsubscribe" in named and "list-unsubscribe-post" in named, named
    for _ in range(2):
        answer = ask(house, "POST", link, b"List-Unsubscribe=One-Click", ONE_CLICK)
        assert answer.status == 200 and "Set-Cookie" not in answer.headers and "a***@good.test" in answer.text, answer.text
    first, again = house.events("unsubscribed", recipient="ann@good.test")
    assert first["message"] == mail and first["tenant"] == "first" and first["campaign"] == "spring", first
    assert first["via"] == "web" and first["one_click"] is True and first["agent"] == "e2e", first
    assert first["machine"] == "no" and first["reason"] == "one-click", first
    assert first["client"] == "127.0.0.1" and first["rcpt"] == 0 and "repeat" not in first, first
    assert again["repeat"] is True, again
    row = house.rows("suppress", "list")[0]
    assert (row["address"], row["scope"], row["reason"]) == ("ann@good.test", "first", "unsubscribed"), row
    assert row["event"] == first["id"], (row, first)
    house.send("ann@good.test")
    event = house.await_event("suppressed", recipient="ann@good.test")
    assert event["reason"] == "unsubscribed", event
    assert "unsubscribed" in house.trace(mail)


def four_at_once(house):
    """A browser and a provider post at the same time: one counts."""
    _, link, _ = link_of(house, "cid@good.test")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(house, "POST", link, b"List-Unsubscribe=One-Click", ONE_CLICK), range(4)))
    assert [a.status for a in answers] == [200] * 4, answers
    told = house.events("unsubscribed", recipient="cid@good.test")
    assert len(told) == 4 and sum("repeat" not in event for event in told) == 1, told


def multipart(house):
    _, link, _ = link_of(house, "amy@good.test")
    assert ask(house, "POST", link, PARTS, MULTIPART).status == 200
    assert house.events("unsubscribed", recipient="amy@good.test", one_click=True) and suppressed(house, "amy@good.test")


def nobody_by_looking(house):
    """GET, HEAD, and a POST that does not say so ask, and change nothing; the page's button does it."""
    _, link, _ = link_of(house, "bob@good.test")
    page = ask(house, "GET", link)
    assert page.status == 200 and "text/html" in page.headers["Content-Type"], page.text
    for text in ('<form method="post">', "b***@good.test", "A Shop &amp; more", "<html lang=\"en\">"):
        assert text in page.text, page.text
    assert "bob@" not in page.text and "script" not in page.text and "//" not in page.text, page.text
    for name, value in (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex"),
                        ("Content-Security-Policy", "default-src 'none'")):
        assert value in page.headers[name], (name, page.headers[name])
    german = ask(house, "GET", link, headers={"Accept-Language": "de-CH, en;q=0.5"})
    assert '<html lang="de">' in german.text and german.headers["Content-Language"] == "de", german.text
    head = ask(house, "HEAD", link)
    assert head.status == 200 and head.text == "", head.text
    for body in (None, b"", b"List-Unsubscribe=Perhaps", b"x=1"):
        assert '<form method="post">' in ask(house, "POST", link, body, ONE_CLICK).text
    assert not house.events("unsubscribed", recipient="bob@good.test") and not suppressed(house, "bob@good.test")
    button = re.search(r'<button name="([^"]*)" value="([^"]*)"', page.text).groups()
    done = ask(house, "POST", link, ("%s=%s" % button).encode(), ONE_CLICK)
    assert done.status == 200 and "Done:" in done.text and "form" not in done.text, done.text
    event = house.events("unsubscribed", recipient="bob@good.test")[0]
    assert event["one_click"] is False and suppressed(house, "bob@good.test"), event


def campaign_of_another(house):
    """The scope is the tenant's choice; other campaigns and other tenants' mail go on."""
    port = house.second
    _, link, head = link_of(house, "cat@good.test", "news@second.test", port)
    assert link.startswith("https://links.second.test:"), link
    assert "mailto:" not in head["list-unsubscribe"], head # no bounce domain
    assert "“<b><bdi>spring</bdi></b>”" in ask(house, "GET", link).text
    assert ask(house, "POST", link, b"List-Unsubscribe=One-Click", ONE_CLICK).status == 200
    assert house.events("unsubscribed", recipient="cat@good.test")[0]["scope"] == "second/spring"
    house.send("cat@good.test", sender="news@second.test", port=port, headers=CAMPAIGN)
    assert house.await_event("suppressed", recipient="cat@good.test")["scope"] == "second/spring"
    link_of(house, "cat@good.test", "news@second.test", port, [("X-Posthouse-Campaign", "autumn")])
    link_of(house, "cat@good.test")


def wrong_ones(house):
    """No token, a changed one, and one at another tenant's host are nothing; nobody is unsubscribed by them."""
    _, link, _ = link_of(house, "dan@good.test")
    _, second, _ = link_of(house, "dan@good.test", "news@second.test", house.second)
    changed = link[:-9] + ("B" if link[-9] == "A" else "A") + link[-8:]
    for wrong, host in ((changed, None), (link[:-4], None), (link, "links.second.test"), (link, "LINKS.second.test."),
                        (second.replace("/u/", "/u/x"), None)):
        assert ask(house, "POST", wrong, b"List-Unsubscribe=One-Click", ONE_CLICK, host).status == 404, wrong
    assert not house.events("unsubscribed", recipient="dan@good.test") and not suppressed(house, "dan@good.test")


def by_mail(house):
    """The header offers a signed address too; mail to it does the same."""
    house.settings["tenant"] = house.settings["tenant"] + "\n\tbounce-domain bounces.first.test"
    house.write_conf()
    house.ctl("reload")
    _, link, head = link_of(house, "eve@good.test")
    to = re.search(r"<mailto:([^?>]*)\?subject=unsubscribe>", head["list-unsubscribe"]).group(1)
    assert link and to.endswith("@bounces.first.test"), head
    with smtplib.SMTP("127.0.0.1", house.inbound, timeout=30, source_address=("127.0.0.2", 0)) as s:
        s.sendmail("eve@good.test", [to], "From: Eve <eve@good.test>\r\nTo: <%s>\r\nSubject: unsubscribe\r\n"
                   "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@good.test>\r\n\r\n\r\n" % to)
    house.await_event("unsubscribed", recipient="eve@good.test")
    until(lambda: suppressed(house, "eve@good.test"), 10, "eve on the list")


def kept_alone(house):
    """What the sender wrote himself stays as it is, and is not doubled."""
    house.send("fay@good.test", headers=CAMPAIGN + [("List-Unsubscribe", "<https://first.test/out>")])
    _, content = house.await_mail("fay@good.test")
    assert content.count(b"\nList-Unsubscribe") == 1, content
    assert fields(content)["list-unsubscribe"] == "<https://first.test/out>", content


def while_bouncd_is_away(house):
    """Killed in between: not yet, and later it is done. What was answered with 200 is there after a crash of all."""
    _, link, _ = link_of(house, "gil@good.test")
    role, pid = house.pids("bouncd")[0]
    assert role == "bouncd"
    os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    answer = ask(house, "POST", link, b"List-Unsubscribe=One-Click", ONE_CLICK)
    if answer.status != 200:
        assert answer.status == 503 and answer.headers["Retry-After"] == "60" and "try again" in answer.text, answer.text
        assert not house.events("unsubscribed", recipient="gil@good.test")
    until(lambda: ask(house, "POST", link, b"List-Unsubscribe=One-Click", ONE_CLICK).status == 200, 20, "bouncd again")
    house.kill_house()
    assert house.events("unsubscribed", recipient="gil@good.test"), "the event was claimed"
    house.start()
    until(lambda: suppressed(house, "gil@good.test"), 10, "gil on the list")


class Shop(House):
    """Its programs are at 127.0.0.1; the rest of loopback is the world outside."""

    def write_conf(self, more=None):
        super().write_conf(more)
        with open(self.conf_path, encoding="utf-8") as f:
            text = f.read().replace("allow 127.0.0.0/8", "allow 127.0.0.1/32")
        with open(self.conf_path, "w", encoding="utf-8") as f:
            f.write(text)


def each_has_its_own(house):
    """One message to two: one asks out, and the other's mail goes on."""
    house.send("one@good.test", "two@good.test", headers=CAMPAIGN)
    links = {}
    for to in ("one", "two"):
        _, content = house.await_mail(to + "@good.test")
        links[to] = re.findall("<(http[^>]*)>", fields(content)["list-unsubscribe"])[0]
    assert links["one"] != links["two"]
    assert ask(house, "POST", links["one"], b"List-Unsubscribe=One-Click", ONE_CLICK).status == 200
    assert suppressed(house, "one@good.test") and not suppressed(house, "two@good.test")


def killed_in_the_middle(house):
    """Many ask out at once while bouncd dies: whoever was told that it is done is on the list, and in the events."""
    people = ["p%d@good.test" % n for n in range(60)]
    house.send(*people, headers=CAMPAIGN)
    until(lambda: all(house.mails(p) for p in people[-5:]) and len(house.mails()) >= len(people), 20, "all mail")
    links = [re.findall("<(http[^>]*)>", fields(house.await_mail(p)[1])["list-unsubscribe"])[0] for p in people]
    answers = {}

    def leave(n):
        try:
            answers[n] = ask(house, "POST", links[n], b"List-Unsubscribe=One-Click", ONE_CLICK).status
        except OSError:
            answers[n] = None
        if n == 20:
            os.kill(house.pids("bouncd")[0][1], signal.SIGKILL)
    threads = [threading.Thread(target=leave, args=(n, )) for n in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers.values()) <= {200, 503}, answers
    assert 200 in answers.values(), answers
    until(lambda: ask(house, "POST", links[0], b"List-Unsubscribe=One-Click", ONE_CLICK).status == 200, 20, "bouncd again")
    listed = {row["address"] for row in house.rows("suppress", "list")}
    said = {e["recipient"] for e in house.events("unsubscribed")}
    for n, status in answers.items():
        assert status != 200 or (people[n] in listed and people[n] in said), people[n]


def main():
    with Shop(tenant="brand \"A Shop & more\"\n\ttracking-url https://links.first.test/") as house:
        house.second = free_ports(1)[0]
        house.write_conf(SECOND.format(web=house.web, port=house.second))
        house.ctl("dkim", "new", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "first", "first.test")
        house.start()
        signed_and_on_the_list(house)
        multipart(house)
        four_at_once(house)
        nobody_by_looking(house)
        campaign_of_another(house)
        wrong_ones(house)
        kept_alone(house)
        each_has_its_own(house)
        killed_in_the_middle(house)
        by_mail(house)
        while_bouncd_is_away(house)


run_test(main)
