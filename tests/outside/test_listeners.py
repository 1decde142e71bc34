"""Where mail comes in: TLS before the greeting, load balancers, IPv6, sockets of the service manager, new certificates without a restart."""
import socket
import ssl
import unittest
from pathlib import Path

from gateway import Ended
from scene import ANN, BOB, letter
from sender import Sender
from stage import temporary_stage
from wire import PROXY_SIGNATURE, Closed, proxy_header

class Listeners(unittest.TestCase):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.good = self.stage.open("good.example")
        self.gateway = self.stage.gateway(start=False)
        self.port = self.gateway.ports["m365"]

    def start(self, networks=None, **settings):
        self.gateway.listener = {"m365": settings}
        self.gateway.write_configuration()
        if networks:
            text = self.gateway.configuration.read_text().replace('networks = ["127.0.0.0/8"]', f"networks = {networks}")
            self.gateway.configuration.write_text(text)
        self.gateway.start(until=self.gateway.ready)
        self.addCleanup(self.gateway.stop)

    def sender(self, host="127.0.0.1", **options):
        return Sender(host, self.port, authority=self.stage.authority.certificate, certificate=self.gateway.client, **options)

    def relays(self, connection):
        with connection:
            self.assertEqual(connection.send(ANN, [BOB], letter())[-1].code, 250)
        self.assertTrue(self.good.wait(1))

    def test_tls_before_the_greeting(self):
        self.start(starttls='"implicit"')
        connection = self.sender(implicit_tls=True)
        self.assertNotIn("STARTTLS", connection.hello.lines)
        self.relays(connection)

    def test_the_balancers_word_decides_who_connects(self):
        self.start(networks='["192.0.2.0/24"]', proxy='["127.0.0.1"]')
        self.relays(self.sender(before=proxy_header("192.0.2.7")))
        accepted, = self.gateway.wait_for(event="accepted")
        self.assertEqual(accepted["client"], "192.0.2.7:40000")
        with self.sender(before=proxy_header("198.51.100.7")) as stranger:
            self.assertEqual(stranger.send(ANN, [BOB], letter())[0].code, 550)

    def test_a_balancer_without_its_header_is_hung_up_on(self):
        self.start(proxy='["127.0.0.1"]')
        for first in (b"EHLO mail.clinic.example\r\n", PROXY_SIGNATURE[:-1] + b"\rxxxx", proxy_header("192.0.2.7")[:20]):
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                connection.sendall(first)
                self.assertEqual(self.last_words(connection), b"")
        self.assertIn("was hung up on", self.gateway.log_file.read_text())

    @staticmethod
    def last_words(connection):
        try:
            connection.shutdown(socket.SHUT_WR)  # of a header that is cut short no more will come
            return connection.recv(100)
        except OSError:
            return b""  # it was quicker

    def test_a_header_from_elsewhere_is_no_header(self):
        self.start(proxy='["192.0.2.1"]')
        with self.assertRaises((Closed, ConnectionError)):
            connection = self.sender(before=proxy_header("127.0.0.1"))
            connection.send(ANN, [BOB], letter())
        self.assertEqual(self.gateway.events(event="accepted"), [])

    def test_ipv6(self):
        if not has_ipv6():
            self.skipTest("no IPv6 here")
        self.start(networks='["::1"]', address=f'["[::1]:{self.port}"]')
        self.relays(self.sender("::1"))
        accepted, = self.gateway.wait_for(event="accepted")
        self.assertTrue(accepted["client"].startswith("[::1]:"))

    def test_a_socket_of_the_service_manager(self):
        with socket.create_server(("127.0.0.1", self.port)) as held:
            self.hand_down(held, "smtp")
            self.start(address='["systemd:smtp"]')
            self.relays(self.sender())

    def test_a_socket_that_the_service_manager_does_not_have(self):
        with socket.create_server(("127.0.0.1", self.port)) as held:
            self.hand_down(held, "other")
            with self.assertRaises(Ended) as caught:
                self.start(address='["systemd:smtp"]')
        self.assertEqual(caught.exception.code, 6)
        self.assertIn("'smtp'", caught.exception.said)

    def hand_down(self, held, name):
        """As sd_listen_fds(3) has it: descriptor 3, and the process id of whoever it is for."""
        script = f'exec 3<&{held.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES={name}; exec "$@"'
        self.gateway.wrapper, self.gateway.pass_fds = ["bash", "-c", script, "bash"], (held.fileno(),)

    def test_a_new_certificate_without_a_restart(self):
        self.start(starttls='"implicit"')
        old = self.certificate()
        open_before = self.sender(implicit_tls=True)

        (self.gateway.folder / "tls.key").write_text("nothing of the kind\n")
        refused = self.gateway.run("reload")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("m365", refused.stdout + refused.stderr)
        self.assertEqual(self.certificate(), old)

        certificate, key = self.stage.authority.server("new.clinic.example")
        (self.gateway.folder / "tls.crt").write_bytes(Path(certificate).read_bytes())
        (self.gateway.folder / "tls.key").write_bytes(Path(key).read_bytes())
        self.assertEqual(self.gateway.run("reload").returncode, 0)
        self.assertEqual(self.certificate(), ssl.PEM_cert_to_DER_cert(Path(certificate).read_text()))
        self.relays(open_before)  # and whoever was connected goes on

    def certificate(self):
        context = ssl.create_default_context(cafile=str(self.stage.authority.certificate))
        context.check_hostname = False
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw, context.wrap_socket(raw) as inside:
            return inside.getpeercert(binary_form=True)


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
