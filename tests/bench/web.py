#!/usr/bin/env python3
"""Clicks a second of trackd-web with wrk on the same machine: make bench-web (root; needs wrk).

A house of its own; the links are those of a mail it rewrote; each connection of wrk is kept and goes through them.
Says clicks a second, the latencies, the CPU of trackd-web a click, how late the last clicks' events were, that each
answer has its event, and, where a mail is sent once a tenth of a second meanwhile, what that cost the mail.
SECONDS and CONNECTIONS may be given as arguments."""
import email
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from email import policy

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/e2e")
from house import House, Skip, run_test, until  # noqa: E402  pylint: disable=wrong-import-position

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
CONNECTIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 200
LINKS = 400
LUA = """
local links = {}
for line in io.lines(%r) do links[#links + 1] = wrk.format("GET", line, { ["Host"] = "127.0.0.1", ["User-Agent"] =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", ["Accept"] =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ["Accept-Language"] = "en-GB,en;q=0.5" }) end
local at = math.random(#links)
function request() at = at %% #links + 1; return links[at] end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() wrong = 0 end
function response(status) if status ~= 302 then wrong = wrong + 1 end end
function done(summary, latency)
    local wrong = 0
    for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
    print(string.format('{"clicks":%%d,"us":%%d,"p50":%%d,"p90":%%d,"p99":%%d,"worst":%%d,"wrong":%%d,"errors":%%d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
        latency.max, wrong, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


def links_made(house):
    anchors = "".join('<p><a href="https://shop.example/item/%d?campaign=autumn&amp;from=mail">item %d</a></p>\n' % (i, i)
                      for i in range(LINKS))
    house.send("ann@good.test", html="<html><body>%s</body></html>\n" % anchors)
    _, content = house.await_mail("ann@good.test")
    html = email.message_from_bytes(content, policy=policy.default).get_body(("html", )).get_content()
    found = re.findall(r'href="http://127\.0\.0\.1:%d(/[^"]*)"' % house.web, html)
    assert len(found) == LINKS, len(found)
    return found


def cpu_s(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def events_n(house):
    """All of that file are clicks here."""
    path = house.folder + "/events/trackd-web.jsonl"
    if not os.path.exists(path):
        return 0
    with open(path, "rb") as f:
        return sum(block.count(b"\n") for block in iter(lambda: f.read(1 << 20), b""))


class Mailer(threading.Thread):
    """One mail each tenth of a second: how long from MAIL to 250."""

    def __init__(self, house):
        super().__init__()
        self.house, self.took, self.stop = house, [], threading.Event()

    def run(self):
        n = 0
        while not self.stop.wait(0.1):
            began = time.monotonic()
            self.house.send("ann%d@good.test" % n)
            self.took.append(time.monotonic() - began)
            n += 1

    def median_ms(self):
        self.stop.set()
        self.join()
        return sorted(self.took)[len(self.took) // 2] * 1000


def wrk(house, seconds):
    script = house.folder + "/clicks.lua"
    with open(script, "w", encoding="utf-8") as f:
        f.write(LUA % (house.folder + "/links"))
    out = subprocess.run(["wrk", "-t1", "-c%d" % CONNECTIONS, "-d%ds" % seconds, "--latency", "-s", script,
                          "http://127.0.0.1:%d/" % house.web], capture_output=True, text=True, check=True).stdout
    return json.loads(next(line for line in out.splitlines() if line.startswith("{")))


def mail_idle_ms(house):
    mailer = Mailer(house)
    mailer.start()
    time.sleep(3)
    return mailer.median_ms()


def main():
    if shutil.which("wrk") is None:
        raise Skip("wrk is not installed")
    with House(tenant="track clicks") as house:
        house.start()
        with open(house.folder + "/links", "w", encoding="utf-8") as f:
            f.write("\n".join(links_made(house)) + "\n")
        idle = mail_idle_ms(house)
        pids = [pid for _, pid in house.pids("trackd-web")]
        mailer, cpu = Mailer(house), cpu_s(pids)
        mailer.start()
        r = wrk(house, SECONDS)
        ended, cpu, busy = time.monotonic(), cpu_s(pids) - cpu, mailer.median_ms()
        until(lambda: events_n(house) >= r["clicks"], 10, lambda: "%d events of %d" % (events_n(house), r["clicks"]))
        late = time.monotonic() - ended
        print("clicks a second %d (%d wrong, %d errors) with %d connections; %d events for %d answers, all there within %.1f s"
              % (r["clicks"] * 1e6 / r["us"], r["wrong"], r["errors"], CONNECTIONS, events_n(house), r["clicks"], late))
        print("latency ms: p50 %.1f p90 %.1f p99 %.1f worst %.1f" % tuple(r[k] / 1000 for k in ("p50", "p90", "p99", "worst")))
        print("CPU of trackd-web: %.1f us a click, %.2f cores" % (cpu / r["clicks"] * 1e6, cpu / (r["us"] / 1e6)))
        print("a mail from MAIL to 250: median %.1f ms idle, %.1f ms meanwhile" % (idle, busy))
        assert r["wrong"] == 0, "answers that were not 302"


run_test(main)
