"""An HTTPS server at port 443 of a loopback address (needs root), with one answer for every question.

    host = WebHost("127.0.8.1", (certificate, key), http("policy"))
    host.requests; host.say(http("", "404 Not Found")); host.close()
"""
import socket
import ssl
import time

from accepting import Accepting


def http(body, status="200 OK", media_type="text/plain"):
    body = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


class WebHost:
    def __init__(self, address, certificate, reply, drips=False):
        """`drips`: an octet a second."""
        self.address, self.reply, self.drips = address, reply, drips
        self.requests = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*map(str, certificate))
        self._accepting = Accepting(socket.create_server((address, 443)), self._serve)

    def say(self, reply):
        self.reply = reply

    def close(self):
        self._accepting.close()

    def _serve(self, plain):
        plain.settimeout(60)
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                request = b""
                while b"\r\n\r\n" not in request and (octets := connection.recv(4096)):
                    request += octets
                self.requests.append(request)
                if not self.drips:
                    connection.sendall(self.reply)
                    return
                for octet in self.reply:
                    connection.sendall(bytes([octet]))
                    time.sleep(1)
        except OSError:
            pass  # who asked has left
