// What was read from a database whose generation moves with each of its changes, by name. All of it is forgotten with
// the first that is asked for at another generation, so nothing of it is ever older than the change that was seen last.
// Thread-safe.
//
//   const std::uint64_t now = generation_of(session);            // first: what is read then is at least as new
//   auto known = kept.find(now, name);
//   if (!known) known = kept.keep(now, name, read(session, name), octets);
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace postern::crypto {

template <class Value>
class OfGeneration {
 public:
  using Kept = std::shared_ptr<const Value>;
  explicit OfGeneration(std::size_t most_octets) : most_octets_(most_octets) {}

  /// Null: it is to be read.
  [[nodiscard]] Kept find(std::uint64_t generation, const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (generation != generation_) forget(generation);
    const auto found = kept_.find(name);
    return found == kept_.end() ? nullptr : found->second;
  }
  /// What was read after `generation`. It is given back in any case, and kept only where no other change was seen
  /// meanwhile. `octets`: about what it takes; where there is no room, all else goes.
  Kept keep(std::uint64_t generation, const std::string& name, Value value, std::size_t octets) {
    auto made = std::make_shared<const Value>(std::move(value));
    const std::lock_guard lock(mutex_);
    if (generation != generation_ || octets > most_octets_) return made;
    if (octets_ + octets > most_octets_) forget(generation);
    if (kept_.emplace(name, made).second) octets_ += octets;
    return made;
  }

 private:
  void forget(std::uint64_t generation) {
    kept_.clear();
    octets_ = 0;
    generation_ = generation;
  }

  std::size_t most_octets_;
  std::mutex mutex_;
  std::uint64_t generation_ = 0;
  std::size_t octets_ = 0;
  std::unordered_map<std::string, Kept> kept_;
};

}  // namespace postern::crypto
