#include "spool/committer.hpp"

#include <algorithm>

namespace postern::spool {

Committer::Committer(Store& store, HighWater& mark, const Clock& clock, std::function<Result<void>()> reopened)
    : store_(store), mark_(mark), clock_(clock), reopened_(std::move(reopened)), thread_([this] { run(); }) {}

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
    const std::uint64_t before = generation_;
    write_group(jobs);
    const bool opened_anew = generation_ != before;
    if (!opened_anew && std::ranges::none_of(jobs, &Job::changes_queue)) continue;
    const std::lock_guard lock(mutex_);  // held, so that on_change({}) knows that no call is under way
    if (wake_) wake_();
  }
}

/// Only here is the store opened anew, so no chunk is lost between a job's look at its generation and the
/// write.
Result<void> Committer::make_ready() {
  if (store_.failed()) {
    if (auto opened = store_.reopen(); !opened) return opened;
    ++generation_;
    recount_due_ = true;
  }
  if (!recount_due_) return {};
  if (auto counted = reopened_(); !counted) return fail(Errc::unavailable, counted.error().text);
  recount_due_ = false;
  return {};
}

void Committer::write_group(std::vector<Job>& jobs) {
  if (const auto ready = make_ready(); !ready) {
    for (Job& job : jobs)
      job.done(ready);
    return;
  }
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
  const Result<void> written = good.empty() ? Result<void>() : write(good, sync);
  // 250 means kept: nobody in a group whose sync failed hears yes.
  for (std::size_t i = 0; i < jobs.size(); ++i)
    jobs[i].done(answers[i] ? written : answers[i]);
}

/// The mark is what was there before plus what this write adds: whatever others write unsynced meanwhile lies
/// beyond.
Result<void> Committer::write(const std::vector<const Batch*>& batches, bool sync) {
  std::uint64_t durable = store_.sequence();
  for (const Batch* batch : batches)
    durable += batch->operations.size();
  auto written = store_.write(batches, sync);
  if (written && sync) mark_.raise({durable, clock_.now()});
  return written;
}

}  // namespace postern::spool
