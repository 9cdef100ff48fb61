#!/usr/bin/env python3
"""What waits for a paused tenant takes no room from others, expires in its time, and goes whole once the tenant is released."""
from house import House, run_test, until

COUNT = 400
SMALL = "queue {\n\tmemory 100\n\tsegment-size 1M\n}\nstream brief {\n\tretry-first 1s\n\texpire 4s\n}\n"


def paused(house):
    return house.rows("status")[-1]


def main():
    with House(more=SMALL) as house:
        house.start()
        house.ctl("tenants", "pause", "first", "--reason", "a test")
        with house.smtp() as s:
            for i in range(COUNT):
                s.sendmail("news@first.test", ["p%03d@good.test" % i], "From: news@first.test\r\nSubject: x\r\n\r\n" + "Hello.\r\n" * 1000)
        until(lambda: paused(house)["messages"] < COUNT / 2, 20, lambda: paused(house))
        assert not house.mails()
        house.kill_house()
        house.start()
        until(lambda: paused(house)["on_disk"] == COUNT, 20, lambda: paused(house))
        assert not house.mails()
        house.ctl("tenants", "release", "first")
        until(lambda: len({e["recipient"] for e in house.events("delivered")}) == COUNT, 60,
              lambda: "%d delivered, %s" % (len(house.events("delivered")), paused(house)))
        assert len(house.mails()) == COUNT

        # Past its time it is given up, with the words why.
        house.settings["tenant"] = "\tstream brief"
        house.write_conf(SMALL)
        text = open(house.conf_path, encoding="utf-8").read().replace("\tstream quick\n", "", 1)
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        house.ctl("reload")
        house.ctl("tenants", "pause", "first", "--reason", "a test")
        mail = house.send("old@good.test")
        expired = house.await_event("expired", message=mail, seconds=20)
        assert "an operator paused it: a test" in expired["reply"], expired


run_test(main)
