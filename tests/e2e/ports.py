#!/usr/bin/env python3
"""A port in use, and a spool that another house has locked: said plainly, and the start fails."""
import socket

from house import House, free_ports, run_test


def main():
    with House() as house, socket.socket() as taken:
        taken.bind(("127.0.0.1", house.inbound))
        taken.listen()
        code, said = house.start_refused()
        assert code not in (0, None) and str(house.inbound) in said, (code, said)
        assert "in use" in said, said
    with House() as house, House() as second:
        house.start()
        second.settings["folder"] = house.folder
        second.settings["inbound"], second.settings["web"] = free_ports(2)
        second.write_conf()
        code, said = second.start_refused()
        assert code not in (0, None) and said.strip(), (code, said)
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")


run_test(main)
