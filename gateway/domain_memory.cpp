#include "gateway/domain_memory.hpp"

namespace postern::gateway {

void DomainMemory::incapable(const mail::Domain& domain, Time now) {
  const std::lock_guard lock(mutex_);
  if (proven_.size() >= most) proven_.clear();
  proven_[domain] = now;
}

void DomainMemory::capable(const mail::Domain& domain) {
  const std::lock_guard lock(mutex_);
  proven_.erase(domain);
}

bool DomainMemory::fresh(const mail::Domain& domain, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = proven_.find(domain);
  return found != proven_.end() && now - found->second < std::chrono::hours(24);
}

}  // namespace postern::gateway
