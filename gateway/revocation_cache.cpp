#include "gateway/revocation_cache.hpp"

#include <algorithm>

namespace postern::gateway {
namespace {

using crypto::RevocationAnswer;
using crypto::RevocationStatus;

bool still_counts(const RevocationAnswer& answer, Time now) {
  return answer.status == RevocationStatus::revoked ||
         (answer.status != RevocationStatus::unknown && now <= answer.until);
}

}  // namespace

RevocationAnswer RevocationCache::find(const crypto::Certificate& certificate, Time now) const {
  const std::string name = certificate.fingerprint();
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  if (found == known_.end()) return {.text = "there is no answer yet"};
  const RevocationAnswer& answer = found->second.answer;
  if (answer.status == RevocationStatus::unknown || still_counts(answer, now)) return answer;
  return {.text = "the last answer is no longer valid"};
}

bool RevocationCache::is_due(const crypto::Certificate& certificate, Time now) const {
  const std::string name = certificate.fingerprint();
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  return found == known_.end() || now >= found->second.next;
}

void RevocationCache::keep(const std::string& fingerprint, RevocationAnswer answer, Time asked) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(fingerprint);
  if (found == known_.end() && known_.size() >= limits_.most_answers) make_room(asked);
  Known& known = known_[fingerprint];
  known.asked = asked;
  known.next = asked + until_asked_again(answer, asked);
  if (answer.status == RevocationStatus::unknown && still_counts(known.answer, asked)) return;
  if (known.answer.status == RevocationStatus::revoked && answer.said <= known.answer.said) return;
  known.answer = std::move(answer);
}

Duration RevocationCache::until_asked_again(const RevocationAnswer& answer, Time asked) const {
  if (answer.status == RevocationStatus::unknown) return limits_.ask_again;
  if (answer.status == RevocationStatus::revoked) return limits_.refresh_after;
  return std::clamp(std::chrono::duration_cast<Duration>(answer.until - asked), limits_.ask_again,
                    limits_.refresh_after);
}

/// What has ended first, then what was asked for longest ago.
void RevocationCache::make_room(Time now) {
  std::erase_if(known_, [&](const auto& one) { return !still_counts(one.second.answer, now); });
  if (known_.size() < limits_.most_answers) return;
  known_.erase(std::ranges::min_element(known_, {}, [](const auto& one) { return one.second.asked; }));
}

RevocationCache::KeptList RevocationCache::find_list(const std::string& url) const {
  const std::lock_guard lock(mutex_);
  const auto found = lists_.find(url);
  return found != lists_.end() ? found->second : KeptList{};
}

void RevocationCache::keep_list(const std::string& url, List bytes, Time now) {
  const std::lock_guard lock(mutex_);
  if (bytes == nullptr || bytes->size() > limits_.most_list_octets) bytes = lists_[url].bytes;
  if (const auto old = lists_.find(url); old != lists_.end()) forget_list(old);
  const std::size_t size = bytes != nullptr ? bytes->size() : 0;
  while (!lists_.empty() && (octets_ + size > limits_.most_list_octets || lists_.size() >= limits_.most_lists))
    forget_list(std::ranges::min_element(lists_, {}, [](const auto& one) { return one.second.tried; }));
  octets_ += size;
  lists_[url] = {std::move(bytes), now};
}

void RevocationCache::forget_list(std::map<std::string, KeptList>::iterator one) {
  if (one->second.bytes != nullptr) octets_ -= one->second.bytes->size();
  lists_.erase(one);
}

std::size_t RevocationCache::list_octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

}  // namespace postern::gateway
