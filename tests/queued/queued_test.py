#!/usr/bin/env python3
"""queued's delivery half, with smtpd, deliverd and bouncd played: queued_test.py PROGRAM."""
import sys, tempfile

from play import *  # noqa: F403

CONF_TEXT = """
route * { to 127.0.0.1:2525 }
stream default { retry-first 1s ; retry-most 2s ; expire 1h }
tenant quiet { notify-sender no }
tenant own { bounce-domain bounce.example }
""".replace(" ; ", "\n").replace("{ ", "{\n").replace(" }", "\n}")


def started(folder, **kw):
    q = Queued(sys.argv[1], folder, CONF_TEXT, **kw)
    q.synced()
    return q


def session_of(worker):
    t, r = worker.recv()
    assert t == OPEN, t
    session = r.num("I")
    worker.send(opened(session))
    return session


def transaction_of(worker):
    """The next transaction; what is opened meanwhile stands."""
    while True:
        t, r = worker.recv()
        if t == OPEN:
            worker.send(opened(r.num("I")))
        elif t == TRANSACT:
            return transact(r)


def delivered_from_end_to_end(folder):
    q = started(folder)
    ident = q.submit(["b@b.example", "c@b.example"])
    assert q.acked() == (ident, 0, "")
    session_of(q.workers[0])
    t = transaction_of(q.workers[0])
    assert t["id"] == ident and len(t["to"]) == 2 and t["bytes"].endswith("hello\r\n")
    q.workers[0].send(result(1, t, 0, DELIVERED), result(2, t, 1, DELIVERED))
    events = q.events("delivered", 2)
    assert sorted(e["recipient"] for e in events) == ["b@b.example", "c@b.example"], events
    assert len({e["id"] for e in events}) == 2
    t, r = q.workers[0].recv()
    assert (t, r.num("Q")) == (D_ACK, 2)
    assert q.stop() == 0


def hard_bounce_makes_a_notice(folder):
    q = started(folder)
    q.submit(["nobody@b.example"])
    session_of(q.workers[0])
    t = transaction_of(q.workers[0])
    q.workers[0].send(result(1, t, 0, REPLIED, 550, "5.1.1", "no such user", 6))
    kind, r = q.bouncd.recv()
    assert kind == REPLY
    q.bouncd.send(verdict(r.num("Q"), 2, 1, 6, "5.1.1"))
    assert q.bouncd.recv()[0] == NOTICE_HEAD
    assert q.bouncd.recv()[0] == NOTICE_RCPT
    kind, r = q.bouncd.recv()
    assert kind == NOTICE
    assert not q.events("bounced", 1, 0), "ended before its notice is on disk"
    q.bouncd.send((MADE, struct.pack("=QBI", r.num("Q"), 1, 0) + span("Subject: undeliverable\r\n\r\nsorry\r\n")))
    notice = transaction_of(q.workers[0])
    assert notice["from"] == "" and notice["to"][0][1] == "a@a.example"
    q.workers[0].send(result(2, notice, 0, DELIVERED))
    event, = q.events("bounced")
    assert (event["class"], event["status"], event["reply"]) == ("hard", "5.1.1", "550 5.1.1 no such user"), event
    assert len(q.events("delivered")) == 1
    assert q.stop() == 0


def who_is_not_told(folder):
    """No notice of NEVER, of the null sender, of our own bounce domain, of tenants that want none; SUCCESS asks in vain there."""
    q = started(folder)
    for kw in ({"notify": 1}, {"notify": 2}, {"notify": 8}, {"sender": ""}, {"sender": "b+x@bounce.example"}, {"tenant": "quiet"},
               {"tenant": "own"}):
        q.submit(["nobody@b.example"], **kw)
    for kw in ({"notify": 4}, {"tenant": "quiet", "notify": 2}, {"tenant": "own", "notify": 2}, {"sender": "", "notify": 2}):
        q.submit(["ann@b.example"], **kw)
    for n in range(1, 12):
        t = transaction_of(q.workers[0])
        good = t["to"][0][1] == "ann@b.example"
        q.workers[0].send(result(n, t, 0, *((DELIVERED, ) if good else (REPLIED, 550, "5.1.1", "no such user", 6))))
        if not good:
            kind, r = q.bouncd.recv()
            assert kind == REPLY, kind
            q.bouncd.send(verdict(r.num("Q"), 2, 1, 6, "5.1.1"))
    assert len(q.events("bounced", 7)) == 7 and len(q.events("delivered", 4)) == 4, q.events()
    assert q.stop() == 0


