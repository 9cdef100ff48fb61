#!/usr/bin/env python3
"""A tenant whose hard bounces pass a share of its mail is paused by itself, says why, and stays so until it is released."""
from house import House, free_ports, run_test, until

LIMITS = "pause-least 4\n\tpause-bounces 30%\n"
SECOND = "listener other {{\n\taddress 127.0.0.1:{0}\n\ttenant second\n\tallow 127.0.0.0/8\n}}\n" \
    "tenant second {{\n\tdomain second.test\n\tpause-bounces 0\n}}\n"


def tenant(house, name="first"):
    return [r for r in house.rows("tenants") if r["tenant"] == name][0]


def state(house, address):
    return [r["state"] for r in house.rows("queue", "--to", address, code=None) if r.get("recipient") == address]


def main():
    other = free_ports(1)[0]
    with House(sinks={"good": "unknown=nobody*"}, tenant=LIMITS, more=SECOND.format(other)) as house:
        house.start()
        assert "empty" in house.ctl("queue"), "an empty queue is no failure"
        for i in range(2):
            house.send("ann%d@good.test" % i)
            house.await_event("delivered", recipient="ann%d@good.test" % i)
        assert tenant(house)["state"] == "good"
        for i in range(2):
            house.send("nobody%d@good.test" % i)
            house.await_event("bounced", recipient="nobody%d@good.test" % i)
        paused = house.await_event("tenant", tenant="first", what="paused")
        assert (paused["bounce_percent"], paused["delivered"], paused["bounced"]) == ("50.000", 2, 2), paused
        assert "posthouse.conf:" in paused["limit"] and paused["limit"] in paused["reason"], paused

        # What comes now is taken and waits; the other tenant's mail goes.
        late = house.send("late@good.test")
        until(lambda: state(house, "late@good.test") == ["paused"], 10, lambda: house.ctl("queue", code=None))
        why = house.ctl("why", late)
        assert "posthouse tenants release first" in why and "hard bounces" in why, why
        assert "paused: 1" in house.ctl("status")
        house.send("bob@good.test", sender="news@second.test", port=other)
        house.await_event("delivered", recipient="bob@good.test")

        # Neither a crash nor a reload changes that.
        until(lambda: tenant(house)["delivered"] == 2, 5, "counts")
        house.kill_house()
        house.start()
        assert tenant(house)["state"] == "paused" and "posthouse.conf" in tenant(house)["why"], tenant(house)
        until(lambda: state(house, "late@good.test") == ["paused"], 10, lambda: house.ctl("queue", code=None))
        house.ctl("reload")
        assert not house.events("delivered", recipient="late@good.test")
        house.ctl("tenants", "release", "first", "--reason", "a clean list")
        house.await_event("delivered", recipient="late@good.test", seconds=5)
        assert "a clean list" in house.await_event("tenant", what="released")["reason"]
        until(lambda: tenant(house)["bounced"] == 0 and tenant(house)["delivered"] == 1, 5, lambda: tenant(house))
        house.ctl("tenants", "release", "first", code=1)

        # An operator pauses one; where it is set so, its mail is refused for the time being. Killed at once, it stays paused.
        house.settings["tenant"] = LIMITS + "\twhen-paused refuse\n"
        house.write_conf()
        house.ctl("reload")
        house.ctl("tenants", "pause", "first", "--reason", "unpaid")
        house.kill_house()
        house.start()
        assert tenant(house)["state"] == "paused by operator" and "unpaid" in tenant(house)["why"], tenant(house)
        with house.smtp() as s:
            s.ehlo("client.test")
            for _ in range(2):
                code, reply = s.mail("news@first.test")
                assert code == 450 and b"4.7.1" in reply, (code, reply)
            assert s.rcpt("later@good.test")[0] == 503, "the transaction ended with the refusal"
            house.ctl("tenants", "release", "first")
            assert s.mail("news@first.test")[0] == 250 and s.rcpt("later@good.test")[0] == 250

            # What is under way as the pause begins meets it at its end.
            house.ctl("tenants", "pause", "first", "--reason", "unpaid")
            code, reply = s.data(b"From: news@first.test\r\nSubject: x\r\n\r\nhi\r\n")
            assert code == 450 and b"4.7.1" in reply, (code, reply)
            house.ctl("tenants", "release", "first")
        house.send("later@good.test")
        house.await_event("delivered", recipient="later@good.test")


run_test(main)
