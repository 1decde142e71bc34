"""docs/rfc-map.md: which line decides what an RFC says. Generated from the `RFC n §s` beside those lines.

  python3 tests/rfc_map.py --write    writes the page
  python3 tests/rfc_map.py            fails where the page is not what the code says now
"""
import pathlib
import re
import subprocess
import sys

TITLES = {
    791: "Internet Protocol", 1952: "GZIP", 3339: "Timestamps on the Internet", 6068: "The mailto URI Scheme", 1122: "Requirements for Internet Hosts", 1918: "Addresses for Private Internets",
    2544: "Benchmarks for Network Devices", 2928: "IPv6 Protocol Assignments", 3849: "IPv6 Addresses for Documentation",
    3927: "IPv4 Link-Local Addresses", 3986: "URI: Generic Syntax", 4291: "IPv6 Addressing Architecture",
    5737: "IPv4 Addresses for Documentation", 6052: "IPv6 Addresses of IPv4/IPv6 Translators", 6598: "Shared Address Space",
    6890: "Special-Purpose Addresses", 7526: "6to4 Relays Deprecated", 8460: "SMTP TLS Reporting", 9110: "HTTP Semantics", 9112: "HTTP/1.1",
    2253: "LDAP: Distinguished Names as Strings", 3156: "MIME Security with OpenPGP", 4880: "OpenPGP Message Format",
    5083: "CMS AuthEnvelopedData", 5084: "AES-CCM and AES-GCM in CMS", 8550: "S/MIME 4.0: Certificate Handling",
    9598: "Internationalized Email Addresses in X.509",
    2798: "inetOrgPerson", 2849: "LDIF", 4523: "LDAP Schema for X.509 Certificates", 4648: "Base16, Base32, Base64",
    5652: "Cryptographic Message Syntax", 5869: "HKDF", 7292: "PKCS #12", 7468: "Textual Encodings of PKIX, PKCS and CMS", 7512: "The PKCS #11 URI Scheme",
    6376: "DKIM Signatures", 7489: "DMARC", 8017: "PKCS #1", 8058: "One-Click Unsubscribe", 8301: "Cryptographic Algorithms of DKIM",
    8463: "Ed25519 in DKIM", 8616: "Internationalized Domain Names in SPF, DKIM and DMARC",
    
    9637: "More IPv6 Addresses for Documentation",
    1035: "Domain Names: Implementation", 1870: "SMTP Message Size Declaration", 2034: "SMTP Enhanced Error Codes", 2045: "MIME: Message Bodies",
    2046: "MIME: Media Types", 2104: "HMAC", 7578: "multipart/form-data", 8098: "Message Disposition Notifications", 2047: "MIME: Header Extensions", 2181: "Clarifications to the DNS",
    2231: "MIME Parameter Value Extensions", 2308: "Negative Caching of DNS Queries", 2920: "SMTP Command Pipelining",
    3030: "SMTP CHUNKING and BINARYMIME", 3207: "SMTP over TLS (STARTTLS)", 3394: "AES Key Wrap",
    3461: "SMTP Delivery Status Notifications", 3463: "Enhanced Mail System Status Codes",
    3464: "Format for Delivery Status Notifications", 3629: "UTF-8", 3848: "ESMTP Transmission Types",
    3834: "Automatic Responses to Electronic Mail",
    6698: "DANE: the TLSA Record", 7218: "Acronyms for DANE", 7671: "DANE: Updates and Operational Guidance",
    4180: "CSV Files", 5321: "Simple Mail Transfer Protocol", 5322: "Internet Message Format", 5452: "Resilience of DNS against Forged Answers",
    5891: "Internationalized Domain Names: Protocol", 6066: "TLS Extensions", 6125: "Service Identity in TLS", 6152: "8BITMIME", 6522: "multipart/report", 6238: "TOTP", 4226: "HOTP", 6454: "The Web Origin Concept", 8949: "CBOR", 6531: "SMTPUTF8", 6532: "Internationalized Email Headers", 6533: "Internationalized DSN",
    6840: "DNSSEC Clarifications", 7208: "Sender Policy Framework", 7505: "Null MX", 7672: "DANE for SMTP", 8314: "Implicit TLS for mail", 9525: "Service Identity in TLS",
    1847: "Security Multiparts for MIME", 4055: "RSA-OAEP and RSA-PSS in X.509", 4056: "RSASSA-PSS in CMS",
    5019: "Lightweight OCSP", 5280: "X.509 Certificates and CRLs",
    5753: "Elliptic Curves in CMS", 6047: "iMIP: Invitations by Mail", 6960: "OCSP", 8418: "X25519 in CMS", 8419: "Ed25519 in CMS", 
    9788: "Header Protection",
    2387: "MIME Multipart/Related", 2392: "Content-ID and Message-ID URLs", 3676: "The Text/Plain Format and DelSp Parameters", 6266: "Content-Disposition in HTTP", 8187: "Parameters of HTTP Fields in Other Charsets",
    8446: "TLS 1.3", 8461: "MTA-STS", 8551: "S/MIME 4.0", 8689: "REQUIRETLS", 8914: "Extended DNS Errors", 9051: "IMAP4rev2", 9106: "Argon2", 7748: "Elliptic Curves for Security (X25519)", 8265: "PRECIS: Usernames and Passwords", 9180: "Hybrid Public Key Encryption", 9422: "SMTP LIMITS",
    9580: "OpenPGP", 
    6189: "ZRTP: z-base-32",
    7929: "DANE Bindings for OpenPGP",
    8162: "DANE Bindings for S/MIME",
    2798: "LDAP: inetOrgPerson", 4511: "LDAP: the Protocol", 4513: "LDAP: Authentication", 4514: "LDAP: Distinguished Names", 4515: "LDAP: Search Filters",
    4523: "LDAP: X.509 Schema",
}
CITATION = re.compile(r"RFC (\d+)((?: ?(?:,|and)? ?§[0-9A-Z]+(?:\.[0-9]+)*)*)")
SECTION = re.compile(r"§([0-9A-Z]+(?:\.[0-9]+)*)")


