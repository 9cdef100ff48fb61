#!/usr/bin/env python3
"""A start that takes more than twice `silence` is let be as long as it says that it goes on, and the relay runs after it; one
that says nothing for so long is killed."""
import os

from house import BIN, House, run_test, until

SILENCE_S = 5


def libexec_with(house, slow):
    libexec = house.folder + "/libexec-" + slow
    os.mkdir(libexec)
    for name in os.listdir(BIN):
        if os.path.isfile(BIN + "/" + name):
            os.symlink(BIN + "/" + (name if name != slow else "slow-role"), libexec + "/" + name)
    house.master_options = ["-L", libexec]


def main():
    with House() as house:
        house.write_conf("silence %ds\nlog-level debug\n" % SILENCE_S)
        libexec_with(house, "trackd-sign")
        house.launch()
        until(lambda: "role-working role=trackd-sign" in house.log(), 20, house.log)
        assert "being slow" in house.ctl("status", code=None)
        house.start_sink()
        house.await_ready(60)
        assert "role-silent" not in house.log()
        house.stop()

        libexec_with(house, "deliverd-resolve")
        code, said = house.start_refused(60)
        assert code != 0 and "deliverd-resolve died while starting" in said, (code, said)
        assert "role-silent level=error role=deliverd-resolve" in house.log()


run_test(main)
