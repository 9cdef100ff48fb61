#!/usr/bin/env python3
"""A link works until it is as old as `valid` says, and is 410 from then on; unsubscribing works for ever. The tokens are made
here, by what token.h says of them: a node that has the key needs nothing else."""
import base64
import hashlib
import hmac
import http.client
import os
import struct
import subprocess
import time

from house import House, run_test

CLICK, UNSUBSCRIBE = 1, 3
HOUR = 3600


def derived(master, tenant):
    """RFC 5869 with SHA-256."""
    secret, out, block = hmac.digest(b"posthouse tracking 1", master, "sha256"), b"", b""
    for i in range(1, 4):
        block = hmac.digest(secret, block + tenant + bytes([i]), "sha256")
        out += block
    return out[:4], out[4:36], out[36:68]


def token(house, kind, age_s, text):
    with open(os.path.join(house.folder, "keys", "tracking.key"), encoding="ascii") as f:
        ident, key = f.readline().split()[:2]
    tag, encrypt, mac = derived(bytes.fromhex(key), b"first")
    head = bytes([int(ident)]) + tag
    plain = bytes([kind]) + bytes(16) + struct.pack(">IIB", 0, int(time.time()) - age_s, 0) + text
    iv = hmac.new(mac, head + plain, hashlib.sha256).digest()[:16]
    sealed = subprocess.run(["openssl", "enc", "-aes-256-ctr", "-K", encrypt.hex(), "-iv", iv.hex()], input=plain,
                            stdout=subprocess.PIPE, check=True).stdout
    return base64.urlsafe_b64encode(head + iv + sealed).decode().rstrip("=")


def get(house, path):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers["Location"]


def main():
    with House(tenant="track clicks", tracking="valid 2h") as house:
        house.start()
        assert get(house, "/c/" + token(house, CLICK, HOUR, b"https://a.test/x")) == (302, "https://a.test/x")
        assert get(house, "/c/" + token(house, CLICK, 3 * HOUR, b"https://a.test/x")) == (410, None)
        assert get(house, "/u/" + token(house, UNSUBSCRIBE, 30000 * HOUR, b"ann@good.test"))[0] == 200
        house.settings["tracking"] = ""  # two years
        house.write_conf()
        house.ctl("reload")
        assert get(house, "/c/" + token(house, CLICK, 729 * 24 * HOUR, b"https://a.test/x")) == (302, "https://a.test/x")
        assert get(house, "/c/" + token(house, CLICK, 731 * 24 * HOUR, b"https://a.test/x")) == (410, None)


run_test(main)
