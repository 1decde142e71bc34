// What is known about revocation: answers by certificate, and lists by URL, since one list answers for all certificates
// of an issuer. A bounded number and a bounded size, in memory: what outlives a restart is the key store's.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/revocation_answers.hpp"

namespace postern::gateway {

struct RevocationCacheLimits {
  std::size_t most_answers = 20'000;
  std::size_t most_lists = 1'000, most_list_octets = 64U << 20;
  /// An answer that still counts is asked for anew: a list says when the next one comes at the latest, and a revocation
  /// does not wait for that.
  Duration refresh_after = std::chrono::hours(6);
  Duration ask_again = std::chrono::minutes(5);  // after asking gave nothing
};

class RevocationCache final : public RevocationAnswers {
 public:
  explicit RevocationCache(RevocationCacheLimits limits = {}) : limits_(limits) {}

  [[nodiscard]] crypto::RevocationAnswer find(const crypto::Certificate& certificate, Time now) const override;
  [[nodiscard]] bool is_due(const crypto::Certificate& certificate, Time now) const override;
  /// An `unknown` takes nothing away: what was learned before holds to its own end. A revocation ends by a later word
  /// of the issuer alone (a certificate that was on hold): an old answer, played back, must not lift it.
  void keep(const std::string& fingerprint, crypto::RevocationAnswer answer, Time asked);

  using List = std::shared_ptr<const std::string>;
  struct KeptList {
    List bytes;    // null: there is none
    Time tried{};  // when it was last fetched, or could not be
  };
  [[nodiscard]] KeptList find_list(const std::string& url) const;
  /// Null `bytes`: it could not be had now, and what was kept is kept.
  void keep_list(const std::string& url, List bytes, Time now);
  [[nodiscard]] std::size_t list_octets() const;
  [[nodiscard]] const RevocationCacheLimits& limits() const { return limits_; }

 private:
  struct Known {
    crypto::RevocationAnswer answer;
    Time asked{};
    Time next{};  // when it is asked again
  };
  [[nodiscard]] Duration until_asked_again(const crypto::RevocationAnswer& answer, Time asked) const;
  void make_room(Time now);
  void forget_list(std::map<std::string, KeptList>::iterator one);

  RevocationCacheLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, Known> known_;  // by fingerprint
  std::map<std::string, KeptList> lists_;
  std::size_t octets_ = 0;  // of lists
};

}  // namespace postern::gateway
