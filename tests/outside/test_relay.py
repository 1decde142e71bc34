"""What comes in goes out: the same octets below one trace field, to real sockets, by DATA and by BDAT."""
import random

from scene import ANN, Scene, below_trace, letter

HEAD = b"From: Ann <ann@clinic.example>\r\nTo: bob@good.example\r\nSubject: octets\r\n"


class Octets(Scene):
    def relayed(self, body, chunks=None, expected=None, listener="m365"):
        reply = self.exchange(body, chunks=chunks, listener=listener)[-1]
        self.assertEqual(reply.code, 250, reply.text)
        received, expected = below_trace(self.arrived_as(reply).body), body if expected is None else expected
        if received != expected:  # assertEqual would print 60,000 octets
            at = next((i for i, (a, b) in enumerate(zip(received, expected)) if a != b), "the end")
            self.fail(f"octets differ from {at} on; {len(received)} came of {len(expected)}")

    def both_ways(self, body):
        with self.subTest("DATA"):
            self.relayed(body)
        with self.subTest("BDAT"):
            self.relayed(body, chunks=[1, 2, 97, 4096])

    def test_eight_bit_octets(self):
        self.both_ways(HEAD + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + bytes(range(128, 256)) * 3 + b"\r\n")

    def test_every_octet_that_mail_may_hold(self):
        allowed = bytes(octet for octet in range(1, 256) if octet not in (10, 13))
        self.both_ways(HEAD + b"\r\n" + allowed + b"\r\n")

    def test_lines_up_to_sixty_thousand_octets(self):
        for length in (997, 998, 999, 1000, 2048, 16384, 60000):
            with self.subTest(length):
                self.both_ways(HEAD + b"\r\n" + b"x" * length + b"\r\nend\r\n")

    def test_leading_dots(self):
        self.both_ways(HEAD + b"\r\n.\r\n..\r\n...\r\n.a\r\n..b\r\n \r\n.. \r\n.\r\n")

    def test_empty_lines_and_blanks_at_line_ends(self):
        self.both_ways(HEAD + b"\r\n\r\n\r\na  \r\n\t\r\n\r\n\r\n")

    def test_headers_are_not_reformatted(self):
        self.both_ways(b"DKIM-Signature: v=1; a=rsa-sha256;c=simple/simple;  d=clinic.example;\r\n\ts=p1; h=from:to:subject ;\r\n"
                       b"   bh=AAAA=;b=BBBB\r\n\t CCCC==\r\nX-Odd   :  two  blanks \r\nSUBJECT: =?utf-8?q?=E2=82=AC?=\r\n"
                       b"From: Ann <ann@clinic.example>\r\nX-Empty:\r\n\r\nbody\r\n")

    def test_a_message_without_a_body(self):
        self.both_ways(HEAD)

    def test_a_message_larger_than_a_spool_chunk(self):
        lines = random.Random(3).randbytes(600_000).hex().encode()
        body = HEAD + b"\r\n" + b"".join(lines[i:i + 76] + b"\r\n" for i in range(0, len(lines), 76))
        with self.subTest("DATA"):
            self.relayed(body)
        for chunks in ([262144], [1, 262143, 1, 262144], [99991], [1_000_000_000]):
            with self.subTest(chunks=chunks):
                self.relayed(body, chunks=chunks)

    def test_bdat_with_arbitrary_octets_in_odd_chunks(self):
        seed = random.Random(11)
        for run in range(6):
            lines = [bytes(seed.choice(range(1, 256)) for _ in range(seed.randrange(0, 300))) for _ in range(40)]
            text = b"\r\n".join(line.replace(b"\r", b"").replace(b"\n", b".") for line in lines) + b"\r\n"
            with self.subTest(run):
                self.relayed(HEAD + b"\r\n" + text, chunks=[seed.randrange(1, 400) for _ in range(5)], listener="strict")

    def test_crlf_cut_by_a_chunk_border(self):
        body = HEAD + b"\r\n.\r\n"
        for size in range(1, 8):
            with self.subTest(size):
                self.relayed(body, chunks=[size])

    def test_a_last_line_without_its_end_gets_one(self):
        self.relayed(HEAD + b"\r\nno end", chunks=[5], expected=HEAD + b"\r\nno end\r\n")

    def test_a_bare_lf_in_bdat_becomes_crlf_where_the_listener_says_so(self):
        body = HEAD + b"\r\na\nb\n\nc\r\n.\nd\r\n"
        self.relayed(body, chunks=[3], expected=HEAD + b"\r\na\r\nb\r\n\r\nc\r\n.\r\nd\r\n")


class Messages(Scene):
    def test_the_client_of_two_hundred_messages_on_one_connection_gets_them_all(self):
        before = len(self.good.messages)
        with self.gateway.sender() as connection:
            for number in range(200):
                self.assertEqual(connection.send(ANN, ["bob@good.example"], letter(b"%d\r\n" % number))[-1].code, 250)
        self.assertTrue(self.good.wait(before + 200))
        texts = {below_trace(message.body).split(b"\r\n\r\n")[1] for message in self.good.messages[before:]}
        self.assertEqual(texts, {b"%d\r\n" % number for number in range(200)})

    def test_mixed_recipients_get_one_250_and_the_refused_one_a_notice(self):
        before = len(self.home.messages)
        body = letter(extra=b"X-Classification: internal-only\r\n")
        replies = self.exchange(body, to=("bob@good.example", "cat@clinic.example"))
        self.assertEqual(replies[-1].code, 250)
        self.assertTrue(self.home.wait(before + 2))
        bodies = [message.body for message in self.home.messages[before:]]
        self.assertEqual(sum(b"multipart/report" in one for one in bodies), 1)
        notice = next(one for one in bodies if b"multipart/report" in one)
        self.assertIn(b"Final-Recipient: rfc822; bob@good.example", notice)
        self.assertIn(b"Status: 5.7.1", notice)
        self.assertNotIn(b"Lunch", notice)
