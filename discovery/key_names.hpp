// Under which name a person's key is published. Pure.
//
// The local part counts in lower case, as GnuPG asks and as the key store names addresses: RFC 7929 §3 hashes it as it
// is written, so a key that a domain publishes for "Bob" alone is not found, and none is found that is another's.
#pragma once

#include <string>

#include "mail/address.hpp"

namespace postern::discovery {

/// RFC 8162 §3: "c93f1e40…._smimecert.example.com"
[[nodiscard]] std::string smimea_owner(const mail::Address& address);
/// RFC 7929 §3: "c93f1e40…._openpgpkey.example.com"
[[nodiscard]] std::string openpgpkey_owner(const mail::Address& address);

/// draft-koch-openpgp-webkey-service §3.1: where a key is on the web.
struct WkdPlace {
  std::string host;    // "openpgpkey.example.org", or "example.org"
  std::string target;  // "/.well-known/openpgpkey/example.org/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe"
};
[[nodiscard]] WkdPlace wkd_advanced(const mail::Address& address);
[[nodiscard]] WkdPlace wkd_direct(const mail::Address& address);

}  // namespace postern::discovery
