// Asks whether certificates were revoked: OCSP first (RFC 6960), a CRL where there is no OCSP or it gave nothing
// (RFC 5280 §5). One look-up for a certificate at a time, in the background: it may go on when nobody waits any more,
// and the next attempt finds what it brought.
//
//   co_await service.refresh(questions);           // a bounded time
//   service.answers().find(certificate, now)       // what is known by then
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "crypto/key_store.hpp"
#include "discovery/url_fetch.hpp"
#include "gateway/revocation_cache.hpp"
#include "net/offload.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {

struct RevocationOptions {
  std::chrono::milliseconds patience{10'000};       // of a message, for all its certificates
  std::chrono::milliseconds ocsp_patience{4'000};   // of one responder: leaves time for the list
  std::chrono::milliseconds list_patience{60'000};  // of one list
  std::size_t most_at_once = 32;
  RevocationCacheLimits limits;
};

class RevocationService {
 public:
  using Spawn = std::function<void(boost::asio::any_io_executor on, net::awaitable<void> task)>;
  /// What is spawned must end before this does. `pool`: judging, a large list takes CPU, and keeping answers.
  RevocationService(discovery::UrlFetch fetch, crypto::KeyStore& keys, net::Pool& pool, const Clock& clock, Spawn spawn,
                    RevocationOptions options = {});
  /// Blocking; before the first question: what was learned before a restart.
  [[nodiscard]] Result<void> recall();

  [[nodiscard]] const RevocationAnswers& answers() const { return cache_; }
  net::awaitable<void> refresh(std::vector<RevocationQuestion> questions);

 private:
  net::awaitable<void> look_up(RevocationQuestion question);
  net::awaitable<void> keep(crypto::KeptRevocation kept);
  net::awaitable<crypto::RevocationAnswer> find_out(RevocationQuestion question);
  net::awaitable<crypto::RevocationAnswer> ask_responders(RevocationQuestion question, std::vector<std::string> urls);
  net::awaitable<crypto::RevocationAnswer> ask_lists(RevocationQuestion question, std::vector<std::string> urls);
  net::awaitable<crypto::RevocationAnswer> ask_list(RevocationQuestion question, std::string url);
  net::awaitable<std::string> renew_list(std::string url, Time since);
  net::awaitable<crypto::RevocationAnswer> judge_list(RevocationQuestion question, RevocationCache::List list);
  bool begin(const std::string& name);
  void end(const std::string& name);

  discovery::UrlFetch fetch_;
  crypto::KeyStore& keys_;
  net::Pool& pool_;
  const Clock& clock_;
  Spawn spawn_;
  RevocationOptions options_;
  RevocationCache cache_;
  std::mutex mutex_;
  std::set<std::string> under_way_;      // certificates
  std::set<std::string> lists_fetched_;  // now: URLs
};

}  // namespace postern::gateway
