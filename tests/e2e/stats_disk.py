#!/usr/bin/env python3
"""The numbers: a damaged database is set aside and rebuilt, a full disk is waited for without a word lost or a verb unanswered, and
a tenant that names a campaign for each order fills its own rows alone."""
import os
import subprocess
import time

from house import House, Skip, run_test, until

NAMES = 12000
TODAY = time.strftime("%Y-%m-%dT00:00:00.000Z", time.gmtime())


def totals(house):
    return {r["tenant"]: (r["received"], r["delivered"], r["bounced_hard"]) for r in house.rows("stats", code=None) if r.get("tenant")}


def await_totals(house, want, seconds=20):
    until(lambda: totals(house) == want, seconds, lambda: "%s, not %s" % (totals(house), want))


def garbage(path, pages):
    with open(path, "r+b") as f:
        for page in pages:
            f.seek(page * 4096)
            f.write(bytes(range(256)) * 16)


def damages(path):
    size = os.path.getsize(path)
    yield "half", lambda: os.truncate(path, size // 2)
    yield "a page and a half", lambda: os.truncate(path, 6000)
    yield "nothing", lambda: os.truncate(path, 0)
    yield "another file", lambda: garbage(path, range(size // 4096))
    yield "bad pages", lambda: garbage(path, range(2, size // 4096))


def damaged(house, want):
    folder = house.folder + "/state/stats/"
    for name in ("data.mdb", "deliveries.mdb"):
        for what, damage in damages(folder + name):
            assert house.stop() == 0
            before = len(house.events("admin", verb="set-aside"))
            damage()
            house.start()
            told = house.events("admin", verb="set-aside")[before:]
            assert [e["value"] for e in told] == [name] and told[0]["reason"], (what, told)
            assert "set-aside" in house.log(), what
            assert os.path.exists(folder + name + ".damaged"), what
            await_totals(house, want)
        kept = [f for f in os.listdir(folder) if f.startswith(name) and "lock" not in f]
        assert len(kept) == 3, kept
    mail = house.send("after@good.test")
    house.await_event("delivered", message=mail)


def names(house):
    """As queued would write them: 12 000 campaigns of one tenant, and one of another."""
    line = '{"v":1,"id":"%s","time":"' + TODAY + '","event":"delivered","tenant":"%s","campaign":"%s"}\n'
    some = house.events("delivered")[0]["id"][:-6]
    with open(house.folder + "/events/queued.jsonl", "a", encoding="ascii") as f:
        f.write("".join(line % (some + "V%05d" % i, "hog", "order-%d" % i) for i in range(NAMES)) +
                line % (some + "X00000", "modest", "spring"))
    until(lambda: totals(house).get("modest") == (0, 1, 0), 30, lambda: totals(house))
    assert totals(house)["hog"] == (0, NAMES, 0), totals(house)
    rows = {r["campaign"]: r["delivered"] for r in house.rows("stats", "--by", "campaign") if r.get("tenant") == "hog"}
    assert len(rows) == 10001 and rows["(other)"] == NAMES - 10000, (len(rows), rows.get("(other)"))


def full_disk(house, folder):
    fresh = house.folder + "/events/queued.jsonl"
    some = house.events("delivered")[0]["id"][:-6]
    before = totals(house)["hog"][1]
    with open(folder + "/filler", "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)) > 0:
                pass
        except OSError:
            pass
    line = '{"v":1,"id":"%s","time":"' + TODAY + '","event":"delivered","tenant":"hog","campaign":"name-%d"}\n'
    with open(fresh, "a", encoding="ascii") as f:
        f.write("".join(line % (some + "W%05d" % i, i) for i in range(3 * NAMES)))
    until(lambda: "stats-not-kept" in house.log(), 20, "the disk is full")
    said = house.log().count("stats-not-kept")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        begun = time.monotonic()
        house.ctl("stats")
        assert time.monotonic() - begun < 2, "a verb waits"
    assert house.log().count("stats-not-kept") <= said + 4, "it is tried again and again"
    assert totals(house)["hog"][1] == before
    mail = house.send("meanwhile@good.test")
    house.await_event("delivered", message=mail)
    os.unlink(folder + "/filler")
    until(lambda: totals(house)["hog"][1] == before + 3 * NAMES, 60, lambda: totals(house))


def main():
    with House() as house:
        house.start()
        for i in range(40):
            mail = house.send("r%d@good.test" % i)
        house.await_event("delivered", message=mail)
        until(lambda: totals(house).get("first", (0, 0, 0))[1] == 40, 20, lambda: totals(house))
        damaged(house, totals(house))
        names(house)
        assert house.stop() == 0
    with House() as house:
        folder = house.folder + "/state/stats"
        house.start()
        assert house.stop() == 0
        owner = os.stat(folder)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=False, capture_output=True).returncode != 0:
            raise Skip("a tmpfs cannot be mounted here")
        os.chown(folder, owner.st_uid, owner.st_gid)
        os.chmod(folder, owner.st_mode & 0o7777)
        try:
            house.start()
            mail = house.send("ann@good.test")
            house.await_event("delivered", message=mail)
            names(house)
            full_disk(house, folder)
            assert house.stop() == 0
        finally:
            subprocess.run(["umount", "-l", folder], check=False)


if __name__ == "__main__":
    run_test(main)
