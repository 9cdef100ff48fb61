#!/usr/bin/env python3
"""The disk of the event files fills up in the middle of a line: links work on, an unsubscribe is not claimed, and once there is
space again each event is a line of its own, and counted once."""
import http.client
import json
import os
import subprocess

from house import House, Skip, run_test, until
from web import links

ASK = b"List-Unsubscribe=One-Click"


def status(house, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=30)
    connection.request(method, path, body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def fill(folder):
    with open(folder + "/filler", "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)) > 0:
                pass
        except OSError:
            pass
    return folder + "/filler"


def lines(folder, name):
    """(what is an event, what is half of one)"""
    whole, half = [], []
    with open(folder + "/" + name, encoding="utf-8") as f:
        for line in f:
            try:
                whole.append(json.loads(line))
            except ValueError:
                half.append(line)
    return whole, half


def main():
    with House(tenant="track clicks opens\n\tunsubscribe always") as house:
        folder = house.folder + "/events"
        house.start()
        house.stop()
        owner = os.stat(folder)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True).returncode != 0:
            raise Skip("a tmpfs cannot be mounted here")
        os.chown(folder, owner.st_uid, owner.st_gid)
        os.chmod(folder, owner.st_mode & 0o7777)
        try:
            house.start()
            click, _, wish = links(house)
            assert status(house, "GET", click) == 302 and status(house, "POST", wish, ASK) == 200
            house.await_event("clicked")
            filler = fill(folder)
            assert {status(house, "GET", click) for _ in range(100)} == {302}
            assert status(house, "POST", wish, ASK) in (200, 503)
            assert {status(house, "POST", wish, ASK) for _ in range(100)} >= {503}
            os.unlink(filler)
            assert status(house, "GET", click) == 302 and status(house, "POST", wish, ASK) == 200
            for name in ("trackd-web.jsonl", "bouncd.jsonl"):
                whole, half = until(lambda: lines(folder, name), 5, name)  # pylint: disable=cell-var-from-loop
                assert len(half) == 1 and len(whole) > 1, (name, half)
            clicks = len(lines(folder, "trackd-web.jsonl")[0])
            until(lambda: house.rows("stats")[0]["clicked"] == clicks, 10, lambda: str((clicks, house.rows("stats"))))
            rows = house.rows("stats")
            assert len(rows) == 1 and rows[0]["unsubscribed"] == 1, rows
            assert house.stop() == 0
        finally:
            house.kill()
            subprocess.run(["umount", "-l", folder], check=False)


run_test(main)
