// Asks sources for recipients' keys (discovery/key_source) before mail is sealed, and puts what they give into the key
// store. One look-up for an address and a source at a time, in the background: it may go on when nobody waits any more,
// and the next attempt finds what it brought. What a source said is asked for again only when it has ended.
//
//   co_await search.refresh(due);      // a bounded time
//   known_keys(…)                      // gateway/recipient_keys: what is known by then
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "crypto/key_store.hpp"
#include "discovery/key_source.hpp"
#include "net/offload.hpp"

namespace postern::gateway {

struct KeyQuestion {
  mail::Address address;
  discovery::KeyOrigin origin = discovery::KeyOrigin::smimea;
  bool needed = true;  // false: there is a pinned key that is used whatever comes, and no mail waits
};

struct KeySearchOptions {
  std::chrono::milliseconds patience{10'000};    // of a message, for all its recipients
  Duration ask_again = std::chrono::minutes(1);  // after trouble
  Duration least_kept = std::chrono::minutes(5), most_kept = std::chrono::hours(24);
  Duration most_kept_none = std::chrono::hours(1);  // whoever has just published a key should not wait a day
  std::size_t most_at_once = 32;
};

class KeySearch {
 public:
  using Sources = std::vector<std::unique_ptr<discovery::KeySource>>;
  using Spawn = std::function<void(boost::asio::any_io_executor on, net::awaitable<void> task)>;
  /// What is spawned must end before this does. `pool`: reading keys and storing them.
  KeySearch(Sources sources, crypto::KeyStore& keys, net::Pool& pool, const Clock& clock, Spawn spawn,
            KeySearchOptions options = {});

  /// Which of `sources` are to be asked now. Blocks on the key store.
  [[nodiscard]] std::vector<KeyQuestion> due(const mail::Address& address,
                                             const std::vector<discovery::KeyOrigin>& sources) const;
  net::awaitable<void> refresh(std::vector<KeyQuestion> questions);
  /// Why the last look-up gave no answer; "" where there was none, or it is still under way.
  [[nodiscard]] std::string trouble(const mail::Address& address, discovery::KeyOrigin origin) const;

 private:
  using Name = std::pair<std::string, discovery::KeyOrigin>;
  struct Tried {
    Time at{};
    std::string trouble;
  };
  enum class Begun { now, by_another, not_yet };

  net::awaitable<void> look_up(KeyQuestion question);
  net::awaitable<std::string> find_out(KeyQuestion question);
  std::string learn(const KeyQuestion& question, const discovery::KeyAnswer& answer);
  [[nodiscard]] discovery::KeySource* source_of(discovery::KeyOrigin origin) const;
  [[nodiscard]] Begun begin(const KeyQuestion& question);
  [[nodiscard]] bool under_way(const KeyQuestion& question) const;
  void end(const KeyQuestion& question, std::string trouble);
  [[nodiscard]] static Name name_of(const KeyQuestion& question);

  Sources sources_;
  crypto::KeyStore& keys_;
  net::Pool& pool_;
  const Clock& clock_;
  Spawn spawn_;
  KeySearchOptions options_;
  mutable std::mutex mutex_;
  std::set<Name> under_way_;
  std::map<Name, Tried> tried_;  // in vain
};

}  // namespace postern::gateway
