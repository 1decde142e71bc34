// From the outbox to the sinks: reads events after each sink's cursor, appends, writes through, moves the cursor.
// A thread of its own, since files block. A sink that cannot be written is tried again; its events wait in the outbox.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "audit/file_sink.hpp"
#include "gateway/config.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

class Projector {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Projector>> open(const std::vector<SinkConfig>& sinks,
                                                               spool::Spool& spool, const std::string& hmac_key);
  ~Projector();  // writes what is there, then stops

  void wake();  // any thread

 private:
  struct Projection {
    std::string name;
    std::unique_ptr<audit::FileSink> sink;
    std::uint64_t cursor = 0;
    bool in_trouble = false;
  };
  Projector(std::vector<Projection> projections, spool::Spool& spool);
  void run();
  /// True where there was something to write.
  bool project(Projection& projection);
  Result<std::size_t> write_next(Projection& projection);

  std::vector<Projection> projections_;
  spool::Spool& spool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool work_ = true, stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::gateway
