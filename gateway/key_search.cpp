#include "gateway/key_search.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "crypto/key_tables.hpp"
#include "gateway/found_keys.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

using SteadyClock = std::chrono::steady_clock;
using crypto::AddOutcome;
using discovery::KeyAnswer;
using discovery::KeyOrigin;

constexpr std::chrono::milliseconds turn{50};
constexpr std::size_t most_tried = 10'000;

bool has_pinned(const std::vector<crypto::KeyRecord>& known, KeyOrigin origin, Time now) {
  const auto kind = discovery::kind_of(origin) == discovery::PersonKey::certificate ? crypto::KeyKind::certificate
                                                                                    : crypto::KeyKind::openpgp;
  return std::ranges::any_of(known, [&](const crypto::KeyRecord& key) {
    return key.kind == kind && key.trust == crypto::Trust::pinned && key.not_after.value_or(Time::max()) > now;
  });
}

void tell(const crypto::AddResult& result) {
  switch (result.outcome) {
    case AddOutcome::unchanged: return log::debug("{}", result.event);
    case AddOutcome::added:
    case AddOutcome::changed: return log::info("{}", result.event);
    case AddOutcome::awaits_approval:
    case AddOutcome::refused: return log::warning("{}", result.event);
  }
}

/// One line, without the address.
std::string said_by(const KeyAnswer& answer, const FoundKeys& found) {
  std::string said = answer.reason;
  for (const crypto::KeyRecord& key : found.keys)
    said += (said.empty() ? "" : "; ") + crypto::short_fingerprint(key.fingerprint) + ": " + key.evidence;
  if (!found.refused.empty()) said += (said.empty() ? "" : "; ") + found.refused;
  return said;
}

}  // namespace

KeySearch::KeySearch(Sources sources, crypto::KeyStore& keys, net::Pool& pool, const Clock& clock, Spawn spawn,
                     KeySearchOptions options)
    : sources_(std::move(sources)),
      keys_(keys),
      pool_(pool),
      clock_(clock),
      spawn_(std::move(spawn)),
      options_(options) {}

std::vector<KeyQuestion> KeySearch::due(const mail::Address& address, const std::vector<KeyOrigin>& sources) const {
  std::vector<KeyQuestion> questions;
  if (sources.empty()) return questions;
  const auto known = keys_.find(address);
  const auto lookups = keys_.lookups(address);
  if (!known || !lookups) return questions;  // who wants keys of the store is told so
  const Time now = clock_.now();
  for (const KeyOrigin origin : sources) {
    const auto last = std::ranges::find(*lookups, discovery::format_key_origin(origin), &crypto::KeyLookup::source);
    if (last != lookups->end() && last->until > now) continue;
    const KeyQuestion question{address, origin, !has_pinned(*known, origin, now)};
    const std::lock_guard lock(mutex_);
    const auto tried = tried_.find(name_of(question));
    if (tried == tried_.end() || now - tried->second.at >= options_.ask_again) questions.push_back(question);
  }
  return questions;
}

net::awaitable<void> KeySearch::refresh(std::vector<KeyQuestion> questions) {
  const auto until = SteadyClock::now() + options_.patience;
  const auto here = co_await net::this_executor();
  std::erase_if(questions, [this](const KeyQuestion& one) { return source_of(one.origin) == nullptr; });
  std::vector<KeyQuestion> waited;
  for (;;) {
    std::vector<KeyQuestion> later;
    for (KeyQuestion& one : questions) {
      const Begun begun = begin(one);
      if (begun == Begun::now) spawn_(here, look_up(one));
      if (!one.needed) continue;  // nor is it waited for that others have ended
      (begun == Begun::not_yet ? later : waited).push_back(std::move(one));
    }
    questions = std::move(later);
    std::erase_if(waited, [this](const KeyQuestion& one) { return !under_way(one); });
    if ((questions.empty() && waited.empty()) || SteadyClock::now() >= until) co_return;
    co_await net::sleep_for(turn);
  }
}

std::string KeySearch::trouble(const mail::Address& address, KeyOrigin origin) const {
  const std::lock_guard lock(mutex_);
  const auto tried = tried_.find(name_of({address, origin}));
  return tried == tried_.end() ? "" : tried->second.trouble;
}

net::awaitable<void> KeySearch::look_up(KeyQuestion question) {
  struct Turn {
    KeySearch& owner;
    const KeyQuestion& question;
    std::string trouble = "the look-up was broken off";
    ~Turn() { owner.end(question, std::move(trouble)); }
  } mine{*this, question};
  try {
    mine.trouble = co_await find_out(question);
  } catch (const net::Overloaded& busy) {
    mine.trouble = busy.what();
  }
  if (!mine.trouble.empty())
    log::warning("{} gave no answer about an address in {}: {}", discovery::format_key_origin(question.origin),
                 question.address.domain().str(), mine.trouble);
}

/// The trouble, or "".
net::awaitable<std::string> KeySearch::find_out(KeyQuestion question) {
  KeyAnswer answer = co_await source_of(question.origin)->find(question.address);
  if (answer.result == KeyAnswer::Result::trouble) co_return answer.reason;
  co_return co_await net::offload(pool_,
                                  [this, question, answer = std::move(answer)] { return learn(question, answer); });
}

std::string KeySearch::learn(const KeyQuestion& question, const KeyAnswer& answer) {
  const Time now = clock_.now();
  const FoundKeys found = read_found(answer, question.origin, question.address, now);
  crypto::KeyLookup lookup;
  lookup.address = crypto::parse_key_address(question.address.str()).value_or("");
  lookup.source = discovery::format_key_origin(question.origin);
  lookup.said = said_by(answer, found);
  lookup.at = now;
  const Duration most = found.keys.empty() ? options_.most_kept_none : options_.most_kept;
  lookup.until = now + std::clamp<Duration>(answer.ttl, options_.least_kept, most);
  const auto learned = keys_.learn(lookup, found.keys);
  if (!learned) return "what it said could not be kept: " + learned.error().text;
  for (const crypto::AddResult& result : *learned)
    tell(result);
  return "";
}

discovery::KeySource* KeySearch::source_of(KeyOrigin origin) const {
  const auto found = std::ranges::find_if(sources_, [&](const auto& one) { return one->origin() == origin; });
  return found == sources_.end() ? nullptr : found->get();
}

KeySearch::Begun KeySearch::begin(const KeyQuestion& question) {
  const std::lock_guard lock(mutex_);
  const Name name = name_of(question);
  if (under_way_.contains(name)) return Begun::by_another;
  if (under_way_.size() >= options_.most_at_once) return Begun::not_yet;
  under_way_.insert(name);
  return Begun::now;
}

bool KeySearch::under_way(const KeyQuestion& question) const {
  const std::lock_guard lock(mutex_);
  return under_way_.contains(name_of(question));
}

void KeySearch::end(const KeyQuestion& question, std::string trouble) {
  const std::lock_guard lock(mutex_);
  const Name name = name_of(question);
  under_way_.erase(name);
  tried_.erase(name);
  if (trouble.empty()) return;
  if (tried_.size() >= most_tried) tried_.clear();
  tried_[name] = {clock_.now(), std::move(trouble)};
}

KeySearch::Name KeySearch::name_of(const KeyQuestion& question) {
  return {lowered(question.address.str()), question.origin};
}

}  // namespace postern::gateway
