#!/usr/bin/env python3
"""A broken configuration is refused with place and remedy, at the start and at a reload; the service goes on."""
import os
import socket
import subprocess

from house import House, free_ports, run_test

BROKEN = "delivery {\n\ttimeout-conect 5s\n}\n"


# Each is about what comes back: what is written, the setting that is named, and the remedy.
CONTRADICTIONS = [
    ("queue {\n\tbounce-valid 60d\n}\n", "bounce-valid 60d", "index-age 63d"),
    ("stats {\n\tindex-age 8d\n}\n", "index-age 8d", "index-age 33d"),
    ("stats {\n\tindex-age 8d\n}\nqueue {\n\tbounce-valid 2d\n}\nstream slow {\n\texpire 20d\n}\n", "index-age 8d",
     "index-age 22d"),
    ("tenant two {\n\tbounce-domain b.test\n}\ntenant three {\n\tbounce-domain B.test\n}\n", "bounce-domain", "one of its own"),
]


def contradictions(house):
    for text, setting, remedy in CONTRADICTIONS:
        house.write_conf(text)
        said = house.ctl("-n", code=78)
        lines = [n for n, line in enumerate(open(house.conf_path, encoding="utf-8"), 1) if setting in line]
        assert any("posthouse.conf:%d:" % n in said for n in lines) and remedy in said, (text, said)
    house.write_conf("stats {\n\tindex-age 6d\n}\nqueue {\n\tbounce-valid 3d\n}\n")
    house.ctl("-n")


def certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3", "-subj",
                    "/CN=" + name, "-keyout", "%s/%s.key" % (folder, name), "-out", "%s/%s.crt" % (folder, name)], check=True,
                   capture_output=True)
    os.chmod("%s/%s.key" % (folder, name), 0o600)


# What a start or reload would refuse: what is written, what stands in the line that is named, and what is said.
REFUSED = [
    ("listener l {\n\taddress 127.0.0.1:{port}\n\ttenant nobody\n}\n", "tenant nobody", "there is: first"),
    ("tenant two {\n\tstream slow\n}\n", "stream slow", "there is: quick"),
    ("tenant two {\n\tdomain two.test First.test\n}\n", "domain two.test", "of tenant first too"),
    ("tenant two {\n\tallow 10.0.0.0/8 0.0.0.0/0\n}\n", "0.0.0.0/0", "lets strangers send"),
    ("tenant two {\n\tallow ::/0\n}\n", "::/0", "lets strangers send"),
    ("tenant two {\n\tpause-bounces 10\n}\n", "pause-bounces 10", "write 10%"),
    ("listener l {\n\taddress 127.0.0.1:{port} *:{port}\n\tauth required\n\tauth-without-tls yes\n}\n", "auth-without-tls yes", "clear text"),
    ("listener l {\n\taddress 127.0.0.1:{port}\n\ttls starttls\n\ttls-certificate {folder}/none.crt\n\ttls-key file:{folder}/a.key\n}\n",
     "none.crt", "No such file"),
    ("listener l {\n\taddress 127.0.0.1:{port}\n\ttls starttls\n\ttls-certificate {folder}/a.key\n\ttls-key file:{folder}/a.key\n}\n",
     "tls-certificate", "there is no certificate in"),
    ("listener l {\n\taddress 127.0.0.1:{port}\n\ttls starttls\n\ttls-certificate {folder}/a.crt\n\ttls-key file:{folder}/b.key\n}\n",
     "b.key", "not that of the certificate"),
    ("listener l {\n\taddress 127.0.0.1:{port}\n}\nlistener m {\n\taddress [::1]:{port} 127.0.0.1:{port}\n}\n", "[::1]", "listened at already"),
    ("alias root postmaster\n", "alias root", "no address behind"),
    ("alias ops@first.test\n", "alias ops", "no name in front"),
    ("alias root ops@relay.test\nalias ops root@relay.test\n", "alias root", "alias itself"),
]
# What may have changed by then, or is not refused although it should be: posthouse -n says so too.
CHECKED = [
    ("listener l {\n\taddress 127.0.0.1:{taken}\n}\n", "address 127.0.0.1:{taken}", "in use"),
    ("listener l {\n\taddress 192.0.2.77:25\n}\n", "192.0.2.77", "not an address of this machine"),
    ("source s {\n\taddress 192.0.2.78\n}\n", "192.0.2.78", "not an address of this machine"),
    ("listener l {\n\taddress unix:{folder}/a.crt\n}\n", "a.crt", "is not a socket"),
    ("listener l {\n\taddress unix:{folder}/nowhere/s\n}\n", "nowhere", "is not there"),
    ("bounces {\n\trules {folder}/a.crt\n}\n", "rules", "a.crt:1:"),
    ("tracking {\n\tvisitors {folder}/a.crt\n}\n", "visitors", "a.crt:1:"),
    ("route x.test {\n\tto 127.0.0.1:9\n\tlogin u\n\tpassword p\n}\n", "password", "chmod 640"),
]


