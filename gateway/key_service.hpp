// Keys and sealing for a process: the key store opened, the engines made, and the index kept fresh.
#pragma once

#include <memory>

#include "gateway/config.hpp"
#include "gateway/key_search.hpp"
#include "gateway/revocation_service.hpp"
#include "gateway/sealer.hpp"
#include "net/awaitable.hpp"
#include "net/offload.hpp"

namespace postern::gateway {

/// `kek`: empty for who only looks; then private keys stay shut.
[[nodiscard]] Result<std::unique_ptr<crypto::KeyStore>> open_keys(const Config& config,
                                                                  const std::filesystem::path& base, const Secret& kek,
                                                                  Random& random);

/// For a command that looks: who has keys, as far as this machine knows. Null where there is no key store yet.
[[nodiscard]] Result<std::shared_ptr<const crypto::KeyIndex>> look_at_keys(const Config& config,
                                                                           const std::filesystem::path& base,
                                                                           const Clock& clock, Random& random);

/// How others are asked. All of it outlives what it spawned.
struct Outward {
  discovery::Resolver& resolver;
  net::Dialer& dialer;
  std::shared_ptr<const net::TlsClient> tls;
  RevocationService::Spawn spawn;
};

/// Everybody who can be asked for keys; the settings of each mail say who is.
[[nodiscard]] Result<KeySearch::Sources> make_key_sources(const Config& config, const std::filesystem::path& base,
                                                          discovery::Resolver& resolver, net::Dialer& dialer,
                                                          std::shared_ptr<const net::TlsClient> tls, const Clock& clock,
                                                          Random& random);

class KeyService {
 public:
  /// Opens the store in the state folder, or makes it. Errors name what could not be opened or read.
  [[nodiscard]] static Result<std::unique_ptr<KeyService>> open(const Config& config, const std::filesystem::path& base,
                                                                const Secret& kek, const Clock& clock, Random& random,
                                                                const Outward& outward);

  [[nodiscard]] crypto::KeyStore& keys() { return *keys_; }
  [[nodiscard]] const SealMethods& methods() const { return methods_; }
  /// Until it is cancelled: what another process wrote is in the index within two seconds.
  net::awaitable<void> keep_fresh();

 private:
  KeyService(std::unique_ptr<crypto::KeyStore> keys, const Clock& clock);

  const Clock& clock_;
  std::unique_ptr<crypto::KeyStore> keys_;
  ByteBudget memory_;
  ReadyEntities ready_;
  net::Pool pool_;
  std::unique_ptr<KeySearch> search_;
  std::unique_ptr<RevocationService> revocation_;  // null: nobody is asked
  SealMethods methods_;
};

}  // namespace postern::gateway
