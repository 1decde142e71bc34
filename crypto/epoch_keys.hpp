// KEK → epoch key → message key. An epoch key is random, lives for one hour of acceptances, and stands wrapped under the
// KEK in a small file of its own (DIR/<number>.key), never in the database. When the last message of an epoch is gone the
// file is overwritten, synced and unlinked: what it wrapped is unreadable even to who holds the KEK and the disk.
//
// Thread-safe. Blocking: files are written and synced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

using EpochNumber = std::uint64_t;  // periods since 1970

class EpochKeys {
 public:
  /// Opens or creates DIR. Fails with Errc::corrupt where a key file does not open with this KEK (a wrong KEK).
  [[nodiscard]] static Result<std::unique_ptr<EpochKeys>> open(std::filesystem::path dir, Secret kek, Random& random,
                                                               Duration period = std::chrono::hours(1));
  virtual ~EpochKeys() = default;

  /// The epoch of `now`, its key made durable before this returns.
  [[nodiscard]] virtual Result<EpochNumber> current(Time now) = 0;
  [[nodiscard]] virtual Result<std::string> wrap(EpochNumber epoch, const Secret& message_key) = 0;
  [[nodiscard]] virtual Result<Secret> unwrap(EpochNumber epoch, std::string_view wrapped) = 0;
  [[nodiscard]] virtual std::vector<EpochNumber> known() const = 0;
  /// Overwrites, syncs, unlinks, syncs the folder, forgets.
  [[nodiscard]] virtual Result<void> destroy(EpochNumber epoch) = 0;
};

}  // namespace postern::crypto
