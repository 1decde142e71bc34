// A small authority of our own, for partners that pin it: it gives senders certificates to sign with. Whoever pins it
// need not know every sender, and a new one is there at once. It is not meant to be trusted by anybody else.
//
//   auto ca = make_sender_ca({.name = "Clinic mail", .domains = {"clinic.example"}}, now, random);    // store ca->key
//   auto ann = issue_sender(*ca, address, {}, now, random);
//
// The profile is the same for all (RFC 8550 §4.4): what differs is name, key, serial number and time.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "mail/address.hpp"

namespace postern::crypto {

struct Identity {
  Certificate certificate;
  PrivateKey key;
};

enum class SenderKey { p256, rsa };  // rsa: 3072 bits for the authority, 2048 for senders

struct SenderCaSettings {
  std::string name;  // its common name, as people see it
  SenderKey key = SenderKey::p256;
  /// RFC 5280 §4.2.1.10: it may issue for these alone, whatever becomes of its key. Empty: for any.
  std::vector<mail::Domain> domains = {};
};

/// For ten years, and with no authority below it.
[[nodiscard]] Result<Identity> make_sender_ca(const SenderCaSettings& settings, Time now, Random& random);

/// For one year, never longer than the authority's: one address, e-mail protection, digital signatures.
/// Errc::invalid: the authority has expired, or may not issue for the address.
[[nodiscard]] Result<Identity> issue_sender(const Identity& ca, const mail::Address& address, SenderKey key, Time now,
                                            Random& random);

}  // namespace postern::crypto
