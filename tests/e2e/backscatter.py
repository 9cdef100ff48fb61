#!/usr/bin/env python3
"""Strangers' mail is never bounced whole, or in numbers, to senders that may be forged: postmaster needs a mailbox, an accepted
domain a route, and a bounce of a stranger's mail holds its header alone."""
from house import House, run_test

SECRET = "the words that nobody asked for"
MORE = """
accept in.test {
	tenant first
}
accept nowhere.test { }
queue {
	outside-bounce-rate 3/h
}
"""


def strangers(house):
    """The first tenant's clients are those of 127.0.0.2; 127.0.0.1 is a stranger."""
    with open(house.conf_path, encoding="utf-8") as f:
        text = f.read().replace("\ttenant first\n", "", 1).replace("allow 127.0.0.0/8", "allow 127.0.0.2/32")
    with open(house.conf_path, "w", encoding="utf-8") as f:
        f.write(text)


def rcpt(house, address):
    with house.smtp() as s:
        s.ehlo("stranger.test")
        s.mail("forged@victim.test")
        code, reply = s.rcpt(address)
        return "%d %s" % (code, reply.decode())


def send(house, number, address):
    with house.smtp() as s:
        s.ehlo("stranger.test")
        s.sendmail("forged@victim.test", [address], "From: forged@victim.test\r\nSubject: n%d\r\n\r\n%s\r\n" % (number, SECRET),
                   mail_options=["RET=FULL"])


def start(house):
    strangers(house)
    house.start()


def nowhere():
    with House(more="accept nowhere.test { }\n") as house:
        start(house)
        for address in ("u@nowhere.test", "postmaster@nowhere.test", "postmaster@relay.test", "abuse@relay.test", "postmaster"):
            assert rcpt(house, address).startswith("550 5.1."), (address, rcpt(house, address))
        said = house.ctl("-n")
        assert "nowhere.test" in said and "route" in said, said


def somewhere():
    with House(routes={"in.test": "good", "good.test": "good", "victim.test": "good"},
               more=MORE + "postmaster chief@good.test\n") as house:
        start(house)
        assert rcpt(house, "u@nowhere.test").startswith("550 5.1.2 no route"), rcpt(house, "u@nowhere.test")
        for address in ("postmaster", "Postmaster@relay.test", "abuse@relay.test"):
            send(house, 0, address)
            house.await_mail("chief@good.test")
        for number in range(6):
            nobody = "say-550+5.1.1+gone%d@in.test" % number
            send(house, number + 1, nobody)
            house.await_event("bounced", recipient=nobody)
        for number in range(3):
            house.await_event("delivered", recipient="forged@victim.test")
        house.ctl("stop")
        bounces = house.mails("forged@victim.test")
        assert len(bounces) == 3, len(bounces)
        for _, bounce in bounces:
            assert SECRET.encode() not in bounce and b"Subject: n" in bounce, bounce


def refused(setting):
    with House(more=setting + "\n") as house:
        code, said = house.start_refused()
        assert code == 78 and "postmaster" in said, (code, said)


def main():
    nowhere()
    somewhere()
    refused("postmaster chief")
    refused("postmaster chief@relay.test")


run_test(main)
