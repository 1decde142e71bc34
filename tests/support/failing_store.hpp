// Any Store, whose N-th write fails. As a disk does, it does not say what became of it: `lost` the write is
// not there, `kept` it is there after all. Nothing is written after it until reopen(), which may be told to
// fail as well: then nothing can be read either until one succeeds.
#pragma once

#include <atomic>
#include <memory>

#include "spool/store.hpp"

namespace postern::test {

enum class FailedWrite { lost, kept };

/// Shared with the test, which outlives the store.
struct Plan {
  std::atomic<std::uint64_t> fail_at = 0;  // counted from 1; 0: never
  std::atomic<std::uint64_t> writes = 0;
  std::atomic<bool> dead = false;  // all that follows fails: the end of the process
  std::atomic<int> failing_reopens = 0;
  FailedWrite outcome = FailedWrite::lost;
  bool then_dead = false;  // the failed write is the last
};

class FailingStore final : public spool::Store {
 public:
  FailingStore(std::unique_ptr<spool::Store> inner, std::shared_ptr<Plan> plan)
      : inner_(std::move(inner)), plan_(std::move(plan)) {}

  Result<void> write(const std::vector<const spool::Batch*>& batches, bool sync) override {
    if (plan_->dead || failed_) return fail(Errc::unavailable, "the store has failed");
    if (++plan_->writes != plan_->fail_at) return inner_->write(batches, sync);
    if (plan_->outcome == FailedWrite::kept) {
      if (auto kept = inner_->write(batches, sync); !kept) return kept;
    }
    failed_ = true;
    if (plan_->then_dead) plan_->dead = true;
    return fail(Errc::io, "the disk has failed");
  }
  Result<std::optional<std::string>> get(spool::Table table, std::string_view key) override {
    if (closed_) return fail(Errc::unavailable, "the store is closed");
    return inner_->get(table, key);
  }
  Result<void> scan(spool::Table table, std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (closed_) return fail(Errc::unavailable, "the store is closed");
    return inner_->scan(table, from, to, visit);
  }
  std::uint64_t sequence() override { return inner_->sequence(); }
  bool failed() const override { return failed_; }
  Result<void> reopen() override {
    if (plan_->dead) return fail(Errc::unavailable, "the store has failed");
    if (plan_->failing_reopens > 0) {
      --plan_->failing_reopens;
      closed_ = true;
      return fail(Errc::unavailable, "the store cannot be opened yet");
    }
    failed_ = closed_ = false;
    return {};
  }

 private:
  std::unique_ptr<spool::Store> inner_;
  std::shared_ptr<Plan> plan_;
  std::atomic<bool> failed_ = false, closed_ = false;
};

}  // namespace postern::test
