#include "spool/committer.hpp"

#include <algorithm>

namespace postern::spool {

Committer::Committer(Store& store, HighWater& mark, const Clock& clock)
    : store_(store), mark_(mark), clock_(clock), thread_([this] { run(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_one();
  thread_.join();
}

void Committer::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(job));
  }
  waiting_.notify_one();
}

void Committer::on_change(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Committer::run() {
  for (;;) {
    std::vector<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      jobs.swap(queue_);
    }
    write_group(jobs);
    const std::lock_guard lock(mutex_);  // held, so that on_change({}) knows that no call is under way
    if (wake_) wake_();
  }
}

void Committer::write_group(std::vector<Job>& jobs) {
  Group group;
  std::vector<Batch> batches(jobs.size());
  std::vector<Result<void>> answers(jobs.size());
  std::vector<const Batch*> good;
  bool sync = false;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    answers[i] = jobs[i].build(batches[i], group);
    if (!answers[i]) continue;
    good.push_back(&batches[i]);
    sync = sync || jobs[i].sync;
  }
  Result<void> written;
  if (!good.empty()) written = store_.write(good, sync);
  if (written && sync) mark_.raise({store_.sequence(), clock_.now()});
  // 250 means kept: nobody in a group whose sync failed hears yes.
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].done(answers[i] ? written : answers[i]);
  }
}

}  // namespace postern::spool
