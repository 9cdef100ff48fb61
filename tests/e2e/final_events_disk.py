#!/usr/bin/env python3
"""The disk of the event files is full while mail is delivered: every recipient has exactly one final event once there is room
again, in the same life, after a clean stop and after a kill. Mail is refused before memory or journal run over, and taken
again afterwards."""
import os
import smtplib
import subprocess

from house import FINAL, House, Skip, run_test, until

SMALL_QUEUE = "queue {\n\tsegment-size 1M\n\tsegments 3\n}\n"


class FullHouse(House):
    """Its event files are on a disk of their own, of 1 MB."""

    def mount(self):
        self.start()
        self.stop()
        folder = self.folder + "/events"
        owner = os.stat(folder)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True).returncode != 0:
            raise Skip("a tmpfs cannot be mounted here")
        os.chown(folder, owner.st_uid, owner.st_gid)
        os.chmod(folder, owner.st_mode & 0o7777)

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder + "/events"], check=False)

    def fill(self):
        with open(self.folder + "/events/filler", "wb", buffering=0) as f:
            try:
                while f.write(bytes(4096)) > 0:
                    pass
            except OSError:
                pass

    def room(self):
        os.unlink(self.folder + "/events/filler")

    def final_lines(self):
        return [e for e in self.events() if e["event"] in FINAL and e["recipient"].startswith("r")]


def one_each(house, recipients):
    until(lambda: {e["recipient"] for e in house.final_lines()} == set(recipients), 30,
          lambda: str(set(recipients) - {e["recipient"] for e in house.final_lines()}))
    lines = house.final_lines()
    assert len({e["id"] for e in lines}) == len(lines) == len(recipients), (len(lines), len(recipients))


def delivered(house, names):
    for r in names:
        house.send(r)
    for r in names:
        house.await_mail(r, 30)
    until(lambda: house.rows("status")[-1]["ended"] >= len(names), 10, "their ends on disk")


def full_then_room(how):
    house = FullHouse(more=SMALL_QUEUE)
    with house:
        try:
            house.mount()
            house.start()
            house.fill()
            names = ["r%03d@good.test" % i for i in range(60)]
            delivered(house, names)
            assert len(house.final_lines()) < len(names) and "events-unwritten" in house.log()
            if how == "stop":
                assert house.stop() == 0
                house.start()
                assert len(house.final_lines()) < len(names)
            elif how == "kill":
                house.kill_house()
            house.room()
            if how == "kill":
                house.start()
            one_each(house, names)
            assert house.stop() == 0
            house.start()
            house.send("rlast@good.test")
            one_each(house, names + ["rlast@good.test"])
        finally:
            house.kill()
            house.unmount()


def refused_in_time():
    """More than memory may hold: 452, and what was taken is told."""
    house = FullHouse(more=SMALL_QUEUE)
    with house:
        try:
            house.mount()
            house.start()
            house.fill()
            taken, refused = [], None
            for i in range(3000):
                try:
                    house.send("r%04d@good.test" % i)
                except (smtplib.SMTPResponseException, AssertionError) as e:
                    refused = str(e)
                    break
                taken.append("r%04d@good.test" % i)
            print("%d taken, then %s" % (len(taken), refused))
            assert len(taken) > 100 and refused is not None and "452" in refused and "event file" in refused, refused
            house.room()
            one_each(house, taken)
            until(lambda: can_send(house), 20, "mail taken again")
        finally:
            house.kill()
            house.unmount()


def can_send(house):
    try:
        house.send("z@good.test")
        return True
    except (smtplib.SMTPResponseException, AssertionError):
        return False


def main():
    for how in ("room", "stop", "kill"):
        full_then_room(how)
    refused_in_time()



run_test(main)
