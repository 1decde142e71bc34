#include "net/tls_sessions.hpp"

#include <algorithm>
#include <ctime>

#include <openssl/x509.h>

namespace postern::net {
namespace {

constexpr long longest_life = 3600;  // seconds

bool still_good(SSL_SESSION* session) {
  const auto age = static_cast<long>(std::time(nullptr)) - SSL_SESSION_get_time(session);
  if (age < 0 || age > std::min(longest_life, SSL_SESSION_get_timeout(session))) return false;
  X509* certificate = SSL_SESSION_get0_peer(session);
  return certificate == nullptr || X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

}  // namespace

void TlsSessions::put(const std::string& purpose, TlsSessionPtr session) {
  const std::lock_guard lock(mutex_);
  auto& same = by_purpose_[purpose];
  same.push_back(kept_.insert(kept_.end(), {purpose, std::move(session)}));
  if (same.size() > most_of_one) drop(same.front());
  if (kept_.size() > most) drop(kept_.begin());
}

TlsSessionPtr TlsSessions::take(const std::string& purpose) {
  const std::lock_guard lock(mutex_);
  for (auto found = by_purpose_.find(purpose); found != by_purpose_.end(); found = by_purpose_.find(purpose)) {
    const auto youngest = found->second.back();
    SSL_SESSION* session = youngest->session.get();
    if (!still_good(session)) {
      drop(youngest);
      continue;
    }
    if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
      SSL_SESSION_up_ref(session);
      return {session, SSL_SESSION_free};
    }
    TlsSessionPtr taken = std::move(youngest->session);
    drop(youngest);
    return taken;
  }
  return {nullptr, SSL_SESSION_free};
}

void TlsSessions::forget(const std::string& purpose) {
  const std::lock_guard lock(mutex_);
  for (auto found = by_purpose_.find(purpose); found != by_purpose_.end(); found = by_purpose_.find(purpose))
    drop(found->second.front());
}

std::size_t TlsSessions::size() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

void TlsSessions::drop(std::list<Kept>::iterator one) {
  const auto same = by_purpose_.find(one->purpose);
  same->second.remove(one);
  if (same->second.empty()) by_purpose_.erase(same);
  kept_.erase(one);
}

}  // namespace postern::net
