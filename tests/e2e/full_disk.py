#!/usr/bin/env python3
"""The disk is full: 452 4.3.1 and nothing lost; space again: mail is taken again, and all that was taken arrives."""
import os
import smtplib
import subprocess

from house import House, Skip, run_test, until

DISK_MB = 160  # room for the reserve that queued keeps, the journal, and some
RESERVE = 64 << 20
SMALL_QUEUE = "queue {\n\tsegment-size 4M\n\tsegments 3\n}\n"


def fill(path):
    """All but the reserve and a few megabytes for mail."""
    free = os.statvfs(os.path.dirname(path))
    with open(path, "wb") as f:
        f.write(bytes(free.f_bavail * free.f_frsize - RESERVE - (6 << 20)))


def try_send(house, i):
    try:
        house.send("p%d@good.test" % i, text="x" * 70000 + "\n")
        return 250, ""
    except smtplib.SMTPResponseException as e:
        return e.smtp_code, str(e.smtp_error)
    except AssertionError as e:
        code, text = e.args[0]
        return code, str(text)


def main():
    with House(more=SMALL_QUEUE, retry_first="1s") as house:
        spool = house.folder + "/spool"
        os.mkdir(spool)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % DISK_MB, "tmpfs", spool], check=False,
                          capture_output=True).returncode != 0:
            raise Skip("a tmpfs cannot be mounted here")
        try:
            house.start()
            house.stop_sink()  # so that what comes stays
            taken, refused = [], None
            fill(spool + "/filler")
            for i in range(400):
                code, text = try_send(house, i)
                if code != 250:
                    refused = code, text
                    break
                taken.append(i)
            print("%d taken, then %s" % (len(taken), refused))
            assert taken and refused is not None and refused[0] == 452 and "4.3.1" in refused[1], refused
            os.unlink(spool + "/filler")
            house.start_sink()
            until(lambda: try_send(house, 999)[0] == 250, 60, "mail taken again")
            for i in taken + [999]:
                house.await_event("delivered", 60, recipient="p%d@good.test" % i)
            assert house.stop() == 0
        finally:
            house.kill()
            subprocess.run(["umount", "-l", spool], check=True)


run_test(main)
