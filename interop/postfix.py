"""Postfix 3.7, run in a private root on a loopback address of its own.

    Postfix(folder, "127.0.0.31", port, sending(gateway), certificate=gateway.client)
    Postfix(folder, "127.0.0.32", port, receiving("real.example"), certificate=…)       # .mailbox() are the messages
"""
from peer import BOB, Peer

MAIN = {
    "compatibility_level": "3.6", "mail_owner": "postfix", "setgid_group": "postdrop", "queue_directory": "/var/spool/postfix",
    "command_directory": "/usr/sbin", "daemon_directory": "/usr/lib/postfix/sbin", "data_directory": "/var/lib/postfix",
    "meta_directory": "/etc/postfix", "shlib_directory": "/usr/lib/postfix", "sendmail_path": "/usr/sbin/sendmail",
    "newaliases_path": "/usr/bin/newaliases", "mailq_path": "/usr/bin/mailq", "html_directory": "no", "readme_directory": "no",
    "manpage_directory": "/usr/share/man", "maillog_file": "/dev/stdout", "mydestination": "", "mynetworks": "127.0.0.0/8",
    "inet_protocols": "ipv4", "smtpd_peername_lookup": "no", "smtp_host_lookup": "native", "disable_dns_lookups": "yes",
    "alias_maps": "", "smtputf8_enable": "no", "message_size_limit": "0", "mailbox_size_limit": "0", "virtual_mailbox_limit": "0",
    "smtp_line_length_limit": "0", "line_length_limit": "2048", "maximal_backoff_time": "5s", "minimal_backoff_time": "2s",
    "queue_run_delay": "2s", "smtpd_relay_restrictions": "permit_mynetworks, reject",
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
    return {"virtual_mailbox_domains": domain, "virtual_mailbox_base": "/home",
            "virtual_mailbox_maps": f"inline:{{bob@{domain}=bob/Maildir/}}", "virtual_uid_maps": f"static:{BOB}",
            "virtual_gid_maps": f"static:{BOB}", "virtual_transport": "virtual", "smtpd_tls_security_level": "may",
            "smtpd_tls_cert_file": "/etc/postfix/tls.pem", "smtpd_tls_key_file": "/etc/postfix/tls.key"}


def sending(gateway):
    return {"relayhost": f"[gw.clinic.example]:{gateway.ports['m365']}", "smtp_tls_security_level": "verify", "smtp_tls_loglevel": "1",
            "smtp_tls_CAfile": "/etc/postfix/ca.pem", "myorigin": "clinic.example",
            "smtp_tls_cert_file": "/etc/postfix/tls.pem", "smtp_tls_key_file": "/etc/postfix/tls.key"}


class Postfix(Peer):
    def __init__(self, folder, address, port, settings, certificate=None, authority=None, hostname="mail.clinic.example", disk_queue=None):
        binds = {disk_queue: "/var/spool/postfix"} if disk_queue else {}
        self.make_root("postfix", folder, users={"postfix": 901}, groups={"postdrop": 902}, binds=binds,
                       hosts={"gw.clinic.example": "127.0.0.1"})
        main = {**MAIN, "myhostname": hostname, "inet_interfaces": "127.0.0.1", "smtp_bind_address": "127.0.0.1", **settings}
        self.root.write("/etc/postfix/main.cf", "".join(f"{key} = {value}\n" for key, value in main.items()))
        self.root.write("/etc/postfix/master.cf", f"{address}:{port} inet n - n - - smtpd\n" + SERVICES)
        self.copy_certificates("/etc/postfix", certificate, authority)
        self.start("mkdir -p /var/spool/postfix /var/lib/postfix && chown 901 /var/lib/postfix && exec /usr/sbin/postfix start-fg",
                   address, port)
