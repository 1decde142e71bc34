"""No silent cleartext: protected mail is held where it cannot be protected. And what the administrator can do about it, or do wrong."""
from gateway import Ended
from scene import ANN, Scene, letter
from sender import queue_id


class Cleartext(Scene):
    def test_protected_mail_never_reaches_a_server_without_tls_and_the_sender_is_told(self):
        told = len(self.home.messages)
        reply = self.exchange(letter(subject=b"[secure] Results"), to=("eve@plain.example",))[-1]
        self.assertEqual(reply.code, 250)
        held = self.gateway.wait_for(queue_id=queue_id(reply), event="held")
        self.assertEqual(len(held), 1)
        self.assertEqual(held[0]["action"], "protect")
        self.assertTrue(self.home.wait(told + 1))
        self.assertIn(b"Action: delayed", self.home.messages[told].body)
        self.assertEqual(self.plain.messages, [])
        self.assertEqual(self.plain.mail_in_clear, [])

    def test_a_release_climbs_the_ladder_again_and_still_sends_nothing_in_the_clear(self):
        reply = self.exchange(letter(subject=b"[secure] Again"), to=("eve@plain.example",))[-1]
        identity = queue_id(reply)
        self.assertTrue(self.gateway.wait_for(queue_id=identity, event="held"))
        self.assertEqual(self.gateway.run("queue", "release", identity).returncode, 0)
        self.assertTrue(self.gateway.wait_for(queue_id=identity, event="released"))
        self.assertEqual(len(self.gateway.wait_for(queue_id=identity, event="held", count=2)), 2)
        self.assertEqual(self.plain.mail_in_clear, [])
        self.assertEqual(self.gateway.run("queue", "delete", identity).returncode, 0)
        self.assertEqual(self.gateway.run("queue", "show", identity).returncode, 1)


class Administrator(Scene):
    def test_another_kek_and_nothing_is_lost(self):
        self.stage.name("asleep.example")
        folder = self.stage.folder / "other-kek"
        gateway = self.stage.gateway(folder.name)
        with gateway.sender() as connection:
            self.assertEqual(connection.send(ANN, ["x@asleep.example"], letter())[-1].code, 250)
        gateway.stop()
        right = (folder / "kek").read_text()
        (folder / "kek").write_text("ab" * 32)
        with self.assertRaises(Ended) as ended:
            gateway.start()
        self.assertEqual(ended.exception.code, 5, ended.exception.said)
        (folder / "kek").write_text(right)
        gateway.start()
        self.assertEqual([message["sender"] for message in gateway.queue()], [ANN])
        gateway.stop()

    def test_a_reload_of_a_wrong_policy_keeps_the_running_one_and_says_why(self):
        path = self.gateway.folder / "policy.d/demo.toml"
        right = path.read_text()
        before = self.gateway.run("status", json_answer=True)["policy"]
        path.write_text(right.replace("trigger = true", "triger = true"))
        try:
            told = self.gateway.run("reload")
            self.assertEqual(told.returncode, 3)
            self.assertIn("did you mean 'trigger'", told.stderr)
            self.assertEqual(self.gateway.run("status", json_answer=True)["policy"], before)
        finally:
            path.write_text(right)
        self.assertEqual(self.gateway.run("reload").returncode, 0)

    def test_with_the_daemon_down_the_queue_can_be_looked_at(self):
        folder = self.stage.folder / "down"
        gateway = self.stage.gateway(folder.name)
        with gateway.sender() as connection:
            identity = queue_id(connection.send(ANN, ["eve@plain.example"], letter(subject=b"[secure] x"))[-1])
        gateway.stop()
        self.assertIn(identity, gateway.run("queue", "list").stdout)
        self.assertEqual(gateway.run("queue", "show", identity).returncode, 0)
        self.assertEqual(gateway.run("queue", "release", identity).returncode, 7)
