#include "portal/sessions.hpp"

#include "portal/token.hpp"

namespace postern::portal {
std::optional<std::string> Sessions::begin(Session session, Time now) {
  std::string token = make_token(random_);
  const std::lock_guard lock(mutex_);
  if (open_.size() >= most_sessions) return std::nullopt;
  open_.insert_or_assign(digest_of(token), Open{std::move(session), now + session_lifetime});
  return token;
}

std::optional<Session> Sessions::find(const std::string& token, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(digest_of(token));
  if (found == open_.end()) return std::nullopt;
  if (found->second.until <= now) {
    open_.erase(found);
    return std::nullopt;
  }
  found->second.until = now + session_lifetime;
  return found->second.session;
}

void Sessions::know(const std::string& token, SignedIn how) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(digest_of(token));
  if (found != open_.end() && found->second.session.how) found->second.session.how = std::move(how);
}

void Sessions::end(const std::string& token) {
  const std::lock_guard lock(mutex_);
  open_.erase(digest_of(token));
}

void Sessions::forget_old(Time now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [now](const auto& entry) { return entry.second.until <= now; });
}

std::size_t Sessions::size() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace postern::portal
