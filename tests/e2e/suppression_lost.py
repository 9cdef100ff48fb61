#!/usr/bin/env python3
"""A suppression list that is damaged or gone never comes up empty without a word: bulk mail waits and says why, other mail goes, and
posthouse suppress restore brings the second copy back. Damaged links and replies keep no mail from starting either."""
import glob
import os
import shutil

from house import House, run_test, until

CAMPAIGN = [("X-Posthouse-Campaign", "spring")]


def garbage(path, pages):
    with open(path, "r+b") as f:
        for page in pages:
            f.seek(page * 4096)
            f.write(bytes(range(256)) * 16)


def packed(folder):
    """The file in force: the other one is empty."""
    return [folder + name for name in ("/base.0", "/base.1") if os.path.getsize(folder + name) > 0][0]


def losses(folder):
    data = folder + "/data.mdb"
    yield "cut short", lambda: os.truncate(data, 5000)
    yield "empty", lambda: os.truncate(data, 0)
    yield "another file", lambda: garbage(data, range(os.path.getsize(data) // 4096))
    yield "bad pages", lambda: garbage(data, range(2, os.path.getsize(data) // 4096))
    yield "missing", lambda: os.unlink(data)
    yield "its key is missing", lambda: os.unlink(folder + "/key")
    yield "its packed file is damaged", lambda: garbage(packed(folder), [0])
    yield "its packed file is cut short", lambda: os.truncate(packed(folder), 1000)
    yield "all of it is gone", lambda: shutil.rmtree(folder)


def suppressed(house, address):
    return address in house.ctl("suppress", "list", code=None)


def lost_once(house, folder, what, lose, number):
    kept, since = "old%d@good.test" % number, "since%d@good.test" % number
    house.ctl("suppress", "add", kept, "--scope", "first")
    assert house.stop() == 0
    before = len(house.events("admin", verb="set-aside"))
    lose()
    house.start()
    told = house.events("admin", verb="set-aside")[before:]
    assert [e["value"] for e in told] == ["suppression list"] and told[0]["reason"], (what, told)
    status = [r for r in house.rows("status") if "suppression_list" in r]
    assert status and status[0]["suppression_list"] == told[0]["reason"], (what, status)
    plain = house.send("now@good.test")
    house.await_event("delivered", message=plain)
    bulk = house.send("fan@good.test", headers=CAMPAIGN)
    sent_to_kept = house.send(kept, headers=CAMPAIGN)
    until(lambda: "suppress restore" in house.ctl("why", bulk, code=None), 10, lambda: house.ctl("why", bulk, code=None))
    assert not house.finals("fan@good.test") or all(e["message"] != bulk for e in house.events("delivered")), what
    house.ctl("suppress", "add", since, "--scope", "first")
    if number == 0: # it stays so over a restart
        assert house.stop() == 0
        house.start()
        assert [r for r in house.rows("status") if "suppression_list" in r]
        assert all(e["message"] != bulk for e in house.events("delivered"))
    assert "is back" in house.ctl("suppress", "restore"), what
    house.await_event("delivered", message=bulk)
    house.await_event("suppressed", message=sent_to_kept)
    for n in range(number + 1):
        assert suppressed(house, "old%d@good.test" % n) and suppressed(house, "since%d@good.test" % n), (what, n)
    assert not [r for r in house.rows("status") if "suppression_list" in r], what
    assert "lacks nothing" in house.ctl("suppress", "restore", code=1)


def no_copy(house, folder):
    assert house.stop() == 0
    os.unlink(folder + "/key")
    for copy in glob.glob(folder + "-copy/*"):
        os.truncate(copy, 100)
    house.start()
    bulk = house.send("fan2@good.test", headers=CAMPAIGN)
    until(lambda: "suppress restore" in house.ctl("why", bulk, code=None), 10, "it waits")
    assert "no second copy" in house.ctl("suppress", "restore", code=1)
    house.ctl("suppress", "restore", "--without-copy")
    house.await_event("delivered", message=bulk)


def side_files(house, folder):
    house.ctl("links", "block", "https://evil.example/x", "--reason", "it robs", code=None)
    house.ctl("links", "block", "https://good.example/x", code=None)
    house.ctl("links", "unblock", "https://good.example/x", code=None)
    blocked = house.rows("links", "list", code=None)
    assert len(blocked) == 1, blocked
    for name in ("links.mdb", "replies.mdb"):
        for lose in (lambda p: os.truncate(p, 5000), lambda p: os.truncate(p, 0), lambda p: garbage(p, [0, 1, 2]), os.unlink):
            assert house.stop() == 0
            lose(folder + "/" + name)
            house.start()
            assert house.rows("links", "list") == blocked
            mail = house.send("now@good.test")
            house.await_event("delivered", message=mail)
        assert os.path.exists(folder + "/" + name + ".damaged")
    assert {e["value"] for e in house.events("admin", verb="set-aside")} >= {"links.mdb", "replies.mdb"}
    assert "links-lost" not in house.log()
    assert house.stop() == 0
    os.unlink(folder + "/links.mdb")
    for events in glob.glob(house.folder + "/**/bouncd.jsonl", recursive=True):
        os.unlink(events)
    house.start()
    assert house.rows("links", "list") == []
    assert "links-lost" in house.log(), "nothing is blocked any more, and nobody was told"


def main():
    with House() as house:
        folder = house.folder + "/state/suppression"
        house.start()
        house.send("now@good.test")
        house.ctl("suppress", "add", "first@good.test", "--scope", "first")
        assert house.stop() == 0
        for number, (what, lose) in enumerate(losses(folder)):
            house.start()
            lost_once(house, folder, what, lose, number)
            assert house.stop() == 0
        house.start()
        no_copy(house, folder)
        side_files(house, folder)
        assert house.stop() == 0


if __name__ == "__main__":
    run_test(main)
