// What a DKIM signature is made over (RFC 6376 §3.7): the hash of the body, and the canonical text of the header.
//
//   DkimBodyHash body;                                  // relaxed: what we sign with
//   body.update(piece); …                               // pieces of any size, while DATA arrives
//   std::string hash = body.finish();                   // 32 octets, for the signature's bh=
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/dkim_canonical.hpp"
#include "crypto/seal.hpp"
#include "mail/headers.hpp"

namespace postern::crypto {

/// SHA-256 of a body's canonical form.
class DkimBodyHash {
 public:
  /// `length`: of the canonical form, no more than so many octets (l=).
  explicit DkimBodyHash(Canonical form = Canonical::relaxed, std::optional<std::uint64_t> length = {})
      : canonical_(form), left_(length.value_or(UINT64_MAX)) {}
  void update(std::string_view piece) { canonical_.append(piece, sink()); }
  [[nodiscard]] std::string finish();
  /// After finish(): the body was not even so long as `length` says.
  [[nodiscard]] bool cut_short(std::uint64_t length) const { return hashed_ < length; }

 private:
  [[nodiscard]] CanonicalBody::Sink sink();

  CanonicalBody canonical_;
  Digest digest_;
  std::uint64_t left_, hashed_ = 0;
};

/// The header fields that a signature names, in its order and form: of several with one name the lowest first; a name
/// more often than there are fields stands for none (§5.4.2).
class DkimHeaderText {
 public:
  /// `apart` is the signature field itself, at its place in the section; it is not one of the others.
  explicit DkimHeaderText(std::string_view section, std::optional<std::size_t> apart = {});
  [[nodiscard]] std::string of(const std::vector<std::string>& names, Canonical form) const;

 private:
  std::string_view section_;
  mail::HeaderView headers_;
  std::optional<std::size_t> apart_;
};

/// A signature field as it is signed: with an empty b=, without its last CRLF.
[[nodiscard]] std::string unsigned_field(std::string_view field, Canonical form);

}  // namespace postern::crypto
