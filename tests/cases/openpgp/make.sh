#!/bin/bash
# Makes the keys of this folder, which the tests only read: `make.sh [NAME…]`, into the working folder. Needs gpg, python3, and for
# version 6 `npm install openpgp` (version 6) in the folder NODE_PATH. No secret key is kept. What each is for stands beside it.
set -euo pipefail
home=
end() { [ -z "$home" ] || { gpgconf --homedir "$home" --kill all; rm -rf "$home"; }; }
trap end EXIT
g() { gpg --homedir "$home" --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' --no-emit-version --faked-system-time "${at:-20240101T000000}" "$@"; }
fpr() { g --with-colons --list-keys "$1" | awk -F: '$1 == "fpr" {print $10; exit}'; }
export_() { g --armor --export "$1" > "$2.asc"; }

plain() { g --quick-gen-key 'Ann Lee <Ann@Clinic.example>' ed25519 cert 0; f=$(fpr Ann@); g --quick-add-key "$f" cv25519 encr 0; export_ "$f" plain; }
# encryption subkey ended in 2021, the primary key did not
subkey_expired() { at=20200101T000000 g --quick-gen-key 'sub@old.example' ed25519 cert 0; f=$(fpr sub@old); at=20200101T000000 g --quick-add-key "$f" cv25519 encr 2021-01-01; export_ "$f" subkey_expired; }
expired() { at=20200101T000000 g --quick-gen-key 'old@old.example' ed25519 cert 2021-01-01; f=$(fpr old@old); at=20200101T000000 g --quick-add-key "$f" cv25519 encr 0; export_ "$f" expired; }
revoked() { g --quick-gen-key 'gone@old.example' ed25519 cert 0; f=$(fpr gone@); g --quick-add-key "$f" cv25519 encr 0; sed 's/^:---/---/' "$home/openpgp-revocs.d/$f.rev" | g --import; export_ "$f" revoked; }
# two encryption subkeys, the newer one revoked: the older one serves
newer_revoked() { at=20240101T000000 g --quick-gen-key 'two@new.example' ed25519 cert 0; f=$(fpr two@); at=20240101T000000 g --quick-add-key "$f" cv25519 encr 0; at=20250101T000000 g --quick-add-key "$f" cv25519 encr 0
  printf 'key 2\nrevkey\ny\n0\n\ny\nsave\n' | g --command-fd 0 --edit-key "$f" >/dev/null; export_ "$f" newer_revoked; }
two_subkeys() { at=20240101T000000 g --quick-gen-key 'both@new.example' ed25519 cert 0; f=$(fpr both@); at=20240101T000000 g --quick-add-key "$f" cv25519 encr 0; at=20250101T000000 g --quick-add-key "$f" cv25519 encr 0; export_ "$f" two_subkeys; }
sign_only() { g --quick-gen-key 'sign@only.example' ed25519 sign 0; export_ "$(fpr sign@)" sign_only; }
rsa_primary() { g --quick-gen-key 'one@rsa.example' rsa2048 cert,encr 0; export_ "$(fpr one@rsa)" rsa_primary; }
rsa1024() { g --quick-gen-key 'short@rsa.example' rsa1024 default 0; export_ "$(fpr short@)" rsa1024; }
dsa1024() { g --quick-gen-key 'dsa@old.example' dsa1024 cert 0; f=$(fpr dsa@); g --quick-add-key "$f" elg1024 encr 0; export_ "$f" dsa1024; }
elgamal1024() { g --quick-gen-key 'elg@old.example' ed25519 cert 0; f=$(fpr elg@); g --quick-add-key "$f" elg1024 encr 0; export_ "$f" elgamal1024; }
sha1() { at=20240301T000000; g --cert-digest-algo SHA1 --quick-gen-key 'sha1@old.example' rsa2048 cert 0; f=$(fpr sha1@); g --cert-digest-algo SHA1 --quick-add-key "$f" rsa2048 encr 0; export_ "$f" sha1; at=; }
sha1_2018() { at=20180101T000000 g --cert-digest-algo SHA1 --quick-gen-key 'sha1@older.example' rsa2048 cert 0; f=$(fpr sha1@older); at=20180101T000000 g --cert-digest-algo SHA1 --quick-add-key "$f" rsa2048 encr 0; export_ "$f" sha1_2018; }
# a user id revoked, a photograph, somebody else's certification
many() { plain; g --quick-gen-key 'Notary <n@notary.example>' ed25519 cert 0; f=$(fpr Ann@); g --quick-add-uid "$f" 'Ann <ann@former.example>'; g --quick-revoke-uid "$f" 'Ann <ann@former.example>'; at=20240101T000100 g --quick-add-uid "$f" 'ann@bücher.example'
  python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(2000) + bytes.fromhex("ffd9"))' > "$home/photo.jpg"
  printf 'addphoto\n%s\ny\nsave\n' "$home/photo.jpg" | g --command-fd 0 --edit-key "$f" >/dev/null 2>&1 || :
  at=20240102T000000 g --default-key n@notary.example --quick-sign-key "$f"; export_ "$f" many; }
future() { at=20500101T000000 g --quick-gen-key 'not@yet.example' ed25519 cert 0; f=$(fpr not@yet); at=20500101T000000 g --quick-add-key "$f" cv25519 encr 0; at=20500101T000000 g --armor --export "$f" > future.asc; }
keyring() { plain; two_subkeys; rsa1024; g --armor --export > keyring.asc; }
v3() { python3 - > v3.asc <<'P'
import base64, struct
def mpi(n): return struct.pack(">H", n.bit_length()) + n.to_bytes((n.bit_length() + 7) // 8, "big")
body = b"\x03" + struct.pack(">IHB", 946684800, 0, 1) + mpi((1 << 2047) + 1234567) + mpi(17)
uid = b"v3@ancient.example"
data = b"\x99" + struct.pack(">H", len(body)) + body + b"\xb4" + bytes([len(uid)]) + uid
crc = 0xB704CE
for octet in data:
    crc ^= octet << 16
    for _ in range(8):
        crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
text = base64.b64encode(data).decode()
lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
print(f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{lines}\n={base64.b64encode(crc.to_bytes(3, 'big')).decode()}\n-----END PGP PUBLIC KEY BLOCK-----")
P
}
v6() { node -e 'const o=require("openpgp");o.generateKey({type:"curve25519",date:new Date("2024-01-01"),userIDs:[{email:"v6@new.example"}],config:{v6Keys:true}}).then(k=>process.stdout.write(k.publicKey))' > v6.asc; }
# version 4, with the algorithms of RFC 9580
x25519() { node -e 'const o=require("openpgp");o.generateKey({type:"curve25519",date:new Date("2024-01-01"),userIDs:[{email:"x@new.example"}],config:{v6Keys:false}}).then(k=>process.stdout.write(k.publicKey))' > x25519.asc; }

for name in ${@:-plain subkey_expired expired revoked newer_revoked two_subkeys sign_only rsa_primary rsa1024 dsa1024 elgamal1024 sha1 sha1_2018 many future keyring v3 v6 x25519}; do
  end; home=$(mktemp -d); $name
done
