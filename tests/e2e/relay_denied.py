#!/usr/bin/env python3
"""No open relay: a client that is nobody's tenant is refused, and a tenant sends only as its own domains."""
from house import House, run_test


def main():
    with House() as house:
        house.start()
        with house.smtp() as s:
            s.ehlo("client.test")
            code, reply = s.mail("someone@elsewhere.test")
            if code == 250:
                code, reply = s.rcpt("ann@good.test")
            assert code // 100 == 5 and b"5.7." in reply, (code, reply)
    with House() as house:
        with open(house.conf_path, encoding="utf-8") as f:
            text = f.read().replace("allow 127.0.0.0/8", "allow 192.0.2.0/24")
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        house.start()
        with house.smtp() as s:
            s.ehlo("client.test")
            code, reply = s.mail("news@first.test")
            if code == 250:
                code, reply = s.rcpt("ann@good.test")
            assert code // 100 == 5, (code, reply)
        assert not house.mails()


run_test(main)
