#!/usr/bin/env python3
"""The store under faults of the disk, a few of each kind. FAULT_ALL=1: each kind at each step, some quarters of an hour."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("B", os.path.join(HERE, "../../build")))
# More messages than three segments of 256 KB hold, where they die at a moment of chance.
RUNS = [["--every", "23", "--most", "2", "kill", "tear", "while", "then", "lost", "slow"], ["--every", "11", "--most", "2", "flip"],
        ["--most", "1", "short", "gone", "index-gone"], ["--from", "2", "--every", "7", "--most", "2", "index-flip", "index-page", "index-short"],
        ["--most", "3", "random"]]


def main():
    if not os.path.exists(BUILD + "/fault.so") or not os.path.exists(BUILD + "/bin/store_fault"):
        print("skip: store_fault and fault.so are not built")
        return 77
    runs = [["--jobs", "6"]] if os.environ.get("FAULT_ALL") else RUNS
    return max(subprocess.run([sys.executable, HERE + "/store_fault.py", BUILD + "/bin/store_fault", BUILD + "/fault.so", *run],
                              check=False).returncode for run in runs)


if __name__ == "__main__":
    sys.exit(main())
