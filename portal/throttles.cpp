#include "portal/throttles.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace postern::portal {

std::string network_of(std::string_view address) {
  in6_addr six{};
  const std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  std::fill(std::begin(six.s6_addr) + 8, std::end(six.s6_addr), std::uint8_t(0));
  char shown[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &six, shown, sizeof shown);
  return std::string(shown) + "/64";
}

/// A bucket is one time: the moment at which all its tokens are back. Each use moves it on by one token's time.
bool Throttles::allow(std::string_view address, Time now) {
  const std::lock_guard lock(mutex_);
  std::string network = network_of(address);
  if (full_again_.size() >= most_ && !full_again_.contains(network)) network = "others";
  Time& bucket = full_again_[network];
  const Time next = std::max(bucket, now) + refill_;
  if (next > now + refill_ * burst_) return false;
  bucket = next;
  return true;
}

void Throttles::forget_old(Time now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(full_again_, [now](const auto& entry) { return entry.second <= now; });
}

std::size_t Throttles::size() const {
  const std::lock_guard lock(mutex_);
  return full_again_.size();
}

}  // namespace postern::portal
