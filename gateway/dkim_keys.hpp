// The tenants' DKIM keys, loaded, and which of them sign a message.
//
//   auto keys = load_dkim_keys(config, base);            // or everything that is wrong with them
//   for (const crypto::DkimKey& key : keys->for_mail(envelope)) …
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/dkim_key.hpp"
#include "gateway/config.hpp"
#include "mail/envelope.hpp"

namespace postern::gateway {

class DkimKeys {
 public:
  struct Loaded {
    SecretRef from;
    crypto::DkimKey key;
  };
  using ByTenant = std::map<std::string, std::vector<Loaded>>;

  DkimKeys() = default;
  explicit DkimKeys(ByTenant keys) : keys_(std::move(keys)) {}

  [[nodiscard]] const ByTenant& all() const { return keys_; }
  /// All keys of the domain that signs it (policy/signing.hpp); none: it leaves as it is. A notice of ours is in the
  /// name of the gateway's host: a key of the tenant whose mail it is about signs it where that name is in its domain.
  [[nodiscard]] std::vector<crypto::DkimKey> for_mail(const mail::Envelope& envelope) const;

 private:
  ByTenant keys_;
};

[[nodiscard]] std::expected<std::shared_ptr<const DkimKeys>, std::vector<std::string>> load_dkim_keys(
    const Config& config, const std::filesystem::path& base);

/// "p1._domainkey.clinic.example. TXT "v=DKIM1; …" "…"", as in a zone file: no string of it is longer than 255 octets.
[[nodiscard]] std::string format_dkim_record(const crypto::DkimKey& key);

}  // namespace postern::gateway
