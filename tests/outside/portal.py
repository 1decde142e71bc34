"""A postern-portal of one's own, and a browser without a screen.

    with Portal(folder, authority) as portal:             # deposits at portal.socket, pages at portal.url
        visitor = portal.visitor()
        page = visitor.get("/m/…")                        # .status, .text, .headers; cookies are kept
        page = visitor.press(page.form("/code"))          # the form whose action ends like that, with what it hides
        visitor.press(page.form("/open"), code="123456")
    visitor.upload(visitor.get("/read/reply").form("/reply"), text="Thanks", files=[("file", "a.pdf", b"…")])
"""
import dataclasses
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

from gateway import build_folder, wait_until
from ports import free_port

HOST = "secure.clinic.example"


class Forms(HTMLParser):
    """Those of a page: (action, {hidden name: value})."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.found.append((given["action"], {}))
        elif tag == "input" and given.get("type") == "hidden" and self.found:
            self.found[-1][1][given["name"]] = given["value"]


@dataclasses.dataclass
class Page:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8")

    def form(self, ends):
        action, hidden = next(one for one in Forms(self.text).found if one[0].endswith(ends))
        return action, hidden


class Visitor:
    """`source`: the address that it comes from; one that asks often is slowed down. `before` goes out first of all: a load balancer's header."""

    def __init__(self, portal, source="127.0.0.1", before=b""):
        self.portal, self.source, self.before, self.cookie = portal, source, before, None

    def ask(self, method, path, body=None, headers=None):
        raw = socket.create_connection(("127.0.0.1", self.portal.port), timeout=20, source_address=(self.source, 0))
        raw.sendall(self.before)
        connection = http.client.HTTPConnection(HOST)
        connection.sock = self.portal.context.wrap_socket(raw, server_hostname=HOST)
        headers = dict(headers or {})
        if self.cookie:
            headers["Cookie"] = self.cookie
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = Page(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()
        if "Set-Cookie" in page.headers:
            self.cookie = page.headers["Set-Cookie"].split(";")[0]
        if page.status == 303:
            return self.ask("GET", page.headers["Location"])
        return page

    def get(self, path):
        return self.ask("GET", path)

    def press(self, form, **typed):
        action, hidden = form
        return self.ask("POST", action, urllib.parse.urlencode(hidden | typed), {"Content-Type": "application/x-www-form-urlencoded"})

    def upload(self, form, files=(), **typed):
        """A form with files: `files` are (field, file name, octets)."""
        action, hidden = form
        body, kind = form_data([*(hidden | typed).items()], files)
        return self.ask("POST", action, body, {"Content-Type": kind})


def form_data(fields, files):
    """(multipart/form-data, its type) as a browser sends it: (name, value) and (name, file name, octets)."""
    boundary = "----WebKitFormBoundary" + os.urandom(8).hex()
    parts = [(f'name="{name}"', "", value.encode()) for name, value in fields]
    parts += [(f'name="{name}"; filename="{file}"', "Content-Type: application/octet-stream\r\n", octets) for name, file, octets in files]
    body = b"".join(f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n{more}\r\n".encode() + octets + b"\r\n" for what, more, octets in parts)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Portal:
    def __init__(self, folder, authority, start=True, extra="", store="sqlite:portal.db"):
        self.folder, self.authority, self.port = Path(folder), authority, free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket, self.state, self.log_file = self.folder / "deposit", self.folder / "state", self.folder / "portal.log"
        self.state.mkdir(exist_ok=True)
        self.url = f"https://{HOST}:{self.port}"
        self.process, self.environment = None, {}
        self.context = ssl.create_default_context(cafile=str(authority.certificate))
        certificate, key = authority.server(HOST)
        (self.folder / "tls.crt").write_bytes(Path(certificate).read_bytes())
        (self.folder / "tls.key").write_bytes(Path(key).read_bytes())
        (self.folder / "kek").write_text(os.urandom(32).hex() + "\n")
        self.configuration = self.folder / "portal.toml"
        self.configure(extra, store)
        if start:
            self.start()

    def configure(self, extra="", store="sqlite:portal.db", top=""):
        """`extra` follows the tenant, `top` is of the portal."""
        self.configuration.write_text(f"""\
version = 1
url     = "{self.url}"
state   = "{self.state}"
kek     = "file:kek"
store   = "{store}"
listen  = ["127.0.0.1:{self.port}"]
tls     = {{ certificate = "file:tls.crt", key = "file:tls.key" }}
deposit = {{ socket = "{self.socket}", user = "root" }}
{top}[tenant.clinic]
name = "Riverside Clinic"
help = "Call 555 0100"
{extra}""")

    def settings(self):
        """What posternd says of it."""
        return f'\n[portal]\nsocket = "{self.socket}"\nurl = "{self.url}"\n'

    def start(self):
        with open(self.log_file, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen([build_folder() / "postern-portal", "--config", self.configuration], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder, env=os.environ | self.environment)
        ready = wait_until(lambda: self.process.poll() is not None or b"info: ready:" in self.log_file.read_bytes()[begin:])
        if not ready or self.process.poll() is not None:
            raise AssertionError(f"postern-portal does not start ({self.process.poll()}): {self.log_file.read_text()}")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(30)
        return None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def visitor(self, source="127.0.0.1", before=b""):
        return Visitor(self, source, before)

    def path_in(self, text):
        """Of the link in a notice."""
        found = re.search(re.escape(self.url) + r"(/m/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+)", text)
        assert found, text
        return found[1]
