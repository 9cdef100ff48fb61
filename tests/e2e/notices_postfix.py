#!/usr/bin/env python3
"""A real next hop, the distribution's Postfix: what it is told of DSN and SMTPUTF8, and who tells the sender then."""
import os
import signal
import subprocess

from house import TOP, House, Skip, free_ports, run_test, until
from notices import ROUTES, SINKS, submit
from report import Report

BENCH = os.path.join(TOP, "tests/bench/postfix.sh")


class Postfix:
    """Unpacked below the build folder, in namespaces of its own; all that it takes goes on to one port."""

    def __init__(self, house, port, on_to, more=""):
        self.house = house
        self.out = house.folder + "/postfix.out"
        env = {**os.environ, "B": os.path.abspath(os.environ.get("B", TOP + "/build")), "POSTFIX_MORE": more}
        if subprocess.run(["bash", "-c", ". %s; postfix_unpack" % BENCH], env=env, capture_output=True, check=False).returncode != 0:
            raise Skip("the package postfix cannot be had")
        self.proc = subprocess.Popen(
            ["bash", "-c", '. %s; postfix_start %d %d "%s"; trap "postfix_stop; exit" TERM; wait $relay_pid'
             % (BENCH, port, on_to, self.out)], env=env, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            house.await_port(port, self.proc)
        except AssertionError as e:
            self.stop()
            with open(self.out, encoding="utf-8", errors="replace") as f:
                raise Skip("Postfix does not start here: %s %s" % (e, f.read()[-300:])) from e

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait(20)


def told(house, ident):
    return [Report(content) if b"peer.example" not in content.partition(b"\r\n\r\n")[0] else content
            for _, content in house.mails("news@first.test") if ident.encode() in content]


def with_dsn(house):
    """It is told what the sender asked, and so it is Postfix that reports, in our sender's words."""
    mail, ident, _ = submit(house, ["ann@peer.test"], [["NOTIFY=SUCCESS", "ORCPT=rfc822;ann+2Bx@list.test"]],
                            ["ENVID=order+2042", "RET=HDRS"])
    house.await_event("delivered", message=mail)
    content = until(lambda: told(house, ident), 30, "Postfix's report")
    assert len(content) == 1 and isinstance(content[0], bytes), content
    for line in (b"Reporting-MTA: dns; peer.example", b"Original-Envelope-Id: order 42",
                 b"Original-Recipient: rfc822;ann+x@list.test", b"Action: relayed"):
        assert line in content[0].replace(b"order+2042", b"order 42").replace(b"ann+2Bx", b"ann+x"), content[0].decode()


def with_utf8(house):
    mail, _, _ = submit(house, ["j\u00f6@peer.test"], [["NOTIFY=NEVER"]], ["SMTPUTF8", "BODY=8BITMIME"])
    event = house.await_event("delivered", message=mail)
    assert event["recipient"] == "j\u00f6@peer.test" and "queued as" in event["reply"], event


def without_dsn(house):
    mail, ident, _ = submit(house, ["ann@peer.test", "bob@peer.test"], [["NOTIFY=SUCCESS"], ["NOTIFY=FAILURE"]], ["ENVID=e2"])
    house.await_event("delivered", message=mail, recipient="ann@peer.test")
    report, = until(lambda: told(house, ident), 30, "our report")
    assert isinstance(report, Report) and len(report.recipients) == 1
    one = report.of("ann@peer.test")
    assert one["Action"] == "relayed" and one["Diagnostic-Code"].startswith("smtp; 250 2.0.0 Ok: queued as"), dict(one)


def main():
    port, = free_ports(1)
    more = "route peer.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % port
    with House(SINKS, ROUTES, more=more) as house:
        house.start()
        for settings, cases in (("", (with_dsn, with_utf8)), ("smtpd_discard_ehlo_keywords = dsn", (without_dsn, ))):
            postfix = Postfix(house, port, house.sink_ports["good"], settings)
            try:
                for case in cases:
                    case(house)
            finally:
                postfix.stop()
        assert house.stop() == 0


if __name__ == "__main__":
    run_test(main)
