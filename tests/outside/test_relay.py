"""What comes in goes out: the same octets below one trace header, to real sockets, by DATA and by BDAT."""
from scene import ANN, Scene, below_trace, letter

HEAD = b"From: Ann <ann@clinic.example>\r\nTo: <bob@good.example>\r\nSubject: bytes\r\nMIME-Version: 1.0\r\n"
BODIES = {
    "plain": HEAD + b"\r\nHello\r\n",
    "eight-bit": HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe \xff\xfe\r\n",
    "long line": HEAD + b"\r\n" + b"x" * 60_000 + b"\r\nend\r\n",
    "dots": HEAD + b"\r\n.\r\n..\r\n.dot\r\n...\r\n\r\n.\r\n",
    "empty lines": HEAD + b"\r\n\r\n\r\n\r\nx\r\n\r\n\r\n",
    "no body": HEAD + b"\r\n",
    "odd header": b"DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=abc\r\n def\r\nX-Odd:   kept   \r\n" + HEAD + b"\r\nsigned\r\n",
    "all octets": HEAD + b"\r\n" + bytes(octet for octet in range(1, 256) if octet not in (10, 13)) + b"\r\n",
    "two chunks": HEAD + b"\r\n" + b"0123456789abcde\r\n" * 40_000,
}


class Relay(Scene):
    def relayed(self, body, **how):
        before = len(self.good.messages)
        reply = self.exchange(body, **how)[-1]
        self.assertEqual(reply.code, 250, reply.text)
        return below_trace(self.arrives(self.good, before).body)

    def test_by_data_every_octet_is_the_same(self):
        for name, body in BODIES.items():
            with self.subTest(name):
                self.assertEqual(self.relayed(body), body)

    def test_by_bdat_every_octet_is_the_same(self):
        for name, body in BODIES.items():
            with self.subTest(name):
                self.assertEqual(self.relayed(body, chunks=[1, 7, 4096]), body)

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
