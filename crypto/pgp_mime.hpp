// PGP/MIME (RFC 3156 §4): how a sealed entity lies in a message. What is sealed is the whole entity, signed and
// encrypted in one OpenPGP message (§6.2, the combined method): who may not read does not see who signed, either.
//
//   format_pgp_mime(*engine.seal(cut.inner, keys, signer))      // a MIME entity: Content-* fields, body
#pragma once

#include <string>
#include <string_view>

namespace postern::crypto {

/// multipart/encrypted around a message in ASCII armour. 7-bit and CRLF, whatever line ends the armour came with.
[[nodiscard]] std::string format_pgp_mime(std::string_view armoured);

}  // namespace postern::crypto
