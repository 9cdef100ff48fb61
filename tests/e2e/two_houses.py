#!/usr/bin/env python3
"""Two instances live beside each other; one mails through the other."""
from house import House, run_test


def main():
    with House() as inner, House(sinks={}, routes={}) as outer:
        inner.start()
        outer.write_conf("route good.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % inner.inbound)
        outer.start()
        outer.send("ann@good.test")
        outer.await_event("delivered", recipient="ann@good.test")
        _, content = inner.await_mail("ann@good.test")
        assert content.count(b"Received: ") >= 2, content
        assert outer.stop() == 0 and inner.stop() == 0


run_test(main)
