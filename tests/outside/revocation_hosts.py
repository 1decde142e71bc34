"""Who says whether a certificate was revoked: `openssl ocsp` as a responder, http.server with a CRL, and hosts that fail.

    registry = Registry(authority)                       # the authority's index of what it issued and revoked
    registry.issued(bob), registry.revoked(eve)
    Responder(registry, port)                            # on every address of loopback
    Listener(address, "hang" | "garbage")                # .port, .connections
"""
import http.server
import socket
import subprocess
import threading
from pathlib import Path

from accepting import Accepting
from gateway import wait_until
from mail_keys import run


class Registry:
    """index.txt as `openssl ca` keeps it."""

    def __init__(self, authority):
        self.authority, self.folder = authority, Path(authority.folder)
        self.index, self.crl = self.folder / "index.txt", self.folder / "ca.crl"
        self.index.write_text("")
        self.folder.joinpath("crlnumber").write_text("01\n")
        self.configuration = self.folder / "ca.cnf"
        self.configuration.write_text(f"[ca]\ndefault_ca = mail\n[mail]\ndatabase = {self.index}\ncrlnumber = {self.folder}/crlnumber\n"
                                      "default_md = sha256\ndefault_crl_days = 1\n")

    @staticmethod
    def _serial(person):
        return run("openssl", "x509", "-in", person.certificate, "-noout", "-serial").decode().strip().split("=")[1]

    def _line(self, state, person, when=""):
        serial = self._serial(person)  # in the subject too: openssl takes no two that are valid with the same one
        with open(self.index, "a") as index:
            index.write(f"{state}\t491231235959Z\t{when}\t{serial}\tunknown\t/CN={serial}\n")

    def issued(self, person):
        self._line("V", person)
        return person

    def revoked(self, person):
        self._line("R", person, "200101000000Z")
        return person

    def make_crl(self):
        run("openssl", "ca", "-gencrl", "-config", self.configuration, "-cert", self.authority.certificate, "-keyfile",
            self.authority.key, "-out", self.folder / "ca.crl.pem")
        run("openssl", "crl", "-in", self.folder / "ca.crl.pem", "-outform", "DER", "-out", self.crl)
        return self.crl


class Responder:
    """It knows what was in the index when it was started."""

    def __init__(self, registry, port):
        self.port = port
        authority = registry.authority
        log = registry.folder / f"ocsp-{self.port}.log"
        self.log = open(log, "ab")
        self._process = subprocess.Popen(
            ["openssl", "ocsp", "-index", registry.index, "-CA", authority.certificate, "-rsigner", authority.certificate, "-rkey",
             authority.key, "-port", str(self.port), "-nmin", "60"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        # No connection that says nothing: the next one would wait for it.
        if not wait_until(lambda: b"waiting for OCSP client" in log.read_bytes(), 10):
            raise TimeoutError("openssl ocsp does not listen")

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        self.log.close()


class CrlServer:
    """python's http.server, and the paths that it was asked for."""

    def __init__(self, address, crl):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append(self.path)
                body = Path(crl).read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "application/pkix-crl")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Listener:
    """Takes connections and says nothing ("hang"), or what is no answer ("garbage")."""

    def __init__(self, address, how):
        self.how, self.connections = how, 0
        self._ended = threading.Event()
        listening = socket.create_server((address, 0))
        self.port = listening.getsockname()[1]
        self._accepting = Accepting(listening, self._serve)

    def _serve(self, connection):
        self.connections += 1
        if self.how == "hang":
            self._ended.wait(60)
        else:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngarbage")
        connection.close()

    def close(self):
        self._ended.set()
        self._accepting.close()
