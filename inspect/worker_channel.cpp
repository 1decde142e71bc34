#include "inspect/worker_channel.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/log.hpp"
#include "inspect/believe.hpp"
#include "inspect/skeleton.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {
namespace {

using Clock = std::chrono::steady_clock;
using mail::Uninspectable;

/// Plain text beyond this is read by the worker too: time and memory in this process stay small.
constexpr std::size_t small_message = 1U << 20;
constexpr std::chrono::seconds shortest_pause{1}, longest_pause{60};

/// At most so many at a time; the others wait, for a while.
class Slots {
 public:
  explicit Slots(unsigned free) : free_(free) {}
  [[nodiscard]] bool take(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, deadline, [this] { return free_ > 0; })) return false;
    --free_;
    return true;
  }
  void give_back() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  unsigned free_;
};

/// The worker of the moment. One thread starts it while the others wait for that.
class Keeper {
 public:
  Keeper(WorkerPlace place, Task task) : place_(std::move(place)), task_(std::move(task)) {}

  Result<std::shared_ptr<WorkerProcess>> get() {
    const std::lock_guard lock(mutex_);
    if (worker_) return worker_;
    if (Clock::now() < not_before_) return fail(Errc::unavailable, "the inspection worker ended and is not back yet");
    auto started = WorkerProcess::start(place_, task_);
    if (!started) {
      failed();
      return fail(started.error());
    }
    worker_ = std::move(*started);
    return worker_;
  }
  /// `worker` is of no use any more. Whoever still holds it lets go in time.
  void drop(const std::shared_ptr<WorkerProcess>& worker) {
    const std::lock_guard lock(mutex_);
    if (worker_ != worker) return;
    worker_.reset();
    failed();
    log::warning("inspection: the worker is gone or stuck ({} in a row); the next message starts another", failures_);
  }
  void succeeded() {
    const std::lock_guard lock(mutex_);
    failures_ = 0;
  }

 private:
  /// The first failure is mended at once.
  void failed() {
    if (failures_ > 0) {
      const unsigned doublings = std::min(failures_ - 1, 6U);
      not_before_ = Clock::now() + std::min<Clock::duration>(shortest_pause * (1U << doublings), longest_pause);
    }
    ++failures_;
  }

  const WorkerPlace place_;
  const Task task_;
  std::mutex mutex_;
  std::shared_ptr<WorkerProcess> worker_;
  unsigned failures_ = 0;
  Clock::time_point not_before_{};
};

class WorkerChannel final : public Inspector {
 public:
  WorkerChannel(Task task, WorkerOptions options, std::unique_ptr<Inspector> here)
      : options_(std::move(options)),
        limits_(task.limits),
        probe_count_(task.probes.size()),
        here_(std::move(here)),
        slots_(std::max(1U, options_.in_flight)),
        keeper_(options_.place, std::move(task)) {}

  Result<void> start() {
    if (auto worker = keeper_.get(); !worker) return fail(worker.error());
    return {};
  }

  Result<std::string> inspect(const Message& message) override {
    const std::size_t size = message.bytes().size();
    const Skeleton skeleton = read_skeleton(message.bytes(), limits_);
    if (here_ && size <= small_message && plain_text_and_html(skeleton)) {
      // Two parsers that see different things: then it is not plain enough to be read here.
      const auto facts = decoded(here_->inspect(message));
      if (facts && believe(*facts, skeleton, size, limits_.parts) == *facts) return mail::encode_facts(*facts);
    }
    if (!slots_.take(Clock::now() + options_.timeout))
      return fail(Errc::limit, "too many messages are being inspected");
    const Result<mail::Facts> facts = outcome(ask(message), skeleton, size);
    slots_.give_back();
    if (!facts) return fail(facts.error());
    return mail::encode_facts(*facts);
  }

 private:
  [[nodiscard]] Result<mail::Facts> decoded(const Result<std::string>& bytes) const {
    if (!bytes) return fail(bytes.error());
    return mail::decode_facts(*bytes, probe_count_, {.parts = std::max<std::size_t>(limits_.parts, 2)});
  }

  Result<Answer> ask(const Message& message) {
    Answer answer{Answer::Kind::unsent};
    // Twice, for a worker that ended while nobody asked: the message was not what it died of.
    for (int tries = 0; tries < 2 && answer.kind == Answer::Kind::unsent; ++tries) {
      auto worker = keeper_.get();
      if (!worker) return fail(worker.error());
      answer = (*worker)->ask(message, options_.timeout);
      if (answer.kind == Answer::Kind::fault || answer.kind == Answer::Kind::unsent) keeper_.drop(*worker);
    }
    return answer;
  }

  Result<mail::Facts> outcome(Result<Answer> answer, const Skeleton& skeleton, std::uint64_t size) {
    if (!answer) return fail(answer.error());
    switch (answer->kind) {
      case Answer::Kind::unsent:
      case Answer::Kind::refused:
      case Answer::Kind::fault: return fail(Errc::unavailable, "the inspection worker did not take the message");
      case Answer::Kind::timed_out: return mail::Facts::uninspected(size, Uninspectable::timeout);
      case Answer::Kind::crashed: return mail::Facts::uninspected(size, Uninspectable::crashed);
      case Answer::Kind::facts: break;
    }
    keeper_.succeeded();
    auto facts = decoded(std::move(answer->facts));
    if (!facts) return mail::Facts::uninspected(size, Uninspectable::crashed);
    return believe(std::move(*facts), skeleton, size, limits_.parts);
  }

  const WorkerOptions options_;
  const InspectLimits limits_;
  const std::size_t probe_count_;
  const std::unique_ptr<Inspector> here_;  // null: everything goes to the worker
  Slots slots_;
  Keeper keeper_;
};

}  // namespace

Result<std::unique_ptr<Inspector>> make_worker_inspector(const mail::ProbeSet& probes, InspectLimits limits,
                                                         std::string value_key, WorkerOptions options) {
  std::unique_ptr<Inspector> here;
  if (!options.plain_text_too) {
    auto made = make_inspector(probes, limits, value_key);
    if (!made) return fail(made.error());
    here = std::move(*made);
  }
  Task task{probes, limits, std::move(value_key), options.timeout, options.memory};
  auto channel = std::make_unique<WorkerChannel>(std::move(task), std::move(options), std::move(here));
  if (auto started = channel->start(); !started) return fail(started.error());
  return channel;
}

}  // namespace postern::inspect
