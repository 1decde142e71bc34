// One thread that writes: it takes everything that waits, writes it as one batch, syncs once, and calls back. So a
// hundred messages cost one sync, and what a job reads from the store is not changed under it by another.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "spool/high_water.hpp"
#include "spool/store.hpp"

namespace postern::spool {

/// What jobs of one group know of each other before any of it is written.
struct Group {
  std::map<std::string, std::optional<std::string>> pending;  // of Table::recipient: erased, or the new value
};

class Committer {
 public:
  struct Job {
    /// Adds its changes to the batch; an error leaves the job out and is its answer.
    std::function<Result<void>(Batch&, Group&)> build;
    /// Once, after the write: on the committer's thread, so it must only hand over.
    std::function<void(Result<void>)> done;
    bool sync = true;
  };

  Committer(Store& store, HighWater& mark, const Clock& clock);
  ~Committer();  // writes what waits, then stops

  void submit(Job job);
  /// Called after each group; must not call back into the committer. Once this returns the old one is not running.
  void on_change(std::function<void()> wake);

 private:
  void run();
  void write_group(std::vector<Job>& jobs);

  Store& store_;
  HighWater& mark_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::vector<Job> queue_;
  std::function<void()> wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::spool
