"""Networks of an SPF record: the gateway looks them up itself, follows them, and keeps the last good ones whatever the resolver says."""
import unittest

from gateway import wait_until
from scene import ANN, Refusals, letter
from stage import temporary_stage

TENANTS = """
[tenant.clinic]
domains = ["clinic.example"]
bind    = { networks = ["spf:spf.example"], certificate = ["mail.clinic.example"] }
"""


class Published(Refusals):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.stage.open("good.example")
        self.gateway = self.stage.gateway(start=False, tenants=TENANTS)
        self.gateway.networks_floor = "1s"
        self.gateway.write_configuration()
        self.addCleanup(self.gateway.stop)

    def publish(self, *networks, name="spf.example", rest="-all"):
        self.stage.zone[name] = {"TXT": ["MS=ms1", " ".join(["v=spf1", *(f"ip4:{one}" for one in networks), rest])], "TTL": 1}

    def code(self, source):
        with self.gateway.sender(source=(source, 0)) as exchange:
            return next((reply.code for reply in exchange.send(ANN, ["bob@good.example"], letter()) if reply.code >= 400), 250)

    def said(self, words, count=1):
        self.assertTrue(wait_until(lambda: self.gateway.log_file.read_text().count(words) >= count), words)

    def codes(self):
        return self.code("127.0.44.7"), self.code("127.0.55.7")

    def test_they_are_followed_and_outlive_the_resolver(self):
        self.publish("127.0.44.0/24", rest="include:more.example -all")
        self.publish("127.0.46.0/24", name="more.example")
        self.gateway.start()
        self.assertEqual(self.codes(), (250, 550))
        self.publish("127.0.46.0/24", "127.0.55.0/24", name="more.example")
        self.said("the networks of spf:spf.example have changed: 3 now")
        self.assertTrue(wait_until(lambda: self.codes() == (250, 250)))

        for number, bad in enumerate(({"TXT": ["v=spf1 -all"], "TTL": 1}, {"SERVFAIL": True}, None), 1):
            if bad is None:
                del self.stage.zone["more.example"]
            else:
                self.stage.zone["more.example"] = bad
            self.said("the networks of spf:spf.example stay as they are", count=number)
            self.assertEqual(self.codes(), (250, 250))
            self.publish("127.0.46.0/24", "127.0.55.0/24", name="more.example")
            asked = len(self.stage.dns.asked)
            self.assertTrue(wait_until(lambda: self.stage.dns.asked[asked:].count(("more.example", "TXT")) >= 2))  # well again

        done = self.gateway.run("check")
        self.assertRegex(done.stdout, r"networks: tenant clinic: spf:spf.example: 3 networks, as of 20")
        self.gateway.stop()
        self.stage.dns.close()
        self.gateway.start()
        self.assertEqual(self.codes(), (250, 250))
        self.assertEqual(self.code("127.0.66.7"), 550)

    def test_a_first_start_without_an_answer_is_none(self):
        self.stage.zone["spf.example"] = {"SERVFAIL": True}
        self.ends(8, "spf:spf.example", "SERVFAIL")
        done = self.gateway.run("check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("spf:spf.example: never looked up", done.stdout + done.stderr)

    def test_a_reload_looks_up_what_it_names_anew(self):
        self.publish("127.0.44.0/24")
        self.gateway.start()
        self.gateway.tenants = TENANTS.replace('"spf:spf.example"', '"spf:other.example"')
        self.gateway.write_configuration()
        done = self.gateway.run("reload")
        self.assertEqual(done.returncode, 3)
        self.assertIn("spf:other.example", done.stderr)
        self.assertEqual(self.codes(), (250, 550))
        self.publish("127.0.55.0/24", name="other.example")
        self.assertEqual(self.gateway.run("reload").returncode, 0)
        self.assertEqual(self.codes(), (550, 250))


if __name__ == "__main__":
    unittest.main()
