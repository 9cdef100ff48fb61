"""A bounce message as Python's email package reads it: what the tests of notices look at."""
import email
import email.policy
import json
import subprocess
import tempfile

from house import BIN


class Report:
    """multipart/report (RFC 6522): .text for a person, .fields of the message, .recipients each with its fields, .third."""

    def __init__(self, content):
        self.content = content
        self.mail = email.message_from_bytes(content, policy=email.policy.default)
        assert not self.mail.defects, self.mail.defects
        assert self.mail.get_content_type() == "multipart/report", self.mail["Content-Type"]
        parts = list(self.mail.iter_parts())
        assert len(parts) == 3, [p.get_content_type() for p in parts]
        assert parts[0].get_content_type() == "text/plain"
        self.text = parts[0].get_content().replace("\r\n", "\n")
        self.utf8 = parts[1].get_content_type() == "message/global-delivery-status"
        assert self.utf8 or parts[1].get_content_type() == "message/delivery-status", parts[1]["Content-Type"]
        assert self.mail.get_param("report-type") == ("global-" if self.utf8 else "") + "delivery-status"
        groups = self.groups(parts[1])
        self.fields, self.recipients = groups[0], groups[1:]
        self.third = parts[2]
        for name in ("From", "To", "Date", "Message-ID", "Subject"):
            assert self.mail[name], name
        assert self.mail["Auto-Submitted"] == "auto-replied"
        for part in self.mail.walk():
            assert not part.defects, (part.get_content_type(), part.defects)

    def groups(self, part):
        """Header blocks: the email package parses message/delivery-status itself, its newer form is read by us."""
        if not self.utf8:
            return [g for g in part.get_payload() if g.keys()]
        raw = self.content.split(b"Content-Type: message/global-delivery-status")[1].partition(b"\r\n\r\n")[2]
        raw = raw.partition(b"\r\n--=_")[0]
        return [email.message_from_bytes(g, policy=email.policy.SMTPUTF8) for g in raw.split(b"\r\n\r\n") if g.strip()]

    def of(self, address):
        found = [r for r in self.recipients if r["Final-Recipient"].partition(";")[2].strip() == address]
        assert len(found) == 1, (address, [r["Final-Recipient"] for r in self.recipients])
        return found[0]

    def headers(self):
        """Of the original: the header blocks that came back."""
        parts = self.third.iter_parts() if self.third.is_multipart() and \
            self.third.get_content_type() == "multipart/mixed" else [self.third]
        return [email.message_from_bytes(p.get_payload(decode=True) or p.get_payload().encode(),
                                         policy=email.policy.SMTPUTF8) for p in parts]

    def ours(self):
        """What our own parser makes of it."""
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.content)
            f.flush()
            said = subprocess.run([BIN + "/bouncd-parse", "--batch"], input=f.name + "\n", capture_output=True, text=True,
                                  check=True)
        return json.loads(said.stdout)
