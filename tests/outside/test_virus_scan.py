"""Mail is scanned for viruses before it is kept: what recipients write in the portal, and the tenants' own where that is wanted. What the
scanner finds is held, and so is what it could not read. Real clamd: interop/test_clamav.py."""
import unittest

from clamd import VIRUS, FakeClamd, has_virus
from portal_scene import words_of
from scene import ANN, letter
from test_portal_replies import Conversations


class VirusScan(Conversations):
    more = ""

    def setUp(self):
        super().setUp()
        socket, of_portal = self.stage.folder / "clamd.ctl", self.portal.settings()
        self.clamd = FakeClamd(socket)
        self.addCleanup(self.clamd.close)
        self.portal.settings = lambda: f'{of_portal}\n[virus]\nsocket = "{socket}"\n{self.more}'

    def write(self, visitor, text):
        """A reply, as its writer sees it: sent."""
        self.assertIn("Your reply has been sent", visitor.upload(visitor.get("/read/reply").form("/reply"), text=text).text)

    def held(self):
        return self.gateway.wait_for(event="held")[0]


class Replies(VirusScan):
    more = 'timeout = "2s"\n'

    def test_a_reply_with_a_virus_is_held_and_a_clean_one_arrives(self):
        self.begin()
        visitor, _ = self.opened("bob@lab.example")
        self.write(visitor, "take this " + VIRUS.decode())
        held = self.held()
        self.assertEqual((held["listener"], held["recipient"]), ("portal-reply", ANN))
        self.assertIn("virus", held["rules"])
        self.assertEqual(self.home.messages, [])
        self.write(visitor, "A-WORD-OF-THE-PATIENT")
        self.assertTrue(self.home.wait(1))
        self.assertEqual(words_of(self.home.messages[0]).strip(), "A-WORD-OF-THE-PATIENT")
        # The tenant's own mail, which went before it, nobody asked about.
        self.assertEqual([has_virus(one) for one in self.clamd.scanned], [True, False])

    def test_what_could_not_be_scanned_is_held_whatever_the_reason(self):
        self.begin()
        visitor, _ = self.opened("bob@lab.example")
        for how in ("silent", "hangs up", "limit"):
            self.clamd.how = how
            before = len(self.gateway.events(event="held"))
            self.write(visitor, "A-WORD-OF-THE-PATIENT")
            self.assertIn("not-scanned", self.gateway.wait_for(event="held", count=before + 1)[before]["rules"])
        self.assertEqual(self.home.messages, [])


class AllMail(VirusScan):
    more = 'scan = "all"\n'

    def test_the_tenants_mail_is_scanned_as_it_came(self):
        self.begin()
        with self.gateway.sender() as exchange:
            for text in (VIRUS + b"\r\n", b"x" * 70 + b"\r\n"):
                self.assertEqual(exchange.send(ANN, ["bob@lab.example"], letter(text * 5_000, subject=b"[secure] x"))[-1].code, 250)
        self.assertTrue(self.lab.wait(1))
        self.assertIn("virus", self.held()["rules"])
        self.assertEqual(self.clamd.scanned[1].count(b"x" * 70 + b"\r\n"), 5_000)
        self.assertEqual(len(self.lab.messages), 1)


if __name__ == "__main__":
    unittest.main()
