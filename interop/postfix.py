"""Postfix 3.7, run in a private root on a loopback address of its own.

    Postfix(folder, "127.0.0.31", port, {"relayhost": "[127.0.0.1]:2525", …})       # as a sender
    Postfix(folder, "127.0.0.32", port, receiving(certificate))                     # as a receiver; .mailbox() are the messages
"""
import socket
import time
from pathlib import Path

from private_root import PrivateRoot

MAIN = {
    "compatibility_level": "3.6", "mail_owner": "postfix", "setgid_group": "postdrop", "queue_directory": "/var/spool/postfix",
    "command_directory": "/usr/sbin", "daemon_directory": "/usr/lib/postfix/sbin", "data_directory": "/var/lib/postfix", "meta_directory": "/etc/postfix", "shlib_directory": "/usr/lib/postfix", "sendmail_path": "/usr/sbin/sendmail", "newaliases_path": "/usr/bin/newaliases", "mailq_path": "/usr/bin/mailq", "html_directory": "no", "readme_directory": "no", "manpage_directory": "/usr/share/man",
    "maillog_file": "/dev/stdout", "mydestination": "", "mynetworks": "127.0.0.0/8", "inet_protocols": "ipv4",
    "smtpd_peername_lookup": "no", "smtp_host_lookup": "native", "disable_dns_lookups": "yes", "alias_maps": "", "smtputf8_enable": "no", "message_size_limit": "0",
    "mailbox_size_limit": "0", "virtual_mailbox_limit": "0", "smtp_line_length_limit": "0", "line_length_limit": "2048",
    "maximal_backoff_time": "5s", "minimal_backoff_time": "2s", "queue_run_delay": "2s", "smtpd_relay_restrictions": "permit_mynetworks, reject",
}

SERVICES = """\
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
local     unix - n n - - local
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""


def receiving(domain):
    return {"virtual_mailbox_domains": domain, "virtual_mailbox_base": "/home", "virtual_mailbox_maps": "static:bob/",
            "virtual_uid_maps": "static:1001", "virtual_gid_maps": "static:1001", "virtual_transport": "virtual",
            "smtpd_tls_cert_file": "/etc/postfix/tls.pem", "smtpd_tls_key_file": "/etc/postfix/tls.key", "smtpd_tls_security_level": "may"}


class Postfix:
    def __init__(self, folder, address, port, settings, certificate=None, hostname="postfix.example", disk_queue=None):
        self.folder, self.address, self.port = Path(folder), address, port
        self.home = self.folder / "home"
        for part in ("cur", "new", "tmp"):
            (self.home / "bob" / part).mkdir(parents=True, exist_ok=True)
        self.root = PrivateRoot("postfix", folder, users={"postfix": 901, "bob": 1001}, groups={"postdrop": 902}, binds={self.home: "/home", **({disk_queue: "/var/spool/postfix"} if disk_queue else {})})
        main = {**MAIN, "myhostname": hostname, "inet_interfaces": "127.0.0.1", "smtp_bind_address": "127.0.0.1", **settings}
        self.root.write("/etc/postfix/main.cf", "".join(f"{key} = {value}\n" for key, value in main.items()))
        self.root.write("/etc/postfix/master.cf", f"{address}:{port} inet n - n - - smtpd\n" + SERVICES)
        if certificate:
            self.root.copy(certificate[0], "/etc/postfix/tls.pem")
            self.root.copy(certificate[1], "/etc/postfix/tls.key")
        self.root.start("mkdir -p /var/spool/postfix /var/lib/postfix && chown 901 /var/lib/postfix && chown -R 1001:1001 /home/bob && "
                        "chmod 644 /etc/postfix/*.cf && exec /usr/sbin/postfix start-fg")
        self._wait()

    def _wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                with socket.create_connection((self.address, self.port), timeout=2) as probe:
                    if probe.recv(100).startswith(b"220"):
                        return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError("Postfix does not greet: " + self.root.said()[-2000:])

    def mailbox(self):
        """Each message as Postfix keeps it: its own headers on top, LF for CRLF."""
        return [path.read_bytes() for path in sorted((self.home / "bob" / "new").iterdir())]

    def stop(self):
        self.root.stop()
