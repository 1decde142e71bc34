#include "spool/pickup_box.hpp"

#include "base/codec.hpp"
#include "crypto/seal.hpp"
#include "spool/body.hpp"

namespace postern::spool {
namespace {

constexpr Duration day = std::chrono::hours(24);

crypto::ChunkLabel label_of(const QueueId& deposit) {
  return {deposit, pickup_stream, 0, true};
}

struct Row {
  crypto::EpochNumber day = 0;
  QueueId deposit;
  std::string wrapped, sealed;
};
Result<Row> read_row(std::string_view bytes) {
  Reader in(bytes);
  Row row;
  row.day = in.u64();
  const auto deposit = QueueId::parse(in.bytes());
  row.wrapped = in.bytes();
  row.sealed = in.bytes();
  if (!in.finished() || !deposit) return fail(Errc::corrupt, "a pick-up cannot be read");
  row.deposit = *deposit;
  return row;
}

}  // namespace

Result<std::unique_ptr<PickupBox>> PickupBox::open(const std::filesystem::path& dir, const Secret& kek, Random& random,
                                                   crypto::EpochKeys::Access access) {
  auto days = crypto::EpochKeys::open(dir, kek, random, day, access);
  if (!days) return fail(days.error());
  return std::unique_ptr<PickupBox>(new PickupBox(std::move(*days), random));
}

Result<std::string> PickupBox::seal(const PickupRecord& record, Time now) {
  const auto today = days_->current(now);
  if (!today) return fail(today.error());
  const Secret key = crypto::make_key(random_);
  const auto wrapped = days_->wrap(*today, key);
  if (!wrapped) return fail(wrapped.error());
  Writer out;
  out.u64(*today);
  out.bytes(record.deposit.str());
  out.bytes(*wrapped);
  out.bytes(crypto::seal_chunk(key, label_of(record.deposit), encode_pickup(record)));
  return out.take();
}

Result<PickupRecord> PickupBox::unseal(std::string_view bytes) {
  const auto row = read_row(bytes);
  if (!row) return fail(row.error());
  const auto key = days_->unwrap(row->day, row->wrapped);
  if (!key) return fail(key.error());
  const auto plain = crypto::open_chunk(*key, label_of(row->deposit), row->sealed);
  return plain ? decode_pickup(*plain) : fail(plain.error());
}

crypto::EpochNumber PickupBox::day_of(std::string_view row) {
  return Reader(row).u64();
}

bool PickupBox::is_old(std::string_view row, Time now) {
  return day_of(row) < static_cast<crypto::EpochNumber>(now.time_since_epoch() / day);
}

Result<void> PickupBox::keep_only(const std::set<crypto::EpochNumber>& used, Time now) {
  const auto today = static_cast<crypto::EpochNumber>(now.time_since_epoch() / day);
  for (const crypto::EpochNumber known : days_->known()) {
    if (known + 1 >= today || used.contains(known)) continue;  // yesterday's may be about to be written
    if (auto destroyed = days_->destroy(known); !destroyed) return destroyed;
  }
  return {};
}

}  // namespace postern::spool
