// A DKIM-Signature field, read (RFC 6376 §3.5), with the rules that need no key and no message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "crypto/dkim_canonical.hpp"
#include "crypto/dkim_key.hpp"

namespace postern::crypto {

struct DkimSignature {
  DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;
  Canonical header_form = Canonical::simple, body_form = Canonical::simple;
  mail::Domain domain;
  std::string selector;
  mail::Domain identity;           // of i=; the domain where there is none
  std::vector<std::string> names;  // h=
  std::string body_hash, signature;
  std::optional<std::uint64_t> body_length;    // l=
  std::optional<std::uint64_t> made, expires;  // t=, x=: seconds since 1970
};

/// `value` is what follows the field's colon. Errc::invalid: malformed. Errc::denied: an algorithm that nobody may
/// believe any more (rsa-sha1, RFC 8301 §3.1), or that is not known here.
[[nodiscard]] Result<DkimSignature> parse_dkim_signature(std::string_view value);

}  // namespace postern::crypto
