"""A wrong setting stops posternd: one clear line on standard error, and the exit code of docs/operations.md."""
import socket
from pathlib import Path

from gateway import Ended
from ports import free_port
from scene import Refusals
from stage import temporary_stage


class WrongSettings(Refusals):
    """One clear line on standard error, and the exit code of docs/operations.md."""

    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)

    def setUp(self):
        self.gateway = self.stage.gateway(name=self.id().rsplit(".", 1)[-1], start=False)

    def test_an_unknown_key(self):
        text = self.gateway.configuration.read_text().replace("hostname =", "hostnam =")
        self.gateway.configuration.write_text(text + '\n')
        with self.assertRaises(Ended) as caught:
            self.gateway.start()
        self.assertEqual(caught.exception.code, 3)
        self.assertIn("postern.toml:2:", caught.exception.said)
        self.assertIn("'hostname'", caught.exception.said)

    def test_a_wrong_value(self):
        self.gateway.delivery["retry"] = ["2s", "1s"]
        self.gateway.write_configuration()
        self.ends(3, "postern.toml:7:")

    def test_a_wrong_rule(self):
        policy = self.gateway.folder / "policy.d" / "demo.toml"
        policy.write_text(policy.read_text().replace('action = "refuse"', 'action = "refuze"'))
        self.ends(3, "demo.toml:", "refuze", "refuse")

    def test_a_key_that_is_not_there(self):
        (self.gateway.folder / "tls.key").unlink()
        self.ends(4, "tls.key")

    def test_a_key_that_is_for_another_certificate(self):
        (self.gateway.folder / "tls.key").write_bytes(Path(self.stage.authority.server("another.example")[1]).read_bytes())
        self.ends(4, "m365", "does not belong")

    def test_a_key_that_is_no_key(self):
        (self.gateway.folder / "tls.key").write_text("nothing of the kind\n")
        self.ends(4, "m365", "key")

    def test_a_key_encryption_key_that_is_too_short(self):
        (self.gateway.folder / "kek").write_text("abcd\n")
        self.ends(4, "spool.kek")

    def test_a_port_in_use(self):
        port = self.gateway.ports["m365"]
        with socket.create_server(("127.0.0.1", port)):
            self.ends(6, str(port))

    def test_a_spool_that_is_sealed_with_another_key(self):
        self.gateway.start()
        self.assertEqual(self.gateway.stop(), 0)
        (self.gateway.folder / "kek").write_text("00" * 32 + "\n")
        for _ in range(8):
            self.ends(5)

    def test_a_spool_that_is_in_use(self):
        self.gateway.start()
        first, self.gateway.process = self.gateway.process, None
        try:
            self.gateway.ports["m365"] = free_port()
            self.gateway.write_configuration()
            for _ in range(8):  # the port is open already when the spool fails: connections must not trip the way out
                self.ends(5, "in use")
        finally:
            first.terminate()
            self.assertEqual(first.wait(30), 0)
