// What the renditions of one message have in common, kept for a moment so that it is made once: the message cut, and
// its entity with the sender's signature. A message to a thousand hidden recipients has a thousand renditions, and an
// RSA signature costs more than encrypting it. Bounded by size and time, since it is plain text in memory. Thread-safe.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "gateway/seal_settings.hpp"
#include "mail/verdict.hpp"

namespace postern::gateway {

struct ReadyEntity {
  std::string outer;        // fields that stay outside
  std::string entity;       // what is encrypted
  bool as_it_came = false;  // `entity` is the whole message: its sender encrypted it
  [[nodiscard]] std::uint64_t size() const { return outer.size() + entity.size(); }
};

class ReadyEntities {
 public:
  using Entity = std::shared_ptr<const ReadyEntity>;
  struct Limits {
    std::uint64_t octets = 64ULL << 20;
    Duration keep = std::chrono::minutes(1);  // an identity that was taken away signs no longer than that
  };
  ReadyEntities() = default;
  explicit ReadyEntities(Limits limits) : limits_(limits) {}

  /// Null: there is none.
  [[nodiscard]] Entity find(const QueueId& id, mail::Method method, const SealSettings& settings, Time now);
  void keep(const QueueId& id, mail::Method method, const SealSettings& settings, Entity entity, Time now);
  void forget_old(Time now);
  [[nodiscard]] std::uint64_t octets() const;

 private:
  struct One {
    QueueId id;
    mail::Method method;
    SealSettings settings;
    Entity entity;
    Time made;
  };
  void drop_old(Time now);

  Limits limits_;
  mutable std::mutex mutex_;
  std::list<One> known_;  // the newest first
  std::uint64_t octets_ = 0;
};

}  // namespace postern::gateway
