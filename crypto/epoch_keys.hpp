// KEK → epoch key → message key. An epoch key is random, lives for one hour of acceptances, and stands
// wrapped under the KEK in a small file of its own (DIR/<number>.key), never in the database. When the last
// message of an epoch is gone the file is overwritten, synced and unlinked: what it wrapped is unreadable
// even to who holds the KEK and the disk. It is renamed first (DIR/<number>.gone), so that a crash in the
// midst of it never looks like a key that does not open.
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
  enum class Access { write, read };  // read: nothing on disk is changed, and `current` and `destroy` are Errc::denied

  /// Opens or creates DIR. Errc::corrupt where no key file opens with this KEK (a wrong KEK). Where others
  /// do, one that does not is damaged: it is renamed to <number>.damaged, logged, and what it wrapped stays
  /// shut.
  [[nodiscard]] static Result<std::unique_ptr<EpochKeys>> open(std::filesystem::path dir, Secret kek, Random& random,
                                                               Duration period = std::chrono::hours(1),
                                                               Access access = Access::write);
  virtual ~EpochKeys() = default;

  /// The epoch of `now`, its key made durable before this returns.
  [[nodiscard]] virtual Result<EpochNumber> current(Time now) = 0;
  [[nodiscard]] virtual Result<std::string> wrap(EpochNumber epoch, const Secret& message_key) = 0;
  [[nodiscard]] virtual Result<Secret> unwrap(EpochNumber epoch, std::string_view wrapped) = 0;
  [[nodiscard]] virtual std::vector<EpochNumber> known() const = 0;
  /// Forgets, overwrites, syncs, unlinks, syncs the folder. After an Error the epoch is still `known`, although nothing
  /// wraps or unwraps with it any more: call again.
  [[nodiscard]] virtual Result<void> destroy(EpochNumber epoch) = 0;
};

}  // namespace postern::crypto
