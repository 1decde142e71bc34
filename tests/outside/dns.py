"""A small authoritative DNS responder on UDP and TCP, fed from a dict. It knows MX, A, TXT, SMIMEA and OPENPGPKEY.

    zone = {"lab.example": {"MX": [(10, "mx1.lab.example")]},
            "mx1.lab.example": {"A": ["127.0.0.11"]},
            "nomail.example": {"MX": [(0, ".")]},          # null MX, RFC 7505
            "_smtp._tls.lab.example": {"TXT": ["v=TLSRPTv1; rua=mailto:tls@lab.example"]},
            "spf.example": {"TXT": ["v=spf1 -all"], "TTL": 1}}
    with Dns(zone) as dns: ... dns.address ...             # "127.0.0.1:40053"

A name that is not in the dict is NXDOMAIN; one that has other types only is an empty answer; "SERVFAIL": True fails;
"SILENT": True never gets an answer; "AD": True says that DNSSEC proves it, as a validating resolver would.
"""
import socket
import struct
import threading

from accepting import Accepting, end

TYPES = {"A": 1, "MX": 15, "TXT": 16, "SMIMEA": 53, "OPENPGPKEY": 61}
NAMES = {number: name for name, number in TYPES.items()}


def encode_name(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in labels) + b"\0"


def decode_question(packet):
    """(name, type, end of the question)"""
    position, labels = 12, []
    while packet[position]:
        length = packet[position]
        labels.append(packet[position + 1:position + 1 + length].decode("ascii"))
        position += 1 + length
    kind, _ = struct.unpack_from("!HH", packet, position + 1)
    return ".".join(labels).lower(), kind, position + 5


def encode_data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "TXT":
        octets = value.encode("ascii")
        return b"".join(bytes([len(part)]) + part for part in (octets[i:i + 255] for i in range(0, len(octets), 255)))
    if kind in ("SMIMEA", "OPENPGPKEY"):
        return value  # the octets of the record
    preference, host = value
    return struct.pack("!H", preference) + encode_name(host)


def bind_both(host, port):
    """A UDP and a TCP socket on one port; where it may be any, the one that UDP was given can be taken for TCP: then another."""
    tries = 20 if port == 0 else 1
    for left in reversed(range(tries)):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((host, port))
        try:
            return udp, socket.create_server(udp.getsockname())
        except OSError:
            udp.close()
            if left == 0:
                raise


class Dns:
    def __init__(self, zone, host="127.0.0.1", port=0):
        self.zone = zone
        self.asked = []  # (name, type) in the order of arrival
        self.authenticated = False  # AD: what a validating resolver says of a signed zone
        self.negative_ttl = 0       # s that "no such name" may be kept (RFC 2308); 0: it has no SOA record, and may not
        self._udp, tcp = bind_both(host, port)
        self.address = "%s:%d" % self._udp.getsockname()
        self._ended = False
        threading.Thread(target=self._serve_udp, daemon=True).start()
        self._tcp = Accepting(tcp, self._serve_tcp)

    def answer(self, packet):
        name, kind, end = decode_question(packet)
        self.asked.append((name, NAMES.get(kind, kind)))
        node = self.zone.get(name)
        if node and node.get("SILENT"):
            return None
        code = 3 if node is None else 2 if node.get("SERVFAIL") else 0
        values = [] if code else node.get(NAMES.get(kind, ""), [])
        records = b""
        for value in values:
            data = encode_data(NAMES[kind], value)
            records += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, node.get("TTL", 60), len(data)) + data
        asked_flags = struct.unpack_from("!H", packet, 2)[0]
        proven = self.authenticated or (node is not None and node.get("AD"))
        # An authoritative answer; recursion as asked for.
        flags = 0x8480 | (asked_flags & 0x0100) | (0x0020 if proven else 0) | code
        authority = self._start_of_authority() if self.negative_ttl and not values else b""
        header = packet[:2] + struct.pack("!HHHHH", flags, 1, len(values), int(bool(authority)), 0)
        return header + packet[12:end] + records + authority

    def _start_of_authority(self):
        data = encode_name("ns.example") + encode_name("hostmaster.example") + struct.pack("!IIIII", 1, 3600, 600, 86400, self.negative_ttl)
        return encode_name("example") + struct.pack("!HHIH", 6, 1, self.negative_ttl, len(data)) + data

    def _serve_udp(self):
        while not self._ended:
            try:
                packet, peer = self._udp.recvfrom(4096)
                if reply := self.answer(packet):
                    self._udp.sendto(reply, peer)
            except (OSError, IndexError, UnicodeDecodeError, struct.error):
                continue

    def _serve_tcp(self, connection):
        with connection, connection.makefile("rb") as stream:
            while len(head := stream.read(2)) == 2:
                if reply := self.answer(stream.read(struct.unpack("!H", head)[0])):
                    connection.sendall(struct.pack("!H", len(reply)) + reply)

    def close(self):
        self._ended = True
        self._tcp.close()
        end(self._udp)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
