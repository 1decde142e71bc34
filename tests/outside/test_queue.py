"""What an operator does to the mail that waits: by id, by what it has in common; and what is told of it."""
import unittest

from gateway import wait_until
from scene import ANN, Scene, below_trace, letter


class Queue(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for domain in ("asleep.example", "away.example"):
            cls.stage.name(domain)
        cls.relay = cls.stage.open("relay.example")
        cls.clear = cls.stage.open("clear.example", certificate=None)

    def tearDown(self):
        for message in self.gateway.queue():
            self.command("delete", message["id"])

    def send(self, to, body=None, sender=ANN):
        with self.gateway.sender() as connection:
            reply = connection.send(sender, to, body or letter())[-1]
        self.assertEqual(reply.code, 250, reply.text)
        return reply.text.rsplit(" ", 1)[-1]

    def command(self, *arguments, code=0):
        """After what is being delivered at this moment, which is left alone."""
        def done():
            answer = self.gateway.run("queue", *arguments)
            return answer if "being delivered" not in answer.stdout and answer.returncode == code else None
        answer = wait_until(done, 20)
        self.assertIsNotNone(answer, self.gateway.run("queue", *arguments))
        return answer.stdout + answer.stderr

    def states(self, **wanted):
        filters = [word for key, value in wanted.items() for word in ("--" + key.replace("_", "-"), value)]
        listed = self.gateway.run("queue", "list", *filters, json_answer=True)["messages"]
        return {recipient["address"]: recipient["state"] for message in listed for recipient in message["recipients"]}

    def test_held_is_not_tried_and_released_goes_on(self):
        number = self.send(["bob@asleep.example"])
        self.command("hold", "--recipient", "asleep.example")
        self.assertEqual(self.states(state="held"), {"bob@asleep.example": "held"})
        tried = len(self.gateway.wait_for(event="deferred", queue_id=number))
        self.assertFalse(wait_until(lambda: len(self.gateway.events(event="deferred", queue_id=number)) > tried, 4))
        self.command("release", number)
        self.assertTrue(wait_until(lambda: len(self.gateway.events(event="deferred", queue_id=number)) > tried))
        held, = self.gateway.events(event="held", queue_id=number)
        self.assertEqual(held["reason"], "by uid 0")

    def test_only_what_fits_is_touched_and_shown(self):
        self.send(["bob@asleep.example", "eve@away.example"])
        self.send(["bob@away.example"], sender="eva@clinic.example")
        self.command("hold", "--recipient", "away.example", "--sender", ANN)
        self.assertEqual(self.states(), {"bob@asleep.example": "queued", "eve@away.example": "held", "bob@away.example": "queued"})
        self.assertEqual(set(self.states(sender="eva@clinic.example")), {"bob@away.example"})
        self.assertEqual(self.states(older_than="1h"), {})
        self.assertEqual(len(self.states(tenant="clinic", destination="away.example")), 3)  # whole messages
        self.assertIn("which messages?", self.command("hold", code=1))
        self.assertIn("expected a time", self.command("list", "--older-than", "soon", code=2))

    def test_a_list_says_how_much_it_leaves_out(self):
        ids = [self.send(["bob@asleep.example"]) for _ in range(5)]
        first = self.gateway.run("queue", "list", "--limit", "2").stdout
        self.assertTrue(first.endswith(f"and 3 more: --after {ids[1]}\n"), first)
        rest = self.gateway.run("queue", "list", "--after", ids[1], json_answer=True)
        self.assertEqual(([message["id"] for message in rest["messages"]], rest["more"]), (ids[2:], 0))
        self.gateway.stop()
        try:
            self.assertEqual(self.gateway.run("queue", "list", "--limit", "2").stdout, first)  # from the files
        finally:
            self.gateway.start()

    def test_a_reroute_goes_where_it_is_told_and_is_on_record(self):
        number = self.send(["bob@asleep.example"], letter(b"another way\r\n"))
        self.command("reroute", number, "--to", f"mx.relay.example:{self.port}")
        self.assertTrue(self.relay.wait(1))
        self.assertEqual(below_trace(self.relay.messages[0].body), letter(b"another way\r\n"))
        event, = self.gateway.wait_for(event="rerouted", queue_id=number)
        self.assertEqual(event["reason"], f"by uid 0, to mx.relay.example:{self.port}")
        self.assertEqual(event["recipient"], "bob@asleep.example")

    def test_protected_mail_is_not_sent_by_a_relay_that_need_not_protect_it(self):
        for server in ("relay", "clear"):
            self.send(["bob@away.example"], letter(subject=b"[secure] x"))
            before = len(self.relay.messages), len(self.clear.mail_in_clear)
            self.assertIn("protected mail takes a relay only", self.command(
                "reroute", "--recipient", "away.example", "--to", f"mx.{server}.example:{self.port}", code=1))
            self.assertFalse(wait_until(lambda: (len(self.relay.messages), len(self.clear.mail_in_clear)) != before, 3))
            self.tearDown()


if __name__ == "__main__":
    unittest.main()
