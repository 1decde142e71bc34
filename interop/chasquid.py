"""chasquid 1.11 (Debian's, in Go), run in a private root.

    Chasquid(folder, "127.0.0.32", port, receiving("real.example"), certificate=…, hostname="mx.real.example")
    Chasquid(folder, "127.0.0.41", port, sending(), certificate=…, authority=…, resolver="127.1.2.3",
             outgoing_port=gateway.ports["m365"])

It knows no relay: it sends to the MX of the recipient's domain as DNS at `resolver`, port 53, says; to port 25, but for a flag made for
tests. And it sends for users who have logged in only: ann@clinic.example by LOGIN.
"""
import base64

from peer import Peer

PASSWORD = "correct horse"
LOGIN = b"AUTH PLAIN " + base64.b64encode(b"\0ann@clinic.example\0" + PASSWORD.encode())

CONFIGURATION = """\
hostname: "{hostname}"
{role}: "{address}:{port}"
mail_delivery_agent_bin: "/etc/chasquid/keep"
mail_log_path: "<stderr>"
"""

# The mail delivery agent: to standard input comes the message.
KEEP = """\
#!/bin/sh
umask 022
name=$(cat /proc/sys/kernel/random/uuid)
cat > /home/bob/Maildir/tmp/$name && mv /home/bob/Maildir/tmp/$name /home/bob/Maildir/new/$name
"""


def receiving(domain):
    return "smtp_address", f"bob@{domain}"


def sending():
    return "submission_address", "ann@clinic.example"


class Chasquid(Peer):
    def __init__(self, folder, address, port, settings, certificate, authority=None, hostname="mail.clinic.example", resolver="127.0.0.1",
                 outgoing_port=None):
        role, user = settings
        domain = user.partition("@")[2]
        self.make_root("chasquid", folder, users={"chasquid": 901})
        self.root.write("/etc/chasquid/chasquid.conf", CONFIGURATION.format(hostname=hostname, role=role, address=address, port=port))
        self.root.write("/etc/chasquid/keep", KEEP, mode=0o755)
        self.root.write(f"/etc/chasquid/domains/{domain}/aliases", "")
        self.root.write("/etc/resolv.conf", f"nameserver {resolver}\n")
        for source, name in zip(certificate, ("fullchain.pem", "privkey.pem")):
            self.root.copy(source, f"/etc/chasquid/certs/{hostname}/{name}")
        if authority:
            self.root.copy(authority, "/etc/ssl/certs/ca-certificates.crt")
        outgoing = f" --testing__outgoing_smtp_port={outgoing_port}" if outgoing_port else ""
        self.start(f"chasquid-util user-add {user} --password='{PASSWORD}' && mkdir -p /var/lib/chasquid && "
                   "chown -R 901:901 /etc/chasquid /var/lib/chasquid /home/bob && "
                   f"exec setpriv --reuid=901 --regid=901 --clear-groups /usr/bin/chasquid{outgoing}", address, port)