def passed_on_is_told_of(folder):
    """NOTIFY=SUCCESS: where the server has no DSN the sender hears of it from us, and only then does it end."""
    q = started(folder)
    q.submit(["ann@b.example"], notify=2)
    q.submit(["bob@b.example"], notify=2)
    for n in (1, 2):
        t = transaction_of(q.workers[0])
        q.workers[0].send(result(n, t, 0, DELIVERED, dsn=t["to"][0][1] == "bob@b.example"))
    event, = q.events("delivered")
    assert event["recipient"] == "bob@b.example", event
    assert [q.bouncd.recv()[0] for _ in range(2)] == [NOTICE_HEAD, NOTICE_RCPT]
    kind, r = q.bouncd.recv()
    assert kind == NOTICE and len(q.events("delivered", 2, 0.3)) == 1
    q.bouncd.send((MADE, struct.pack("=QBI", r.num("Q"), 1, 0) + span("Subject: relayed\r\n\r\nyes\r\n")))
    assert transaction_of(q.workers[0])["from"] == ""
    assert {e["recipient"] for e in q.events("delivered", 2)} == {"ann@b.example", "bob@b.example"}
    assert q.stop() == 0


def a_message_goes_back_whole(folder):
    """RET=FULL: bouncd leaves a hole, and the message is put in here."""
    q = started(folder)
    q.submit(["nobody@b.example"], ret=1)
    t = transaction_of(q.workers[0])
    q.workers[0].send(result(1, t, 0, REPLIED, 550, "5.1.1", "no such user", 6))
    kind, r = q.bouncd.recv()
    q.bouncd.send(verdict(r.num("Q"), 2, 1, 6, "5.1.1"))
    while kind != NOTICE:
        kind, r = q.bouncd.recv()
    head = "Subject: undeliverable\r\n\r\n<"
    q.bouncd.send((MADE, struct.pack("=QBI", r.num("Q"), 1, len(head)) + span(head + ">\r\n")))
    assert transaction_of(q.workers[0])["bytes"] == head + "Subject: x\r\n\r\nhello\r\n>\r\n"
    assert len(q.events("bounced")) == 1
    assert q.stop() == 0


def soft_is_tried_again(folder):
    q = started(folder)
    q.submit(["b@b.example"])
    session_of(q.workers[0])
    t = transaction_of(q.workers[0])
    q.workers[0].send(result(1, t, 0, REPLIED, 450, "4.2.0", "later", 6))
    _, r = q.bouncd.recv()
    q.bouncd.send(verdict(r.num("Q"), 1, 15, 1, "4.2.0"))
    assert q.events("deferred")[0]["class"] == "soft"
    while True:
        kind, r = q.workers[0].recv()
        if kind == TRANSACT:
            break
    q.workers[0].send(result(2, transact(r), 0, DELIVERED))
    assert q.events("delivered")[0]["attempts"] == 2
    assert q.stop() == 0


def unsent_counts_no_attempt(folder):
    q = started(folder)
    q.submit(["b@b.example"])
    session = session_of(q.workers[0])
    t = transaction_of(q.workers[0])
    q.workers[0].send(result(1, t, 0, UNSENT, 0, "", "closed"), closed(session, 1))
    for _ in range(3):
        kind, r = q.workers[0].recv()
        if kind == OPEN:
            break
    q.workers[0].send(opened(r.num("I")))
    q.workers[0].send(result(2, transaction_of(q.workers[0]), 0, DELIVERED))
    assert q.events("delivered")[0]["attempts"] == 1
    assert q.stop() == 0


def a_thousand_end_once_each(folder):
    q = started(folder)
    number, done, records = 0, 0, []
    for i in range(1000):
        records.append(q.message(["r%d@b.example" % i])[1])
    for i in range(0, 1000, 20):
        q.smtpd.send(*records[i:i + 20])
    while done < 1000:
        kind, r = q.workers[0].recv()
        if kind == OPEN:
            q.workers[0].send(opened(r.num("I")))
        elif kind == TRANSACT:
            number, done = number + 1, done + 1
            q.workers[0].send(result(number, transact(r), 0, DELIVERED))
    events = q.events("delivered", 1000)
    assert len({e["recipient"] for e in events}) == len(events) == 1000
    assert q.stop() == 0


def a_worker_that_dies_makes_no_storm(folder):
    q = started(folder, workers=2)
    q.submit(["b@b.example"])
    for w in q.workers:
        if select.select([w.sock], [], [], 0.5)[0]:
            break
    session_of(w)
    transaction_of(w)
    w.sock.close()
    event, = q.events("deferred")
    assert event["retry_s"] >= 1, event
    assert q.stop() == 0


