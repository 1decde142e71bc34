"""More messages at the same time than the inspector's queue holds (1,000): they are judged late, and late is not never."""
import concurrent.futures
import os
import signal
import unittest

from crowd import FULL, Abused, address_of
from gateway import wait_until
from scene import ANN, BOB
from test_worker import children_of, with_attachment


@unittest.skipUnless(FULL, "half a minute: POSTERN_FULL=1; tests/gateway/take_in_test.cpp has the same in small")
class Overload(Abused):
    settings = '[inspect]\nbudget = "1s"\ntimeout = "8s"\n'
    count = 1_100

    def ready_to_send(self, number):
        sender = self.gateway.sender("m365", source=(address_of(number), 0))
        self.addCleanup(sender.wire.socket.close)
        sender.envelope(ANN, [BOB])
        sender.command(b"DATA")
        return sender

    def setUp(self):
        self.gateway.in_flight = "1GiB"  # 512 KiB for each message that arrives
        super().setUp()

    def test_late_verdicts_go_on_after_the_queue_was_full(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            senders = list(pool.map(self.ready_to_send, range(self.count)))
        (worker,) = children_of(self.gateway.process.pid)
        os.kill(worker, signal.SIGSTOP)  # nothing is read for as long as timeout says; then another takes its place
        before = len(self.good.messages)
        for sender in senders:
            sender.wire.send(with_attachment() + b".\r\n")
        codes = [sender.read().code for sender in senders]
        kept = codes.count(250)
        self.assertGreater(kept, self.count // 2, {code: codes.count(code) for code in set(codes)})
        wait_until(lambda: self.status("unjudged") == 0, timeout=60, pause=0.5)
        log = self.gateway.log_file.read_text()
        self.assertEqual(self.status("unjudged"), 0, "messages that were kept are not judged any more\n" + log[-2000:])
        self.assertTrue(self.good.wait(before + kept, timeout=30))


if __name__ == "__main__":
    unittest.main()
