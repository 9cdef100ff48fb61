#!/usr/bin/env python3
"""All dialogues of tests/dialogue/smtpd against a whole house: each is a test of its own."""
import glob
import os
import subprocess
import sys

from house import TOP, House, free_ports, run_test


def main():
    stranger, = free_ports(1)
    listener = "listener stranger {\n\taddress 127.0.0.1:%d\n}\n" % stranger
    with House() as house:
        house.settings["hostname"] = "relay.example"
        house.settings["tenant"] = "domain c.example"
        house.write_conf(listener + "postmaster chief@good.test\n")
        with open(house.conf_path, encoding="utf-8") as f:
            text = f.read().replace("\tallow 127.0.0.0/8\n", "").replace("\ttenant first\n", "\ttenant first\n\tallow 127.0.0.0/8\n", 1)
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        house.start()
        done = subprocess.run(
            [TOP + "/tests/dialogue/run.py", "--port", "inbound=%d" % house.inbound, "--port", "stranger=%d" % stranger,
             "--log", house.folder + "/posthouse.log", "--queue-command",
             "%s/posthouse -c %s -j queue | grep -v count" % (os.path.join(os.environ.get("B", TOP + "/build"), "bin"), house.conf_path),
             *sorted(glob.glob(TOP + "/tests/dialogue/smtpd"))], check=False)
        sys.stdout.flush()
        assert done.returncode == 0, "dialogues differ"


run_test(main)