def killed_and_started_again(folder):
    q = started(folder)
    ids = [q.submit(["k%d@b.example" % i]) for i in range(3)]
    for _ in ids:
        assert q.acked()[1] == 0
    session_of(q.workers[0])
    first = transaction_of(q.workers[0])
    q.kill()
    q = Queued(sys.argv[1], folder, CONF_TEXT)
    other = next(i for i in ids if i != first["id"])
    q.workers[0].send((UNDERWAY, other + struct.pack("=II", 0, 77)))
    first["transaction"] = 0
    q.workers[0].send(result(1, first, 0, DELIVERED), (SYNCED, b""))
    session_of(q.workers[0])
    third = transaction_of(q.workers[0])
    assert third["id"] not in (first["id"], other), "fed twice"
    q.workers[0].send(result(2, {"session": 77, "transaction": 0, "id": other}, 0, DELIVERED),
                      result(3, third, 0, DELIVERED))
    events = q.events("delivered", 3)
    assert len({e["message"] for e in events}) == len(events) == 3, events
    assert q.stop() == 0


def a_worker_ends_its_own_mail_alone(folder):
    """One deliverd that was broken into says that what another has in hand was delivered, and that its connection is over."""
    q = started(folder, workers=2)
    q.submit(["b@b.example"])
    while True:
        w = q.workers[bool(select.select([q.workers[1].sock], [], [], 0.05)[0])]
        if select.select([w.sock], [], [], 0.05)[0]:
            break
    other = q.workers[w is q.workers[0]]
    session_of(w)
    t = transaction_of(w)
    other.send(result(1, t, 0, DELIVERED), closed(t["session"], 1))
    kind, r = other.recv()
    assert (kind, r.num("Q")) == (D_ACK, 1), kind
    assert not q.events("delivered", 1, 0)
    w.send(result(1, t, 0, REPLIED, 550, "5.1.1", "no such user", 6))
    assert q.bouncd.recv()[0] == REPLY
    assert q.stop() == 0


def a_draft_is_its_workers_alone(folder):
    """One smtpd that was broken into can neither drop what another is filling nor have it sent as its own."""
    q = started(folder)
    mine, other = q.smtpd, q.peer(SMTPD, 1)
    commit, drop, want, draft_is = 2, 4, 5, 8

    def draft():
        mine.send((want, struct.pack("=I", 1)))
        while True:
            t, r = mine.recv()
            if t == draft_is:
                return r.num("I")

    def committed(chan, number):
        ident, (_, body) = q.message(["b@b.example"])
        size = len(span(b"Subject: x\r\n\r\nhello\r\n"))
        chan.send((commit, body[:-size] + struct.pack("=I", number)))
        while True:
            t, r = chan.recv()
            if t == ACK:
                assert r.id() == ident
                return r.num("H")

    number = draft()
    assert committed(other, number) == 554
    other.send((drop, struct.pack("=I", number)))
    assert committed(other, number) == 554
    assert committed(mine, number) == 451, "it is there, and empty"
    assert q.stop() == 0


def what_waits_survives(folder):
    q = started(folder)
    q.submit(["b@b.example"])
    session_of(q.workers[0])
    t = transaction_of(q.workers[0])
    q.workers[0].send(result(1, t, 0, REPLIED, 450, "4.2.0", "later", 6))
    _, r = q.bouncd.recv()
    q.bouncd.send(verdict(r.num("Q"), 1, 15, 1, "4.2.0"))
    q.events("deferred")
    assert q.stop() == 0
    q = started(folder)
    session_of(q.workers[0])
    t = transaction_of(q.workers[0])
    q.workers[0].send(result(1, t, 0, DELIVERED))
    event, = q.events("delivered")
    assert event["attempts"] == 2, event
    assert q.stop() == 0


import select  # noqa: E402

for rule in (delivered_from_end_to_end, hard_bounce_makes_a_notice, who_is_not_told, passed_on_is_told_of,
             a_message_goes_back_whole, soft_is_tried_again, unsent_counts_no_attempt,
             a_thousand_end_once_each, a_worker_that_dies_makes_no_storm, killed_and_started_again,
             a_worker_ends_its_own_mail_alone, a_draft_is_its_workers_alone, what_waits_survives):
    with tempfile.TemporaryDirectory() as folder:
        try:
            rule(folder)
        except Exception:
            sys.stdout.write(open(folder + "/log", errors="replace").read()[-3000:])
            print("FAILED", rule.__name__)
            raise
    print("ok", rule.__name__.replace("_", " "))
