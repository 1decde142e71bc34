// Pick-ups as they lie in their table: each sealed under a key of its own, which the key of a day wraps. They are
// wrapped forward each day, so that what has left is shut two days later for who has a copy of the database.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "crypto/epoch_keys.hpp"
#include "spool/pickup_record.hpp"

namespace postern::spool {

class PickupBox {
 public:
  [[nodiscard]] static Result<std::unique_ptr<PickupBox>> open(const std::filesystem::path& dir, const Secret& kek,
                                                               Random& random, crypto::EpochKeys::Access access);
  [[nodiscard]] Result<std::string> seal(const PickupRecord& record, Time now);
  [[nodiscard]] Result<PickupRecord> unseal(std::string_view row);

  /// Is the row's key of an earlier day?
  [[nodiscard]] static bool is_old(std::string_view row, Time now);
  [[nodiscard]] static crypto::EpochNumber day_of(std::string_view row);
  /// Destroys the keys of days that are in no row.
  [[nodiscard]] Result<void> keep_only(const std::set<crypto::EpochNumber>& used, Time now);

 private:
  PickupBox(std::unique_ptr<crypto::EpochKeys> days, Random& random) : days_(std::move(days)), random_(random) {}
  std::unique_ptr<crypto::EpochKeys> days_;
  Random& random_;
};

}  // namespace postern::spool
