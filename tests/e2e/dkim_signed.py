#!/usr/bin/env python3
"""A signature made with a key of `posthouse dkim new` verifies, also over rewritten content."""
import re

from house import House, Skip, run_test

try:
    import dkim
except ImportError:
    dkim = None


def main():
    if dkim is None:
        raise Skip("python3-dkim is not there")
    with House(tenant="track clicks opens") as house:
        said = house.ctl("dkim", "new", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "first", "first.test")
        key = b"".join(re.findall(rb'"([^"]*)"', said.encode()))
        assert b"p=" in key, said
        house.start()
        house.send("ann@good.test", text="Grüße\n", html='<p>Grüße <a href="https://shop.test/">x</a></p>')
        _, content = house.await_mail("ann@good.test")
        asked = []

        def dns(name, timeout=5):
            asked.append((name, timeout))
            return key
        assert b"DKIM-Signature" in content
        assert dkim.verify(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), dnsfunc=dns), asked
        assert b"first.test" in asked[0][0] if isinstance(asked[0][0], bytes) else "first.test" in asked[0][0]


run_test(main)
