// One thread that writes: it takes everything that waits, writes it as one batch, syncs once, and calls back.
// So a hundred messages cost one sync, and what a job reads from the store is not changed under it by
// another.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "spool/high_water.hpp"
#include "spool/store.hpp"

namespace postern::spool {

/// What jobs of one group know of each other before any of it is written: erased, or the new value. A job
/// adds to it only when nothing of it can fail any more.
struct Group {
  using Pending = std::map<std::string, std::optional<std::string>, std::less<>>;
  Pending recipients, messages, holders, pickups;  // by key
};

/// A row as the jobs before in the group leave it; nothing: it is not there.
[[nodiscard]] inline Result<std::optional<std::string>> row_now(Store& store, Table table, const std::string& key,
                                                                const Group::Pending& pending) {
  const auto found = pending.find(key);
  return found != pending.end() ? found->second : store.get(table, key);
}

class Committer {
 public:
  struct Job {
    /// Adds its changes to the batch; an error leaves the job out and is its answer.
    std::function<Result<void>(Batch&, Group&)> build;
    /// Once, after the write: on the committer's thread, so it must only hand over.
    std::function<void(Result<void>)> done;
    bool sync = true;
    bool changes_queue = true;  // or writes an event: others have something to do when it is there
  };

  /// `reopened` is called on the committer's thread when the store was opened anew after a failed write,
  /// before anything else is written: what was answered with an error may be there after all.
  Committer(Store& store, HighWater& mark, const Clock& clock, std::function<Result<void>()> reopened);
  ~Committer();  // writes what waits, then stops

  void submit(Job job);
  /// How often the store was opened anew. On the committer's thread it does not change under a job.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Called after a group with a job that `changes_queue`, or that opened the store anew; must not call back into the
  /// committer. Once this returns the old one is not running.
  void on_change(std::function<void()> wake);

 private:
  void run();
  [[nodiscard]] Result<void> make_ready();
  void write_group(std::vector<Job>& jobs);
  [[nodiscard]] Result<void> write(const std::vector<const Batch*>& batches, bool sync);

  Store& store_;
  HighWater& mark_;
  const Clock& clock_;
  std::function<Result<void>()> reopened_;
  std::atomic<std::uint64_t> generation_ = 0;
  bool recount_due_ = false;  // the thread's alone
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::vector<Job> queue_;
  std::function<void()> wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::spool
