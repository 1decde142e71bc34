#include "spool/facts_box.hpp"

#include "base/codec.hpp"
#include "crypto/seal.hpp"
#include "spool/body.hpp"

namespace postern::spool {
namespace {

constexpr Duration day = std::chrono::hours(24);
constexpr std::size_t erase_at_once = 1000;

crypto::EpochNumber day_of(Time time) {
  return static_cast<crypto::EpochNumber>(time.time_since_epoch() / day);
}

}  // namespace

Result<std::unique_ptr<FactsBox>> FactsBox::open(const std::filesystem::path& dir, const Secret& kek, Random& random,
                                                 crypto::EpochKeys::Access access) {
  auto days = crypto::EpochKeys::open(dir, kek, random, day, access);
  if (!days) return fail(days.error());
  return std::unique_ptr<FactsBox>(new FactsBox(std::move(*days), random));
}

Result<void> FactsBox::put(Batch& batch, const QueueId& id, std::string_view facts, Time now) {
  const auto today = days_->current(now);
  if (!today) return fail(today.error());
  const Secret key = crypto::make_key(random_);
  const auto wrapped = days_->wrap(*today, key);
  if (!wrapped) return fail(wrapped.error());
  Writer out;
  out.u64(*today);
  out.bytes(*wrapped);
  out.bytes(crypto::seal_chunk(key, {id, facts_stream, 0, true}, facts));
  batch.put(Table::facts, id.str(), out.take());
  return {};
}

Result<std::string> FactsBox::get(Store& store, const QueueId& id) {
  const auto stored = store.get(Table::facts, id.str());
  if (!stored) return fail(stored.error());
  if (!*stored) return fail(Errc::not_found, "no facts are kept of " + id.str());
  Reader in(**stored);
  const crypto::EpochNumber of_day = in.u64();
  const std::string wrapped = in.bytes(), sealed = in.bytes();
  if (!in.finished()) return fail(Errc::corrupt, "damaged facts");
  const auto key = days_->unwrap(of_day, wrapped);
  if (!key) return fail(key.error());
  return crypto::open_chunk(*key, {id, facts_stream, 0, true}, sealed);
}

Result<void> FactsBox::forget_before(Store& store, Time limit) {
  const crypto::EpochNumber first_kept = day_of(limit);
  for (const crypto::EpochNumber known : days_->known()) {
    if (known >= first_kept) continue;
    if (auto destroyed = days_->destroy(known); !destroyed) return destroyed;
  }
  for (;;) {
    Batch batch;
    const auto scanned = store.scan(Table::facts, "", "", [&](std::string_view key, std::string_view value) {
      Reader in(value);
      if (in.u64() >= first_kept) return false;  // ids sort by time, so the rest is younger
      batch.erase(Table::facts, std::string(key));
      return batch.operations.size() < erase_at_once;
    });
    if (!scanned) return scanned;
    if (batch.operations.empty()) return {};
    if (auto written = store.write({&batch}, false); !written) return written;
  }
}

}  // namespace postern::spool
