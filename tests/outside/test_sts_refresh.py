"""An MTA-STS policy of a domain that was mailed lately is fetched again without mail (RFC 8461 §3.3): well before it expires, and with a
new policy found. A refresh that fails takes nothing away, and the log says so. Two days after the mail, and with days that last seconds."""
import unittest

from faked_time import faked_time
from gateway import wait_until
from scene import ANN, letter
from stage import temporary_stage
from web_host import WebHost, http

POLICY_HOST = "127.0.8.61"
FASTER = 60


def policy(mode):
    return http(f"version: STSv1\nmode: {mode}\nmx: mx.good.example\nmax_age: 604800\n")


class Refresh(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = stage = temporary_stage(cls.addClassCleanup)
        cls.good = stage.open("good.example")
        cls.announce("1")
        stage.zone["mta-sts.good.example"] = {"A": [POLICY_HOST]}
        cls.host = WebHost(POLICY_HOST, stage.authority.server("policies", names=["mta-sts.good.example"]), policy("testing"))
        cls.addClassCleanup(cls.host.close)
        cls.gateway = stage.gateway(start=False)
        cls.addClassCleanup(cls.gateway.stop)

    @classmethod
    def announce(cls, number):
        cls.stage.zone["_mta-sts.good.example"] = {"TXT": [f"v=STSv1; id={number};"]}

    def days_later(self, days):
        self.gateway.stop()
        later = faked_time(f"+{days}d x{FASTER}")
        self.gateway.wrapper = ["env", *(f"{key}={value}" for key, value in later.items())]
        self.gateway.start()

    def test_without_mail_and_in_time(self):
        self.gateway.start()
        with self.gateway.sender() as exchange:
            exchange.send(ANN, ["bob@good.example"], letter())
        self.assertTrue(self.good.wait(1))
        self.assertEqual(len(self.host.requests), 1)

        self.announce("2")
        self.host.say(policy("enforce"))
        self.days_later(2)
        self.assertTrue(wait_until(lambda: len(self.host.requests) == 2, 40), self.gateway.log_file.read_text()[-2000:])

        self.host.say(http("", "503 Busy"))
        self.days_later(4)
        self.assertTrue(wait_until(lambda: "MTA-STS of good.example: its policy, kept until" in self.gateway.log_file.read_text(), 40))
        self.gateway.stop()
        # With the policy host and the record gone, what the refresh brought is what counts.
        del self.stage.zone["_mta-sts.good.example"]
        self.host.say(http("", "404 Not Found"))
        told = self.gateway.run("probe", "good.example", json_answer=True)["mta_sts"]
        self.assertEqual((told["state"], told["id"], told["mode"]), ("known", "2", "enforce"))
        self.assertEqual(len(self.good.messages), 1)


if __name__ == "__main__":
    unittest.main()
