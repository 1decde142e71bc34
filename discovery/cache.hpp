// Answers until their TTL has passed, a bounded number of them. Thread-safe: one resolver serves all I/O
// threads.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "discovery/dns.hpp"

namespace postern::discovery {

class AnswerCache {
 public:
  explicit AnswerCache(std::size_t entries) : most_(entries) {}

  [[nodiscard]] std::optional<DnsAnswer> find(const std::string& name, RecordType type, Time now);
  /// Keeps `answer` for its `ttl`, bounded: a day for records, three hours for "there is none" (RFC 2308 §5).
  void keep(const std::string& name, const DnsAnswer& answer, RecordType type, Time now);

 private:
  using Key = std::pair<std::string, RecordType>;
  struct Entry {
    DnsAnswer answer;
    Time until;
    std::list<Key>::iterator use;
  };

  std::mutex mutex_;
  std::size_t most_;
  std::map<Key, Entry> entries_;
  std::list<Key> by_use_;  // the most recently used first
};

}  // namespace postern::discovery
