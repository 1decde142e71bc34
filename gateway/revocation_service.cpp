#include "gateway/revocation_service.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace postern::gateway {
namespace {

using crypto::RevocationAnswer;
using crypto::RevocationStatus;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds turn{50};
constexpr std::size_t longest_list = 16U << 20, longest_answer = 64U << 10;
constexpr std::size_t most_urls = 2;  // of a kind: what a certificate names is asked in vain at a cost

RevocationAnswer unknown(std::string text) {
  return {.status = RevocationStatus::unknown, .text = std::move(text)};
}

bool says_something(const RevocationAnswer& answer) {
  return answer.status != RevocationStatus::unknown;
}

void tell(const RevocationQuestion& question, const RevocationAnswer& answer) {
  const std::string name = question.certificate.fingerprint();
  if (answer.status == RevocationStatus::unknown)
    log::warning("whether certificate {} was revoked could not be learned: {}", name, answer.text);
  if (answer.status == RevocationStatus::revoked) log::warning("certificate {} was revoked: {}", name, answer.text);
}

}  // namespace

RevocationService::RevocationService(discovery::UrlFetch fetch, crypto::KeyStore& keys, net::Pool& pool,
                                     const Clock& clock, Spawn spawn, RevocationOptions options)
    : fetch_(std::move(fetch)),
      keys_(keys),
      pool_(pool),
      clock_(clock),
      spawn_(std::move(spawn)),
      options_(options),
      cache_(options.limits) {}

Result<void> RevocationService::recall() {
  const auto known = keys_.revocations(clock_.now(), options_.limits.most_answers);
  if (!known) return fail(known.error());
  for (const crypto::KeptRevocation& kept : *known)
    cache_.keep(kept.fingerprint, kept.answer, kept.asked);
  return {};
}

net::awaitable<void> RevocationService::refresh(std::vector<RevocationQuestion> questions) {
  const auto until = SteadyClock::now() + options_.patience;
  const auto here = co_await net::this_executor();
  for (;;) {
    std::erase_if(questions, [&](const auto& one) { return !cache_.is_due(one.certificate, clock_.now()); });
    for (const RevocationQuestion& one : questions) {
      if (begin(one.certificate.fingerprint())) spawn_(here, look_up(one));
    }
    if (questions.empty() || SteadyClock::now() >= until) co_return;
    co_await net::sleep_for(turn);
  }
}

net::awaitable<void> RevocationService::look_up(RevocationQuestion question) {
  struct Turn {
    RevocationService& owner;
    std::string name;
    ~Turn() { owner.end(name); }
  } const mine{*this, question.certificate.fingerprint()};
  RevocationAnswer answer;
  try {
    answer = co_await find_out(question);
  } catch (const net::Overloaded& busy) {
    answer = unknown(busy.what());
  }
  tell(question, answer);
  const Time asked = clock_.now();
  cache_.keep(mine.name, answer, asked);
  if (says_something(answer)) co_await keep({mine.name, std::move(answer), asked});
}

/// Mail does not wait for it: it has the answer.
net::awaitable<void> RevocationService::keep(crypto::KeptRevocation kept) {
  Result<void> written;
  try {
    written = co_await net::offload(pool_, [&keys = keys_, kept] { return keys.keep_revocation(kept); });
  } catch (const net::Overloaded& busy) {
    written = fail(Errc::unavailable, busy.what());
  }
  if (!written)
    log::warning("what the issuer said of certificate {} is forgotten with a restart: {}", kept.fingerprint,
                 written.error().text);
}

net::awaitable<RevocationAnswer> RevocationService::find_out(RevocationQuestion question) {
  const crypto::RevocationSources sources = crypto::revocation_sources(question.certificate);
  RevocationAnswer answer = co_await ask_responders(question, sources.ocsp);
  if (says_something(answer) || sources.crl.empty()) co_return answer;
  RevocationAnswer listed = co_await ask_lists(question, sources.crl);
  if (!says_something(listed) && !sources.ocsp.empty()) listed.text = answer.text + "; " + listed.text;
  co_return listed;
}

