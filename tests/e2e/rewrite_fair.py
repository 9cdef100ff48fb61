#!/usr/bin/env python3
"""One tenant's costly mails hold nobody else's; a message that was there when rewriters died goes out signed only, then as it
came, and an event says so."""
import os
import signal
import time

from house import House, free_ports, run_test, until

LINK = "<a href=\"http://shop.test/x\">x</a>\r\n"
MANY = LINK + "<b><b><b><b><b>\r\n" * (23 * 1024 * 1024 // 17)  # as much as the sink takes, and no link that makes it longer
SECOND = """
tenant second {
	domain second.test
	stream quick
	track clicks
}
listener other {
	address 127.0.0.1:%d
	tenant second
	allow 127.0.0.0/8
}
"""
HTML = "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"


def message(sender, to, body):
    return ("From: %s\r\nTo: %s\r\nSubject: x\r\n%s%s" % (sender, to, HTML, body)).encode()


def processor_ticks(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return sum(int(n) for n in f.read().rsplit(")", 1)[1].split()[11:13])
    except OSError:
        return 0


def kill_at_work(house, gone, before):
    """Kills the rewriter in the midst of a message; gone are those that were killed, before is what others had worked. Its pid."""
    def busy():
        pids = [p for _, p in house.pids("trackd-rewrite") if p not in gone]
        return pids[0] if pids and processor_ticks(pids[0]) >= 40 + before.get(pids[0], 0) else None
    pid = until(busy, 60, "no rewriter is at work")
    os.kill(pid, signal.SIGKILL)
    return pid


def others_do_not_wait(house, other):
    for i in range(4):
        house.send_bytes(["big%d@good.test" % i], message("news@first.test", "big%d@good.test" % i, MANY))
    began = time.monotonic()
    house.send_bytes(["small@good.test"], message("news@second.test", "small@good.test", LINK), sender="news@second.test",
                     port=other)
    house.await_event("delivered", recipient="small@good.test", seconds=60)
    took = time.monotonic() - began
    for i in range(4):
        house.await_event("delivered", recipient="big%d@good.test" % i, seconds=120)
    last = house.events("delivered", recipient="big3@good.test")[0]["time"]
    assert house.events("delivered", recipient="small@good.test")[0]["time"] < last, "the small one came last (%.1f s)" % took
    assert "role-silent" not in house.log(), "a rewriter was killed as silent"


def deaths_end(house):
    gone = []
    before = {pid: processor_ticks(pid) for _, pid in house.pids("trackd-rewrite")}
    house.send_bytes(["deadly@good.test"], message("news@first.test", "deadly@good.test", MANY))
    for _ in range(3):
        gone.append(kill_at_work(house, gone, before))
    told = house.await_event("untracked", recipient="deadly@good.test", seconds=120)
    assert told["reason"] == "crashed", told
    house.await_event("delivered", recipient="deadly@good.test", seconds=60)
    assert len(house.events("delivered", recipient="deadly@good.test")) == 1
    assert b"http://shop.test/x" in house.await_mail("deadly@good.test")[1]
    house.send_bytes(["after@good.test"], message("news@first.test", "after@good.test", LINK))
    house.await_event("delivered", recipient="after@good.test", seconds=60)
    assert b"http://shop.test/x" not in house.await_mail("after@good.test")[1]


def main():
    other = free_ports(1)[0]
    with House(tenant="track clicks", tracking="rewrite-time 30s", more=SECOND % other) as house:
        house.start()
        others_do_not_wait(house, other)
        deaths_end(house)


run_test(main)
