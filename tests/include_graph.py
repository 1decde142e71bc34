"""Which room may include which (ARCHITECTURE.md): reads every #include and fails where a room reaches too far."""
import os
import re
import sys

ROOMS = {
    "base": set(),
    "mail": {"base"},
    "net": {"base"},
    "audit": {"mail", "base"},
    "inspect": {"mail", "base"},
    "policy": {"mail", "base"},
    "crypto": {"mail", "base"},
    "discovery": {"net", "mail", "base"},
    "smtp": {"net", "mail", "base"},
    "spool": {"crypto", "mail", "base"},
    "portal": {"crypto", "net", "mail", "base"},
    "gateway": {"portal", "audit", "inspect", "policy", "crypto", "discovery", "smtp", "spool", "net", "mail", "base"},
}
# A library and the one room, or file, that may know it. The coroutine type itself is everybody's who includes net/.
LIBRARIES = {
    r"<rocksdb/": {"spool"},
    r"<gmime/": {"inspect", "portal/message_view.cpp", "portal/part_reader.cpp"},
    r"<hs\.h>|<hs/": {"inspect"},
    r"<gumbo\.h>": {"portal/safe_html.cpp"},
    r"<ldns/": {"discovery"},
    r"<ldap\.h>|<openldap\.h>|<lber": {"discovery/ldap_codec.cpp"},
    r"<idn2\.h>": {"mail"},
    r"<toml\+\+/": {"base"},
    r"<spdlog/": {"base"},
    r"<boost/asio": {"net"},
    r"<sys/socket\.h>|<sys/un\.h>": {"net", "inspect/fd_passing.cpp",  # descriptors to and from postern-inspect
                                               "discovery/ldap_codec.cpp",  # a pair that only libldap is at
                                               "crypto/gpg_home.cpp"},    # the socket that our gpg-agent is born with
    r"<rnp/": {"crypto"},
    r"<gpgme\.h>": {"crypto/openpgp_gpgme.cpp"},
    r"<netinet/": {"net"},
    r"<seccomp\.h>|<linux/": {"inspect"},
    r"<CLI/": {"gateway", "portal/main/postern-portal.cpp"},
    r"<soci/|<sqlite3\.h>|<libpq": {"crypto/sql_soci.cpp"},
    r"<argon2\.h>": {"crypto/argon2.cpp"},
    r"<fido": {"crypto/webauthn.cpp"},
    r"<libp11\.h>": {"crypto/pkcs11.cpp"},
    r"<qrencode\.h>": {"portal/qr.cpp"},
    r"<systemd/": {"base/service_manager.cpp"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])')


def violations(room, name, text):
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        other = target[1:].split("/")[0]
        if target.startswith('"') and other in ROOMS and other != room and other not in ROOMS[room]:
            found.append(f"{name}:{number}: {room}/ may not include {other}/")
        for pattern, allowed in LIBRARIES.items():
            if re.match(pattern, target) and not {room, name} & allowed:
                found.append(f"{name}:{number}: {target} belongs to {', '.join(sorted(allowed))}")
    return found


def self_test():
    assert violations("policy", "x", '#include "net/stream.hpp"\n'), "a planted violation was not seen"
    assert violations("smtp", "x", "#include <boost/asio/post.hpp>\n"), "a planted library was not seen"
    assert violations("inspect", "inspect/html.cpp", "#include <sys/socket.h>\n"), "a planted socket was not seen"
    assert not violations("smtp", "x", '#include "net/stream.hpp"\n#include <vector>\n')


def main():
    self_test()
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    found, read = [], 0
    for room in ROOMS:
        for folder, _, files in os.walk(os.path.join(root, room)):
            for file in files:
                if file.endswith((".cpp", ".hpp")):
                    path = os.path.join(folder, file)
                    read += 1
                    with open(path, encoding="utf-8") as source:
                        found += violations(room, os.path.relpath(path, root), source.read())
    for line in found:
        print(line)
    print(f"{read} files read")
    return 1 if found or not read else 0


if __name__ == "__main__":
    sys.exit(main())
