"""Haraka 3.3 from npm; a node process of its own, without a private root.

    Haraka(folder, "127.0.0.41", port, sending(gateway), certificate=gateway.client, authority=…)
    Haraka(folder, "127.0.0.32", port, receiving("real.example"), certificate=…, hostname="mx.real.example")
"""
import json
import os
import shutil
from pathlib import Path

from certs import openssl
from peer import Peer, Program
from unpack import npm_install

VERSION = "3.3.4"
NODE = shutil.which("node") or "node"
# Its default of 992 breaks longer lines in two, and the signatures over them.
LONGEST_LINE = 100_000


def receiving(domain):
    return {"mailboxes": [f"bob@{domain}"]}


def sending(gateway):
    return {"gateway": {"exchange": "127.0.0.1", "port": gateway.ports["m365"], "from_dns": "gw.clinic.example", "priority": 0}}


class Haraka(Peer):
    def __init__(self, folder, address, port, settings, certificate, authority=None, hostname="mail.clinic.example"):
        modules = npm_install("Haraka", VERSION) / "node_modules"
        folder = Path(folder)
        self.make_maildir(folder)
        self.root = Program(folder)
        shutil.copytree(modules / "Haraka/config", folder / "config")   # it needs all of its connection.ini, and the text of a bounce
        self._configure(folder, address, port, settings, certificate, hostname)
        environment = {**os.environ, **({"NODE_EXTRA_CA_CERTS": str(authority)} if authority else {})}
        self.begin([NODE, modules / "Haraka/bin/haraka", "-c", folder], address, port, env=environment)

    def _configure(self, folder, address, port, settings, certificate, hostname):
        config, plugins = folder / "config", folder / "plugins"
        shutil.copytree(Path(__file__).with_name("haraka_plugins"), plugins)
        # RFC 7919's group; without the file it looks for a prime of its own, for half a minute.
        openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", "dhparams.pem", folder=config)
        (folder / "queue").mkdir()
        for source, name in zip(certificate, ("tls.pem", "tls.key")):
            shutil.copy(source, config / name)
        sends = "mailboxes" not in settings
        for name, text in {
            "smtp.ini": f"listen={address}:{port}\nnodes=0\n",
            "me": hostname + "\n",
            "plugins": "tls\npeer\n",
            "peer.json": json.dumps({**settings, "maildir": str(self.maildir)}),
            "log.ini": "[main]\nlevel=info\n",
            "connection.ini": (config / "connection.ini").read_text().replace("data_line_length=992", f"data_line_length={LONGEST_LINE}"),
            "outbound.ini": "local_mx_ok=true\n",
            "tls.ini": "key=tls.key\ncert=tls.pem\n[outbound]\nforce_tls_hosts[]=127.0.0.1\n" if sends else "key=tls.key\ncert=tls.pem\n",
        }.items():
            (config / name).write_text(text)
