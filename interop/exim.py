"""Exim 4.96 (Debian's, with GnuTLS), run in a private root.

    Exim(folder, "127.0.0.41", port, sending(gateway), certificate=gateway.client, authority=…)
    Exim(folder, "127.0.0.32", port, receiving("real.example"), certificate=…, hostname="mx.real.example")
"""
from peer import Peer

COMMON = """\
primary_hostname = {hostname}
qualify_domain = clinic.example
local_interfaces = <; [{address}]:{port}
exim_user = Debian-exim
log_file_path = /home/exim-%slog
log_selector = +tls_certificate_verified +tls_peerdn +tls_cipher
tls_advertise_hosts = *
tls_certificate = /etc/exim4/tls.pem
tls_privatekey = /etc/exim4/tls.key
host_lookup =
rfc1413_hosts =
never_users =
keep_environment =
smtp_accept_queue_per_connection = 0
"""

RECEIVING = """\
accept_8bitmime
acl_smtp_rcpt = known
acl_smtp_data = anything
begin acl
known:
  accept domains = {domain}
         local_parts = bob
  deny message = Unrouteable address
anything:
  accept
begin routers
mailbox:
  driver = accept
  domains = {domain}
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = /home/bob/Maildir
  maildir_format
  user = bob
  delivery_date_add
  envelope_to_add
  return_path_add
"""

SENDING = """\
acl_smtp_rcpt = anything
acl_smtp_data = anything
begin acl
anything:
  accept
begin routers
gateway:
  driver = manualroute
  route_list = * gw.clinic.example byname
  transport = gateway
  self = send
begin transports
gateway:
  driver = smtp
  port = {port}
  hosts_require_tls = *
  tls_certificate = /etc/exim4/tls.pem
  tls_privatekey = /etc/exim4/tls.key
  tls_verify_certificates = /etc/exim4/ca.pem
  tls_verify_hosts = *
  tls_verify_cert_hostnames = *
  hosts_try_chunking = {chunking}
  message_linelength_limit = {longest}
begin retry
* * F,1m,1s
"""


def receiving(domain):
    return RECEIVING.format(domain=domain)


def sending(gateway, chunking="*", longest=100_000):
    return SENDING.format(port=gateway.ports["m365"], chunking=chunking, longest=longest)


class Exim(Peer):
    def __init__(self, folder, address, port, settings, certificate, authority=None, hostname="mail.clinic.example"):
        self.make_root("exim4-daemon-light", folder, users={"Debian-exim": 901}, hosts={"gw.clinic.example": "127.0.0.1"})
        self.root.write("/etc/exim4/exim4.conf", COMMON.format(hostname=hostname, address=address, port=port) + settings)
        self.copy_certificates("/etc/exim4", certificate, authority)
        self.start("chown 901:901 /home /etc/exim4/tls.key && mkdir -p /var/spool/exim4 /run/exim4 && "
                   "chown 901:901 /var/spool/exim4 /run/exim4 && exec /usr/sbin/exim4 -bdf -q1s", address, port)

    def said(self):
        logs = sorted(self.home.glob("exim-*log"))
        return super().said() + "".join(log.read_text(errors="replace") for log in logs)
