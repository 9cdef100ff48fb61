#!/usr/bin/env python3
"""posthouse rollback: a configuration that was in force comes back as it was, with a password that stood in it and with paths
that the file's folder decides; restarts and reloads of an unchanged one take none of the ten places."""
import os

from house import House, run_test

PASSWORD = "in-line \"secret\" word"


def kept(house):
    return sorted(n for n in os.listdir(house.folder + "/state/accepted") if n.endswith(".conf"))


def main():
    route = "route auth.test {\n\tto 127.0.0.1:9\n\ttls none\n\tlogin user\n\tpassword \"%s\"\n}\n" % PASSWORD.replace('"', '\\"')
    with House() as house:
        # The folder of the keys is where the configuration stands, not where the copy does.
        with open(house.conf_path, encoding="utf-8") as f:
            text = "".join(l for l in f if not l.startswith(("keys ", "users ")))
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text + route)
        house.start()
        assert len(kept(house)) == 1, kept(house)
        for _ in range(3):
            house.ctl("reload")
        house.stop()
        house.start()
        assert len(kept(house)) == 1, kept(house)

        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        house.ctl("reload")
        assert len(kept(house)) == 2
        house.ctl("rollback", "1")
        assert len(kept(house)) == 3
        with open(house.folder + "/state/accepted/3.conf", encoding="utf-8") as a, \
                open(house.folder + "/state/accepted/1.conf", encoding="utf-8") as b:
            third = a.read()
            assert third == b.read()
            assert PASSWORD.replace('"', '\\"') in third, third
        assert "/state/accepted/1.conf" in house.rows("status")[0]["configuration"], house.rows("status")[0]
        running = house.ctl("conf", "show", "--running")
        assert "route auth.test" in running and PASSWORD not in running and "auth.test" not in house.ctl("conf", "show"), running
        said = house.ctl("conf", "diff", code=1)
        assert "-route auth.test {" in said and "in force" in said, said
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text + route)
        assert "what is in force" in house.ctl("conf", "diff")
        assert os.stat(house.folder + "/state/accepted/3.conf").st_mode & 0o777 == 0o600
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")


run_test(main)
