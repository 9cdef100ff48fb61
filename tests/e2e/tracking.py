#!/usr/bin/env python3
"""Links and a pixel: a click leads to exactly its address and is an event; a token that was changed gets 404."""
import email
import http.client
import re
from email import policy

from house import House, run_test

PAGE = "https://shop.test/page?a=1&b=2#here"
HTML = '<html><body><p><a href="%s">Look</a></p></body></html>' % PAGE.replace("&", "&amp;")


def get(house, url):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=10)
    connection.request("GET", url.split(":%d" % house.web, 1)[1], headers={"User-Agent": "e2e"})
    answer = connection.getresponse()
    answer.read()
    return answer


def main():
    with House(tenant="track clicks opens") as house:
        house.start()
        mail = house.send("ann@good.test", html=HTML)
        _, content = house.await_mail("ann@good.test")
        html = email.message_from_bytes(content, policy=policy.default).get_body(("html", )).get_content()
        assert PAGE not in html and PAGE.replace("&", "&amp;") not in html, html
        links = re.findall(r'(?:href|src)="(http://127\.0\.0\.1:%d/[^"]*)"' % house.web, html)
        assert len(links) == 2, html
        answers = {get(house, link).status: link for link in links}
        assert set(answers) == {302, 200}, answers
        assert get(house, answers[302]).headers["Location"] == PAGE
        clicked = house.await_event("clicked")
        assert clicked["message"] == mail and clicked["url"] == PAGE, clicked
        house.await_event("opened", message=mail)
        told = house.ctl("trace", mail)
        assert "clicked by <ann@good.test> at 127.0.0.1 with e2e (machine: " in told and "opened by <ann@good.test>" in told, told
        for at in (-1, -8, len(answers[302]) // 2 - len(answers[302])):
            link = answers[302]
            other = "B" if link[at] == "A" else "A"
            changed = link[:at] + other + (link[at + 1:] if at != -1 else "")
            assert get(house, changed).status == 404, changed
        assert get(house, "http://127.0.0.1:%d/nothing" % house.web).status == 404


run_test(main)
