#!/usr/bin/env python3
"""A reply that no rule knows is listed with a rule drafted for it; that rule, put into the rules file, is taken by a reload
and decides from then on; a bad rules file is refused with its place, and the old rules run on; counts outlive a restart."""
import os

from house import House, TOP, run_test, until

ODD = "say-550+wuzzled+at+qrmpf+vvz@"


def unknown(house):
    return house.rows("bounces", "unknown", code=None)


def hits(house):
    return {r["rule"]: r["hits"] for r in house.rows("bounces", "rules") if r["hits"] > 0}


def main():
    with House(routes={d: "good" for d in ("one.test", "two.test", "three.test")}, retry_first="1h", retry_most="1h") as house:
        rules = house.folder + "/bounces.conf"
        with open(TOP + "/etc/bounces.conf", encoding="utf-8") as f:
            text = f.read()

        def write(more):
            nonlocal text
            with open(rules, "w", encoding="utf-8") as f:
                f.write(text + more)
            os.chmod(rules, 0o644)

        write("")
        house.write_conf("bounces {\n\trules %s\n}\n" % rules)
        house.start()

        assert "Every reply so far was known" in house.ctl("bounces", "unknown", code=1)
        house.send(ODD + "one.test")
        house.await_event("bounced", recipient=ODD + "one.test", **{"class": "soft"})
        row = unknown(house)[0]
        assert row["count"] == 1 and row["reply"].endswith("550 wuzzled at qrmpf vvz"), row
        assert not hits(house)

        text += house.ctl("bounces", "unknown").replace("category " + row["category"], "category moved")
        write("")
        house.ctl("reload")
        house.send(ODD + "two.test")
        house.await_event("bounced", recipient=ODD + "two.test", category="moved")
        rule = list(hits(house))[0]
        assert rule.startswith("unknown-") and hits(house) == {rule: 1}, hits(house)
        assert rule not in house.ctl("bounces", "rules", "--unused")
        at = [r for r in house.rows("bounces", "rules") if r["rule"] == rule][0]
        assert at["file"] == rules and text.splitlines()[at["line"] - 1] == "rule %s {" % rule, at

        write("rule dead {\n\tmatch \"wuzzled\"\n\tcategory other\n\texample \"550 wuzzled at qrmpf vvz\"\n}\n")
        said = house.ctl("reload", code=1)
        assert "%s:%d:" % (rules, text.count("\n") + 4) in said and "is won by rule " + rule in said, said
        os.unlink(rules)
        assert rules in house.ctl("reload", code=1)
        house.send(ODD + "three.test")
        house.await_event("bounced", recipient=ODD + "three.test", category="moved")
        assert hits(house) == {rule: 2}, hits(house)

        write("")
        house.stop()
        house.start()
        assert hits(house) == {rule: 2}, hits(house)
        assert [(r["reply"], r["count"]) for r in unknown(house)] == [(row["reply"], 1)], unknown(house)
        assert "1 unknown reply forgotten" in house.ctl("bounces", "unknown", "--forget")
        assert not unknown(house)


run_test(main)
