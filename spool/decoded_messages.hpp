// Commit records, decoded once. To decode the addresses of ten thousand recipients takes milliseconds, and each of them
// settles alone. Not thread-safe; holds a few large ones.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "spool/records.hpp"

namespace postern::spool {

class DecodedMessages {
 public:
  /// Of these very bytes, so what was read before is never taken for what is stored now.
  [[nodiscard]] Result<std::shared_ptr<const MessageRecord>> decode(std::string bytes);

 private:
  static constexpr std::size_t most = 4, least_octets = 16U << 10;
  struct One {
    std::string bytes;
    std::shared_ptr<const MessageRecord> record;
  };
  std::deque<One> known_;  // the newest first
};

}  // namespace postern::spool
