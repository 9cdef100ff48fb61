#!/usr/bin/env python3
"""In a real browser, without script: a click leads on, the unsubscribe page asks, its button does it, a switched-off link says so.

Skipped where chromium is not installed. With SHOTS=FOLDER in the environment it leaves pictures there to look at."""
import base64
import email
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from email import policy

from house import House, Skip, run_test, until

PHONE = {"width": 390, "height": 760, "deviceScaleFactor": 2, "mobile": True}
DESK = {"width": 1100, "height": 700, "deviceScaleFactor": 1, "mobile": False}


class Browser:
    """Chromium over its pipe (DevTools protocol): descriptor 3 to it, 4 from it, each message ended by NUL."""

    def __init__(self):
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        if path is None:
            raise Skip("no chromium")
        self.profile = tempfile.mkdtemp(prefix="posthouse-browser-")
        to_read, self.to = os.pipe()
        self.back, from_write = os.pipe()
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" "$@" 3<&%d 4>&%d' % (to_read, from_write), path, "--headless=new", "--no-sandbox",
             "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe",
             "--user-data-dir=" + self.profile, "about:blank"],
            pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(from_write)
        self.rest, self.number, self.session = b"", 0, None
        self.faults = []
        target = [t for t in self.do("Target.getTargets")["targetInfos"] if t["type"] == "page"][0]["targetId"]
        self.session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Network", "DOM"):
            self.do(domain + ".enable")
        self.do("Emulation.setScriptExecutionDisabled", value=True)
        self.requests, self.loaded = [], 0

    def take(self):
        while b"\0" not in self.rest:
            more = os.read(self.back, 1 << 16)
            assert more, "chromium went away"
            self.rest += more
        one, _, self.rest = self.rest.partition(b"\0")
        message = json.loads(one)
        if message.get("method") == "Page.loadEventFired":
            self.loaded += 1
        if message.get("method") == "Log.entryAdded":
            self.faults.append(message["params"]["entry"]["text"])
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def do(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.take()
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer)
                return answer["result"]

    def look(self, device, dark=False, language="en-GB"):
        self.do("Emulation.setDeviceMetricsOverride", **device)
        self.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.do("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})

    def await_load(self, before):
        while self.loaded == before:
            self.take()

    def go(self, url):
        self.faults, self.requests, before = [], [], self.loaded
        self.do("Page.navigate", url=url)
        self.await_load(before)
        return self.text()

    def text(self):
        root = self.do("DOM.getDocument", depth=0)["root"]["nodeId"]
        return self.do("DOM.getOuterHTML", nodeId=root)["outerHTML"]

    def box(self, selector):
        root = self.do("DOM.getDocument", depth=0)["root"]["nodeId"]
        node = self.do("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        return self.do("DOM.getBoxModel", nodeId=node)["model"]

    def press(self, selector):
        model, before = self.box(selector), self.loaded
        x, y = (model["border"][0] + model["border"][4]) / 2, (model["border"][1] + model["border"][5]) / 2
        for kind in ("mousePressed", "mouseReleased"):
            self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.await_load(before)
        return self.text()

    def shot(self, name):
        folder = os.environ.get("SHOTS")
        if folder:
            data = base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"])
            with open(os.path.join(folder, name + ".png"), "wb") as f:
                f.write(data)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def shop_page():
    """Where the click leads."""
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>shop</title>The shop " + self.path.encode())

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def unsubscribe(house, browser, link):
    browser.look(PHONE)
    text = browser.go(link)
    assert "a***@good.test" in text and "A Shop" in text and '<html lang="en">' in text, text
    assert not browser.faults and all(url == link for url in browser.requests), (browser.faults, browser.requests)
    button = browser.box("button")
    assert button["height"] >= 44 and button["width"] <= PHONE["width"], button
    browser.shot("ask-phone")
    for name, device, dark, language in (("ask-desk", DESK, False, "en"), ("ask-phone-dark", PHONE, True, "de"),
                                         ("ask-phone-fr", PHONE, False, "fr-CA"), ("ask-phone-ja", PHONE, True, "ja")):
        browser.look(device, dark, language)
        browser.go(link)
        browser.shot(name)
    assert not house.events("unsubscribed")
    browser.look(PHONE)
    browser.go(link)
    text = browser.press("button")
    assert "Done:" in text and "a***@good.test" in text, text
    assert not browser.faults, browser.faults
    browser.shot("done-phone")
    assert house.await_event("unsubscribed", recipient="ann@good.test")["one_click"] is False
    assert "Chrome" in house.events("unsubscribed")[0]["agent"]


def clicks(house, browser, link, page):
    browser.look(DESK)
    text = browser.go(link)
    assert "The shop /a?b=1&amp;c" in text, text
    clicked = house.await_event("clicked", url=page)
    assert "Chrome" in clicked["agent"], clicked
    house.ctl("links", "block", "127.0.0.1")
    browser.look(PHONE)
    text = until(lambda: next((t for t in [browser.go(link)] if "switched off" in t), None), 5, "the page")
    assert "The shop" not in text
    browser.shot("off-phone")
    browser.look(DESK, True)
    browser.go(link[:-5])
    browser.shot("not-found-desk-dark")


def main():
    shop = shop_page()
    page = "http://127.0.0.1:%d/a?b=1&c" % shop.server_port
    with House(tenant="track clicks\n\tunsubscribe-scope campaign\n\tbrand \"A Shop & more\"") as house:
        browser = Browser()
        try:
            house.start()
            house.send("ann@good.test", html='<p><a href="%s">x</a></p>' % html.escape(page), headers=[("X-Posthouse-Campaign", "Spring news")])
            _, content = house.await_mail("ann@good.test")
            mail = email.message_from_bytes(content, policy=policy.default)
            link = html.unescape(re.search('href="([^"]*)"', mail.get_body(("html", )).get_content()).group(1))
            out = re.search("<(http[^>]*)>", re.sub(r"\s", "", mail["List-Unsubscribe"])).group(1)
            unsubscribe(house, browser, out)
            clicks(house, browser, link, page)
        finally:
            browser.close()
    shop.shutdown()


run_test(main)