def citations(root):
    files = subprocess.run(["git", "ls-files", "*.hpp", "*.cpp"], cwd=root, capture_output=True, text=True, check=True)
    found = {}
    for name in files.stdout.split():
        if name.startswith(("tests/", "fuzz/", "bench/")):
            continue
        for match in CITATION.finditer((root / name).read_text()):
            for section in SECTION.findall(match[2]) or [""]:
                found.setdefault(int(match[1]), {}).setdefault(section, set()).add(name)
    return found


def in_order(section):
    return [(0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in section.split(".") if piece]


def page(found):
    lines = ["# RFC map", "",
             "Where the code cites what it follows; generated by `python3 tests/rfc_map.py --write`.", ""]
    for number in sorted(found):
        lines += [f"**RFC {number}**, {TITLES[number]}", "", "| section | decided in |", "|---|---|"]
        for section in sorted(found[number], key=in_order):
            places = ", ".join(f"[{name}](../{name})" for name in sorted(found[number][section]))
            lines.append(f"| {'§' + section if section else 'as a whole'} | {places} |")
        lines.append("")
    return "\n".join(lines)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = citations(root)
    unnamed = sorted(number for number in found if number not in TITLES)
    if unnamed:
        sys.exit(f"rfc_map: no title for RFC {unnamed}: add it to TITLES")
    where = root / "docs/rfc-map.md"
    if "--write" in sys.argv:
        where.write_text(page(found))
    elif not where.exists() or where.read_text() != page(found):
        sys.exit("docs/rfc-map.md is not what the code says: python3 tests/rfc_map.py --write")


if __name__ == "__main__":
    main()
