"""OpenSMTPD 6.8 (Debian's), run in a private root.

    OpenSmtpd(folder, "127.0.0.41", port, sending(gateway), authority=…)
    OpenSmtpd(folder, "127.0.0.32", port, receiving("real.example"), certificate=…, hostname="mx.real.example")
"""
from peer import Peer

RECEIVING = """\
pki peer cert "/etc/smtpd/tls.pem"
pki peer key "/etc/smtpd/tls.key"
listen on {address} port {port} tls pki peer
action mailbox maildir
match from any for domain "{domain}" action mailbox
"""
SENDING = """\
listen on {address} port {port}
action gateway relay host "smtp+tls://gw.clinic.example:{gateway}"
match from any for any action gateway
"""


def receiving(domain):
    return RECEIVING.replace("{domain}", domain)


def sending(gateway):
    return SENDING.replace("{gateway}", str(gateway.ports["m365"]))


class OpenSmtpd(Peer):
    def __init__(self, folder, address, port, settings, certificate=None, authority=None, hostname="mail.clinic.example"):
        self.make_root("opensmtpd", folder, users={"opensmtpd": 901, "opensmtpq": 902}, hosts={"gw.clinic.example": "127.0.0.1"})
        self.root.write("/etc/smtpd.conf", settings.format(address=address, port=port))
        self.root.write("/etc/mailname", hostname + "\n")
        self.root.write("/etc/resolv.conf", "lookup file\n")
        self.copy_certificates("/etc/smtpd", certificate)
        if authority:  # it trusts the system's authorities; there is no setting for others
            self.root.copy(authority, "/etc/ssl/certs/ca-certificates.crt")
        self.start("chmod -f 600 /etc/smtpd/tls.key; mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd && chmod 711 /var/spool/smtpd && "
                   "exec /usr/sbin/smtpd -d -T smtp", address, port)
