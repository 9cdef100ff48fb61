#!/usr/bin/env python3
"""A broken configuration is refused with place and remedy, at the start and at a reload; the service goes on."""
from house import House, run_test

BROKEN = "delivery {\n\ttimeout-conect 5s\n}\n"


def main():
    with House() as house:
        house.write_conf(BROKEN)
        code, said = house.start_refused()
        assert code == 78, (code, said)
        line = [n for n, text in enumerate(open(house.conf_path, encoding="utf-8"), 1) if "conect" in text][0]
        assert "posthouse.conf:%d:2: error:" % line in said and 'did you mean "timeout-connect"?' in said, said
        assert "timeout-conect" in house.ctl("-n", code=78)

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
