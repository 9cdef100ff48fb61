#!/usr/bin/env python3
"""A name server for tests: answers from a small zone, over UDP and TCP, on loopback only.

zone_server.py PORT FILE; a line of FILE is NAME TYPE VALUE [TTL]: "a.test MX 10 mx.a.test", "mx.a.test A 192.0.2.1",
"alias.test CNAME a.test", "a.test TXT any text to the end" (without TTL; " | " ends a string of it). TYPE FAIL answers SERVFAIL, SILENT nothing.
A name without lines does not exist."""
import ipaddress, socket, struct, sys, threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def name_bytes(name):
    labels = [l for l in name.rstrip(".").split(".") if l]
    return b"".join(bytes([len(l)]) + l.encode() for l in labels) + b"\0"


def zone_read(text):
    zone = {}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words[1:2] == ["TXT"]:
            zone.setdefault(words[0].lower().rstrip("."), []).append(("TXT", [line.split(None, 2)[2]], 300))
        elif words:
            name, kind, rest = words[0].lower().rstrip("."), words[1], words[2:]
            need = {"MX": 2, "FAIL": 0, "SILENT": 0}.get(kind, 1)
            ttl = int(rest[need]) if len(rest) > need else 300
            zone.setdefault(name, []).append((kind, rest[:need], ttl))
    return zone


def data_bytes(kind, rest):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(rest[0]).packed
    if kind == "MX":
        return struct.pack("!H", int(rest[0])) + name_bytes(rest[1])
    if kind == "TXT": # in strings of at most 255 bytes, cut there or at " | "
        return b"".join(bytes([len(part[i:i + 255])]) + part[i:i + 255]
                        for part in rest[0].encode().split(b" | ") for i in range(0, len(part) or 1, 255))
    return name_bytes(rest[0])


def exists(zone, name):
    return any(n == name or n.endswith("." + name) for n in zone)


def both(port):
    """The same port of UDP and TCP; one that is free for the first may be taken for the second, and then it is another."""
    for attempt in range(20):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", port))
        try:
            return udp, socket.create_server(udp.getsockname())
        except OSError:
            udp.close()
            if port != 0 or attempt == 19:
                raise
    return None


class ZoneServer:
    def __init__(self, text, port=0):
        self.zone, self.asked = zone_read(text), []
        self.udp, self.tcp = both(port)
        self.port = self.udp.getsockname()[1]
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    def answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        kind, = struct.unpack_from("!H", query, at + 1)
        question, name = query[12:at + 5], ".".join(labels).lower()
        self.asked.append((name, kind))
        records, rcode, seen = [], 0, set()
        while True:
            lines = self.zone.get(name, [])
            if any(k == "SILENT" for k, _, _ in lines):
                return None
            if any(k == "FAIL" for k, _, _ in lines):
                rcode = 2
            found = [l for l in lines if TYPES.get(l[0]) == kind]
            alias = [l for l in lines if l[0] == "CNAME"] if not found else []
            records += [(name, l) for l in found or alias]
            if not alias or name in seen:
                break
            seen.add(name)
            name = alias[0][1][0].rstrip(".").lower()
        if rcode == 0 and not exists(self.zone, name):
            rcode = 3
        body = b"".join(name_bytes(n) + struct.pack("!HHIH", TYPES[k], 1, ttl, len(data_bytes(k, r))) + data_bytes(k, r)
                        for n, (k, r, ttl) in records)
        return query[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, len(records), 0, 0) + question + body

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            answer = self.answer(query)
            if answer is not None:
                if len(answer) > 1200:  # truncated: come again by TCP
                    answer = query[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + answer[12:12 + len(query) - 12]
                    answer = answer[:12 + answer[12:].index(b"\0") + 5]
                self.udp.sendto(answer, peer)

    def serve_tcp(self):
        while True:
            c, _ = self.tcp.accept()
            threading.Thread(target=self.serve_one, args=(c, ), daemon=True).start()

    def serve_one(self, c):
        f = c.makefile("rb")
        while len(head := f.read(2)) == 2:
            answer = self.answer(f.read(struct.unpack("!H", head)[0]))
            if answer is not None:
                c.sendall(struct.pack("!H", len(answer)) + answer)


if __name__ == "__main__":
    with open(sys.argv[2]) as file:
        server = ZoneServer(file.read(), int(sys.argv[1]))
    threading.Event().wait()
