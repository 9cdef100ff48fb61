#!/usr/bin/env python3
"""A message of 5 MB goes the way of drafts and arrives byte for byte."""
import random

from house import House, run_test


def main():
    rng = random.Random(5)
    lines = [bytes(rng.choice(b"abcdefghijklmnop .") for _ in range(64)) for _ in range(500)]
    body = b"\r\n".join(lines[i % 500] for i in range(80000))
    content = b"From: news@first.test\r\nTo: ann@good.test\r\nSubject: large\r\n\r\n" + body + b"\r\n.dots\r\n..\r\n"
    with House(tenant="sign no") as house:
        house.start()
        house.send_bytes(["ann@good.test"], content)
        house.await_event("delivered", 30, recipient="ann@good.test")
        _, got = house.await_mail("ann@good.test")
        assert got.endswith(content.partition(b"\r\n\r\n")[2]), "changed: %d of %d bytes" % (len(got), len(content))


run_test(main)
