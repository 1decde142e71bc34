// What OpenSSL has decoded once. It decodes a certificate or a private key in more time than it then takes to use it,
// and mail comes with the same few again and again. Thread-safe; what is kept is as many as said, then none.
//
//   Decoded<Certificate> certificates(4096);
//   certificates.get(der, [&] { return Certificate::parse_der(der); });
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/error.hpp"

namespace postern::crypto {

/// Of values that are cheap to copy. An Error is not kept: the next one may be none.
template <class Value>
class Decoded {
 public:
  explicit Decoded(std::size_t most) : most_(most) {}

  /// `from`: the octets that are decoded, or a digest of them where they are secret.
  template <class Decode>
  [[nodiscard]] Result<Value> get(const std::string& from, Decode decode) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = known_.find(from); found != known_.end()) return found->second;
    }
    Result<Value> made = decode();
    if (!made) return made;
    const std::lock_guard lock(mutex_);
    if (known_.size() >= most_) known_.clear();
    known_.emplace(from, *made);
    return made;
  }

 private:
  std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, Value> known_;
};

}  // namespace postern::crypto
