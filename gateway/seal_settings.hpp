// How mail is sealed for a recipient: scoped settings, resolved. The nearest scope that says something wins.
#pragma once

#include <optional>
#include <vector>

#include "crypto/smime.hpp"
#include "discovery/key_origin.hpp"

namespace postern::gateway {

/// Where nobody says whether a recipient's certificate was revoked.
enum class RevocationMode {
  off,   // nobody is asked
  soft,  // then it is used, and the event says so
  hard,  // then it is not used: mail waits, and takes the next rung in the end
};

struct SealSettings {
  crypto::ContentCipher content = crypto::ContentCipher::aes256_cbc;         // S/MIME
  std::optional<crypto::SignatureForm> sign = crypto::SignatureForm::clear;  // nothing: never; OpenPGP has one form
  bool domain_signs = false;      // with the key of the sender's domain, where she has none of her own
  bool inline_text = false;       // OpenPGP: a message of one text part as text, for readers that know nothing else
  bool hide_subject = false;      // for readers that show what is inside (RFC 9788)
  bool encrypted_counts = false;  // what its sender has encrypted goes on as it is
  std::vector<discovery::KeyOrigin> sources;  // asked for the recipient's keys, besides the key store
  bool operator==(const SealSettings&) const = default;
};

}  // namespace postern::gateway
