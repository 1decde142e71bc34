"""What the tests of a lab share: a gateway whose world it is, `postern probe`, and mail to each of its domains."""
import json
import subprocess
import unittest

from gateway import Gateway, build_folder
from scene import ANN, letter
from sender import queue_id
from stage import temporary_folder

PROTECT = b"[secure] Results"


class LabScene(unittest.TestCase):
    make_lab = None          # folder → Lab
    patience = 60            # seconds, of a probe

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls.addClassCleanup)
        cls.lab = cls.make_lab(cls.folder / "lab")
        cls.addClassCleanup(cls.lab.close)
        cls.gateway = Gateway(cls.folder / "gateway", cls.lab.authority, cls.lab.resolver, cls.lab.port, start=False,
                              proof_gap="1s", protect_patience="2s")
        cls.addClassCleanup(cls.gateway.stop)

    @classmethod
    def probe(cls, target):
        done = subprocess.run([build_folder() / "postern", "--config", cls.gateway.configuration, "--json", "probe", target],
                              capture_output=True, text=True, timeout=cls.patience)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    @classmethod
    def mail_everybody(cls):
        """{(domain, "deliver" or "protect"): queue id} of one mail of each kind to each domain."""
        ids = {}
        with cls.gateway.sender() as exchange:
            for name in cls.lab.domains:
                for kind, subject in (("deliver", b"Lunch"), ("protect", PROTECT)):
                    reply = exchange.send(ANN, ["bob@" + cls.lab.full_name(name)], letter(subject=subject))
                    ids[name, kind] = queue_id(reply[-1])
        return ids

    def ended(self, number):
        return {event["event"] for event in self.gateway.events(queue_id=number)} & {"delivered", "deferred", "rung", "held"}