def refused(house):
    """Each alone; the configuration is good before and after."""
    certificate(house.folder, "a")
    certificate(house.folder, "b")
    taken = socket.create_server(("127.0.0.1", 0))
    names = {"folder": house.folder, "port": str(free_ports(1)[0]), "taken": str(taken.getsockname()[1])}

    def filled(text):
        for name, value in names.items():
            text = text.replace("{%s}" % name, value)
        return text
    good = house.settings["tracking"]
    for text, setting, said in REFUSED + CHECKED:
        text, setting = filled(text), filled(setting)
        if text.startswith("tracking"):
            house.settings["tracking"], text = text.split("\n\t")[1].split("\n")[0], ""
        house.write_conf(text)
        house.settings["tracking"] = good
        heard = house.ctl("-n", code=78)
        lines = [n for n, line in enumerate(open(house.conf_path, encoding="utf-8"), 1) if setting in line]
        assert said in heard and any("posthouse.conf:%d:" % n in heard for n in lines), (text, heard)
    taken.close()
    house.write_conf("tenant two {\n\tallow 10.0.0.0/8 fd00::/8\n\tpause-bounces 10%\n\tpause-complaints 0\n\tstream default\n}\n")
    house.ctl("-n")
    with open(house.conf_path, "w", encoding="utf-8") as f:
        f.write("# nothing\n")
    assert "no listener" in house.ctl("-n", code=78)


# What is taken at a start only: what is set when it starts, and what a reload that is refused would have.
RESTART_ONLY = [
    ("", "node 7\n", "node 7", "0 is in force, not 7"),
    ("", "queue {\n\tsegments 4\n}\n", "segments 4", "6 is in force, not 4"),
    ("queue {\n\tsegment-size 8M\n\tsegments 3\n}\n", "", None, "8M is in force, not 64M"),
    ("queue {\n\tsegment-size 8M\n\tsegments 3\n}\n", "queue {\n\tsegment-size 16M\n\tsegments 4\n}\n", "segments 4",
     "3 is in force, not 4"),
]


def restart_only():
    for now, then, setting, said in RESTART_ONLY:
        with House(more=now) as house:
            house.start()
            house.write_conf(then)
            heard = house.ctl("reload", code=1)
            lines = [n for n, line in enumerate(open(house.conf_path, encoding="utf-8"), 1) if setting is None or setting in line]
            assert said in heard and (setting is None or "posthouse.conf:%d:" % lines[0] in heard), heard
            assert house.rows("status")[0]["generation"] == 1
            house.ctl("-n")    # what runs is ours: its ports are not in use by another
            house.write_conf(now + "log-level debug\n")
            house.ctl("reload")


def main():
    restart_only()
    with House() as house:
        house.write_conf(BROKEN)
        code, said = house.start_refused()
        assert code == 78, (code, said)
        line = [n for n, text in enumerate(open(house.conf_path, encoding="utf-8"), 1) if "conect" in text][0]
        assert "posthouse.conf:%d:2: error:" % line in said and 'did you mean "timeout-connect"?' in said, said
        assert "timeout-conect" in house.ctl("-n", code=78)

        contradictions(house)
        refused(house)
        house.write_conf("")
        house.start()
        before = house.rows("status")[0]["generation"]
        house.write_conf(BROKEN)
        said = house.ctl("reload", code=None)
        assert "posthouse.conf:%d:2" % line in said, said
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")
        assert house.rows("status")[0]["generation"] == before

        house.write_conf("delivery {\n\ttimeout-connect 5s\n}\n")
        house.ctl("reload")
        assert house.rows("status")[0]["generation"] == before + 1
        house.send("bob@good.test")
        house.await_event("delivered", recipient="bob@good.test")


run_test(main)
