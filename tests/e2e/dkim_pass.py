#!/usr/bin/env python3
"""Mails of every difficult kind, signed, sent through a real Postfix and a real Exim: two verifiers find every signature good."""
import os
import shutil
import sys
import tempfile

from house import TOP, Skip, run_test

sys.path.append(os.path.join(TOP, "tests/dkim"))
import verify_pass  # noqa: E402 pylint: disable=wrong-import-position


def main():
    work = tempfile.mkdtemp(prefix="posthouse-dkim-")
    try:
        failures, lacking = verify_pass.run([TOP + "/tests/dkim/mails"], work, misses=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    assert failures == 0, "%d failures" % failures
    if lacking:
        raise Skip("without " + ", ".join(lacking))


run_test(main)
