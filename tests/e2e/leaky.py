#!/usr/bin/env python3
"""A role whose list of system calls was widened sees it in its self-test and refuses to run."""
import os

from house import BIN, House, run_test

EX_SOFTWARE = 70


def main():
    with House() as house:
        libexec = house.folder + "/libexec"
        os.mkdir(libexec)
        for name in os.listdir(BIN):
            if os.path.isfile(BIN + "/" + name):
                os.symlink(BIN + "/" + name, libexec + "/" + name)
        os.unlink(libexec + "/trackd-sign")
        os.symlink(BIN + "/leaky-sign", libexec + "/trackd-sign")
        house.master_options = ["-L", libexec]
        code, said = house.start_refused()
        assert code == EX_SOFTWARE, (code, said)
        assert "trackd-sign" in said and "socket=REACHED" in said and "refusing to run" in said, said


run_test(main)
