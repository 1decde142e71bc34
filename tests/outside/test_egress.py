"""Who writes a domain's zone chooses where mail for it goes, and must not make the gateway knock on doors inside: addresses of MX hosts
that are neither public nor listed are not connected to. A relay is the administrator's word and may be anywhere.

The gateway lists the network of the stage's own servers; the trap is beside it."""
import unittest

from gateway import TENANTS, wait_until
from scene import ANN, letter
from sender import queue_id
from sink import Sink
from stage import temporary_stage

LISTED, TRAP = "127.0.0.0/24", "127.0.9.9"
WHY = f"mx.trap.example: its address {TRAP} is not public, and discovery.egress does not list it"


class Egress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = stage = temporary_stage(cls.addClassCleanup)
        cls.good = stage.open("good.example")
        cls.trap = Sink(TRAP, stage.port)
        cls.addClassCleanup(cls.trap.close)
        good = stage.zone["mx.good.example"]["A"][0]
        stage.zone |= {"trap.example": {"MX": [(10, "mx.trap.example")]}, "mx.trap.example": {"A": [TRAP]},
                       "first.example": {"MX": [(10, "mx.trap.example"), (20, "mx.good.example")]},
                       "both.example": {"MX": [(10, "mx.both.example")]}, "mx.both.example": {"A": [TRAP, good]},
                       "itself.example": {"A": [TRAP]}}
        cls.gateway = stage.gateway(start=False)
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.run_with([LISTED])

    def run_with(self, listed, tenants=TENANTS):
        self.gateway.stop()
        self.gateway.discovery["egress"], self.gateway.tenants = listed, tenants
        self.gateway.write_configuration()
        self.gateway.start()
        self.before = self.trap.connections

    def send(self, to):
        with self.gateway.sender() as exchange:
            reply = exchange.send(ANN, [to], letter())[-1]
        self.assertEqual(reply.code, 250, reply.text)
        return queue_id(reply)

    def ends(self, number, event):
        (found,) = self.gateway.wait_for(event=event, queue_id=number) or self.fail(self.gateway.events(queue_id=number))
        return found

    def test_mail_to_a_domain_that_names_only_addresses_inside_is_returned_and_nobody_knocks(self):
        sent = {to: self.send(to) for to in ("bob@trap.example", "bob@itself.example", f"bob@[{TRAP}]")}
        bounced = {to: self.ends(number, "bounced") for to, number in sent.items()}
        for event in bounced.values():
            self.assertEqual(event["status"], "5.4.4")
            self.assertIn(f"its address {TRAP} is not public, and discovery.egress does not list it", event["reason"])
        evidence = bounced["bob@trap.example"]["evidence"]
        self.assertIn(f"discovery.egress: does not list {TRAP} of mx.trap.example, which is not public (configuration)", evidence)
        self.assertTrue(any(line.startswith(f"A mx.trap.example: {TRAP} ") for line in evidence), evidence)
        self.assertTrue(wait_until(lambda: any(WHY.encode() in notice for notice in map(unfolded, self.stage.notices()))))
        self.assertEqual(self.trap.connections, self.before)

    def test_a_host_inside_is_passed_over_and_the_next_host_or_address_has_the_mail(self):
        for domain in ("first.example", "both.example"):
            event = self.ends(self.send("bob@" + domain), "delivered")
            self.assertIn(f"discovery.egress: does not list {TRAP}", "\n".join(event["evidence"]))
        self.assertEqual(self.trap.connections, self.before)

    def test_with_its_network_listed_the_same_mail_arrives(self):
        self.run_with([LISTED, "127.0.9.0/24"])
        for number in (self.send("bob@trap.example"), self.send("bob@itself.example")):
            self.assertTrue(self.ends(number, "delivered")["host_address"].startswith(TRAP + ":"))
        self.assertGreater(self.trap.connections, self.before)

    def test_a_relay_that_the_administrator_names_may_be_anywhere(self):
        self.run_with(["10.0.0.0/8"], TENANTS.replace('{ via = "mx" }', f'{{ via = "smarthost", host = "{TRAP}", port = {self.stage.port} }}'))
        self.assertTrue(self.ends(self.send("bob@good.example"), "delivered")["host_address"].startswith(TRAP + ":"))

    def test_probe_and_explain_say_so_and_do_not_knock_either(self):
        probed = self.gateway.run("probe", "trap.example")
        self.assertIn("No mail goes there: " + WHY, probed.stdout)
        first = self.gateway.run("probe", "first.example", json_answer=True)
        self.assertEqual([(host["host"], host.get("failure", "")) for host in first["hosts"]],
                         [("mx.good.example", ""), ("mx.trap.example", WHY.split(": ")[1])])
        message = self.gateway.folder / "letter.eml"
        message.write_bytes(letter())
        told = self.gateway.run("explain", message, "--from", ANN, "--to", "bob@trap.example", "--look-up").stdout
        self.assertIn(f"known: discovery.egress: does not list {TRAP} of mx.trap.example", told)
        self.assertEqual(self.trap.connections, self.before)


def unfolded(notice):
    return b" ".join(notice.split())


if __name__ == "__main__":
    unittest.main()
