#!/usr/bin/env python3
"""sendmail(1) and mailq(1): programs of this machine hand mail in without a network or a login."""
import os
import subprocess

from house import BIN, House, run_test


def main():
    with House() as house:
        house.start()
        env = {**os.environ, "POSTHOUSE_CONF": house.conf_path}
        text = "From: root@first.test\nTo: ann@good.test\nBcc: bob@good.test\nSubject: cron\n\nLine\n.\nafter a dot\n"
        done = subprocess.run([BIN + "/sendmail", "-t", "-i", "-f", "root@first.test"], input=text, text=True, env=env,
                              capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, done
        house.await_event("delivered", recipient="bob@good.test")
        _, content = house.await_mail("ann@good.test")
        assert b"after a dot" in content and b"Bcc" not in content, content
        queue = subprocess.run([BIN + "/mailq"], env=env, capture_output=True, text=True, timeout=30, check=True)
        assert "empty" in queue.stdout, queue


run_test(main)
