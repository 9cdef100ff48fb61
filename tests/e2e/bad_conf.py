#!/usr/bin/env python3
"""A broken configuration is refused with place and remedy, at the start and at a reload; the service goes on."""
from house import House, run_test

BROKEN = "delivery {\n\ttimeout-conect 5s\n}\n"


# Each is about what comes back: what is written, the setting that is named, and the remedy.
CONTRADICTIONS = [
    ("queue {\n\tbounce-valid 60d\n}\n", "bounce-valid 60d", "index-age 63d"),
    ("stats {\n\tindex-age 8d\n}\n", "index-age 8d", "index-age 33d"),
    ("stats {\n\tindex-age 8d\n}\nqueue {\n\tbounce-valid 2d\n}\nstream slow {\n\texpire 20d\n}\n", "index-age 8d",
     "index-age 22d"),
    ("tenant two {\n\tbounce-domain b.test\n}\ntenant three {\n\tbounce-domain B.test\n}\n", "bounce-domain", "one of its own"),
]


def contradictions(house):
    for text, setting, remedy in CONTRADICTIONS:
        house.write_conf(text)
        said = house.ctl("-n", code=78)
        lines = [n for n, line in enumerate(open(house.conf_path, encoding="utf-8"), 1) if setting in line]
        assert any("posthouse.conf:%d:" % n in said for n in lines) and remedy in said, (text, said)
    house.write_conf("stats {\n\tindex-age 6d\n}\nqueue {\n\tbounce-valid 3d\n}\n")
    house.ctl("-n")


def main():
    with House() as house:
        house.write_conf(BROKEN)
        code, said = house.start_refused()
        assert code == 78, (code, said)
        line = [n for n, text in enumerate(open(house.conf_path, encoding="utf-8"), 1) if "conect" in text][0]
        assert "posthouse.conf:%d:2: error:" % line in said and 'did you mean "timeout-connect"?' in said, said
        assert "timeout-conect" in house.ctl("-n", code=78)

        contradictions(house)
        house.write_conf("")
        house.start()
        before = house.rows("status")[0]["generation"]
        house.write_conf(BROKEN)
        said = house.ctl("reload", code=None)
        assert "posthouse.conf:%d:2" % line in said, said
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")
        assert house.rows("status")[0]["generation"] == before

        house.write_conf("delivery {\n\ttimeout-connect 5s\n}\n")
        house.ctl("reload")
        assert house.rows("status")[0]["generation"] == before + 1
        house.send("bob@good.test")
        house.await_event("delivered", recipient="bob@good.test")


run_test(main)
