// What the portal counts for whoever watches it, in Prometheus' text format 0.0.4: what was asked for and with which
// status it was answered, octets, and what there is now. No name, no address, nothing of a message. Thread-safe.
//
//   metrics.answered(call, result);
//   metrics.text({sessions, deposits, octets})     // for GET /metrics
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "net/http_server.hpp"

namespace postern::portal {

class Metrics {
 public:
  void answered(const net::HttpCall& call, const net::HttpResult& result);
  /// What was no HTTP, or more than is taken.
  void misunderstood(unsigned status);

  struct Now {
    std::uint64_t sessions = 0;
    std::uint64_t deposits = 0, octets = 0;  // that wait in the store
  };
  [[nodiscard]] std::string text(const Now& now) const;

  /// A browser's, while it lasts.
  class Connection {
   public:
    explicit Connection(Metrics& metrics) : metrics_(metrics) { ++metrics_.connections_; }
    ~Connection() { --metrics_.connections_; }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

   private:
    Metrics& metrics_;
  };

 private:
  void count(std::string_view what, unsigned status);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, unsigned>, std::uint64_t> requests_;  // by what was asked for, and status
  std::uint64_t octets_ = 0;
  std::atomic<std::uint64_t> connections_ = 0;
};

}  // namespace postern::portal
