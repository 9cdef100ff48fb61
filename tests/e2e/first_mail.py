#!/usr/bin/env python3
"""One mail, three recipients: delivered, bounced, deferred, each with its reason, each told by trace."""
from house import House, run_test, until


def main():
    sinks = {"good": "", "slow": 'mail="421 4.7.28 too much mail from you"', "unknown": "unknown=nobody*"}
    routes = {"good.test": "good", "slow.test": "slow", "unknown.test": "unknown"}
    with House(sinks, routes) as house:
        house.start()
        mail = house.send("ann@good.test", "bob@slow.test", "nobody@unknown.test", html="<p>Hello <b>you</b>.</p>")
        assert house.await_event("delivered", recipient="ann@good.test")["message"] == mail
        bounced = house.await_event("bounced", recipient="nobody@unknown.test")
        assert bounced["class"] == "hard" and "5.1.1" in bounced["reply"] + bounced.get("status", ""), bounced
        deferred = house.await_event("deferred", recipient="bob@slow.test")
        assert deferred["class"] == "soft" and "too much mail" in deferred["reply"], deferred
        assert len(house.mails("ann@good.test")) == 1
        assert len(house.events("received", message=mail)) == 1
        for word in ("received", "delivered", "bounced", "deferred", "too much mail"):
            until(lambda w=word: w in house.trace(mail), 10, lambda w=word: "%s in %s" % (w, house.trace(mail)))
        assert "bob@slow.test" in house.ctl("queue")
        assert "ann@good.test" not in house.ctl("queue")
        assert house.ctl("why", mail).strip()
        assert house.stop() == 0


run_test(main)
