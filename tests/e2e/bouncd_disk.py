#!/usr/bin/env python3
"""bouncd's disk is full: what came back stays in the queue, untold to the list; space again: it is told and suppressed, once."""
import os
import subprocess

from bounces import TENANT, Shop, delivered, dsn, suppressed
from house import Skip, run_test, until


def fill(folder):
    with open(folder + "/filler", "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)) > 0:
                pass
        except OSError:
            pass
    return folder + "/filler"


def main():
    with Shop(tenant=TENANT) as house:
        folder = house.folder + "/state/suppression"
        os.makedirs(folder, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=False, capture_output=True).returncode != 0:
            raise Skip("a tmpfs cannot be mounted here")
        try:
            house.start()
            assert os.path.exists(folder + "/data.mdb"), os.listdir(folder)
            backs = [delivered(house, "gone%d@good.test" % n)[1] for n in range(40)]
            filler = fill(folder)
            for n, back in enumerate(backs):
                house.comes_back(back, dsn("gone%d@good.test" % n))
            until(lambda: "not-suppressed" in house.log(), 20, "the list says that it cannot")
            lost = [n for n in range(40) if not suppressed(house, "gone%d@good.test" % n)]
            assert lost, "nothing was refused: the disk was not full"
            os.unlink(filler)
            house.ctl("retry", "--yes", "--to", "*@b.first.test", code=None)
            until(lambda: all(suppressed(house, "gone%d@good.test" % n) for n in range(40)), 30, lambda: house.log()[-2000:])
            until(lambda: "messages: 0" in house.ctl("status"), 10, lambda: house.ctl("status"))
            events = house.events("bounced")
            assert len({(e["id"], e["report"]) for e in events}) == 40, "one event a report, however often it was asked"
            assert house.stop() == 0
        finally:
            subprocess.run(["umount", "-l", folder], check=False)


run_test(main)
