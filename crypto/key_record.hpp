// A recipient's public key as the key store keeps it, whichever the kind, and what is known of it. The words that the
// key store, the engines and the gateway share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace postern::crypto {

enum class KeyKind { certificate, openpgp };
[[nodiscard]] std::string_view format_key_kind(KeyKind kind);  // "certificate", "openpgp"

/// How far a key is believed to be its owner's, the weakest first. `refused` is an administrator's word and stays.
enum class Trust {
  refused,
  found,     // came with nothing that proves it: usable only where policy says so
  verified,  // its chain, DNSSEC or WKD over TLS proves the binding to the address
  pinned,    // an administrator imported or approved it
};
[[nodiscard]] std::string_view format_trust(Trust trust);

struct KeyRecord {
  KeyKind kind = KeyKind::certificate;
  std::string fingerprint;             // certificate: SHA-256 of its DER; OpenPGP: of the primary key; lower-case hex
  std::vector<std::string> addresses;  // lower-case, domains as A-labels; "@lab.example" is all of a domain
  std::string bytes;                   // DER; OpenPGP: the transferable public key, binary
  std::string source;                  // "import: lab.pem", "smimea", "wkd"
  std::string evidence;                // how we know, one line
  Trust trust = Trust::found;
  Time added{};
  Time not_before{};
  std::optional<Time> not_after;  // nothing: it does not expire
  std::optional<Time> revoked;
  bool awaits_approval = false;  // another key of this address is pinned; this one is used only when approved
};

}  // namespace postern::crypto
