#!/usr/bin/env python3
"""posthouse test: the dialogue is shown, and what becomes of the message; of whichever tenant has a listener with a socket."""
from house import House, run_test

SECOND = """
tenant second {
	domain second.test
}
listener of-second {
	address unix:%s/run/of-second
	tenant second
}
"""


def main():
    with House() as house:
        house.write_conf(more=SECOND % house.folder)
        house.start()
        said = house.ctl("test", "ann@good.test")
        assert "MAIL FROM:<postmaster@first.test>" in said and "354" in said, said
        assert "Accepted as" in said and "delivered" in said, said
        said = house.ctl("test", "--tenant", "second", "ann@good.test")
        assert "MAIL FROM:<postmaster@second.test>" in said, said
        assert [e["tenant"] for e in house.events("delivered")] == ["first", "second"], house.events("delivered")
        assert "550 5.1.1" in house.ctl("test", "say-550+5.1.1+nobody@good.test", code=1)
        assert 'there is no tenant "third"' in house.ctl("test", "--tenant", "third", "ann@good.test", code=2)


run_test(main)