net::awaitable<RevocationAnswer> RevocationService::ask_responders(RevocationQuestion question,
                                                                   std::vector<std::string> urls) {
  RevocationAnswer answer = unknown("");
  const Result<std::string> request = crypto::ocsp_request(question.certificate, question.issuer);
  if (!request) co_return unknown(request.error().text);
  for (std::size_t i = 0; i < std::min(urls.size(), most_urls) && !says_something(answer); ++i) {
    // RFC 6960 §A.1
    Result<std::string> said = co_await fetch_.fetch({.url = urls[i],
                                                      .post = net::HttpContent{"application/ocsp-request", *request},
                                                      .longest = longest_answer,
                                                      .patience = options_.ocsp_patience});
    if (!said) {
      answer = unknown("OCSP: " + said.error().text);
      continue;
    }
    answer = co_await net::offload(pool_, [question, said = std::move(*said), now = clock_.now()] {
      return crypto::check_ocsp(question.certificate, question.issuer, said, now);
    });
  }
  co_return answer;
}

net::awaitable<RevocationAnswer> RevocationService::ask_lists(RevocationQuestion question,
                                                              std::vector<std::string> urls) {
  RevocationAnswer answer = unknown("");
  for (std::size_t i = 0; i < std::min(urls.size(), most_urls) && !says_something(answer); ++i)
    answer = co_await ask_list(question, urls[i]);
  co_return answer;
}

net::awaitable<RevocationAnswer> RevocationService::ask_list(RevocationQuestion question, std::string url) {
  const RevocationCache::KeptList kept = cache_.find_list(url);
  RevocationAnswer before = unknown("the CRL could not be had lately");
  if (kept.bytes != nullptr) before = co_await judge_list(question, kept.bytes);
  const RevocationCacheLimits& limits = cache_.limits();
  const Duration age = clock_.now() - kept.tried;
  if (age < (says_something(before) ? limits.refresh_after : limits.ask_again)) co_return before;

  const std::string trouble = co_await renew_list(url, kept.tried);
  const RevocationCache::KeptList now_kept = cache_.find_list(url);
  if (now_kept.bytes == nullptr || now_kept.bytes == kept.bytes) {
    co_return says_something(before) || trouble.empty() ? before : unknown("CRL: " + trouble);
  }
  RevocationAnswer after = co_await judge_list(question, now_kept.bytes);
  co_return says_something(after) || !says_something(before) ? after : before;
}

/// One at a time fetches a list; whoever waited takes what the one before has brought. Why it could not be had, or "".
net::awaitable<std::string> RevocationService::renew_list(std::string url, Time since) {
  const auto begin_list = [&] {
    const std::lock_guard lock(mutex_);
    return lists_fetched_.insert(url).second;
  };
  while (!begin_list())
    co_await net::sleep_for(turn);
  struct Turn {
    RevocationService& owner;
    const std::string& url;
    ~Turn() {
      const std::lock_guard lock(owner.mutex_);
      owner.lists_fetched_.erase(url);
    }
  } const mine{*this, url};
  if (cache_.find_list(url).tried != since) co_return "it could not be had lately";
  Result<std::string> fetched =
      co_await fetch_.fetch({.url = url, .longest = longest_list, .patience = options_.list_patience});
  RevocationCache::List list;
  if (fetched) list = std::make_shared<const std::string>(std::move(*fetched));
  cache_.keep_list(url, std::move(list), clock_.now());
  co_return fetched ? "" : fetched.error().text;
}

net::awaitable<RevocationAnswer> RevocationService::judge_list(RevocationQuestion question,
                                                               RevocationCache::List list) {
  co_return co_await net::offload(pool_, [question, list = std::move(list), now = clock_.now()] {
    return crypto::check_crl(question.certificate, question.issuer, *list, now);
  });
}

bool RevocationService::begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return under_way_.size() < options_.most_at_once && under_way_.insert(name).second;
}

void RevocationService::end(const std::string& name) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(name);
}

}  // namespace postern::gateway
