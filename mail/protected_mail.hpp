// Is this message protected already, or an invitation? By its header section and the beginning of its body alone.
//
// Conservative: what is said to be protected is so by the letter of RFC 8551 and RFC 3156, and anything odd is `none`.
// A wrong `none` seals what was sealed, and the recipient opens it twice; a wrong "encrypted" would let content leave
// that only looks sealed. So nobody may take a demand for protection back on the strength of `pgp_inline_*`: of inline
// PGP only a part is sealed, and its subject and its other parts never.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

enum class Protected {
  none,
  smime_signed,     // multipart/signed (RFC 8551 §3.5.3), or signed-data
  smime_encrypted,  // enveloped-data, authEnveloped-data
  smime_other,      // compressed-data, certs-only, or one that does not say
  pgp_signed,       // multipart/signed (RFC 3156 §5)
  pgp_encrypted,    // multipart/encrypted (RFC 3156 §4)
  pgp_inline_signed,
  pgp_inline_encrypted,
};
[[nodiscard]] std::string_view format_protected(Protected kind);  // "smime-signed", …

struct ProtectedMail {
  Protected kind = Protected::none;
  /// "REQUEST", "REPLY", …: of the message itself, or of a part that stands in the first 64 KiB (RFC 6047 §2.4).
  /// Clients that get an invitation sealed show it as a letter with an attachment. Empty: none.
  std::string calendar_method;
};

/// `message`: header section and body, or as much of it as there is; not more than its first 64 KiB are read.
[[nodiscard]] ProtectedMail recognise_protection(std::string_view message);

}  // namespace postern::mail
