// DKIM signatures (RFC 6376; RFC 8463 for Ed25519): rsa-sha256 and ed25519-sha256, relaxed/relaxed, always over the
// whole body. Blocking, no I/O.
//
//   DkimBodyHash body; body.update(piece); …
//   auto fields = sign_dkim(section, body.finish(), keys, accepted);      // stand on top of the section
//
// The same header, hash, keys and time give the same octets, so a message is signed anew on each attempt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/dkim_hash.hpp"
#include "crypto/dkim_key.hpp"

namespace postern::crypto {

/// One DKIM-Signature field for each key, folded, each with its CRLF. `section` is the header as it will leave, with or
/// without its blank line. Errc::limit: no signature can be made of such a header. Errc::unavailable: a key failed.
[[nodiscard]] Result<std::string> sign_dkim(std::string_view section, const std::string& body_hash,
                                            const std::vector<DkimKey>& keys, Time at);

}  // namespace postern::crypto
