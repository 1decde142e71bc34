// How many messages a second the spool keeps, beside the least that keeping can cost: a pre-allocated log,
// one writer thread, one fdatasync for all that waits. Both in the same run, in turns, on the same disk; the
// medians of the rounds are printed.
//
//   bench_spool [--json] [--dir DIR] [--seconds N] [--rounds N]
#include "spool/spool.hpp"

#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/writers.hpp"

namespace {

using namespace postern;
namespace fs = std::filesystem;
using bench::median, bench::run_writers, bench::Settings, bench::stop;

constexpr std::size_t message_size = 10'240, event_size = 300;

void must(const Result<void>& result) {
  if (!result) stop(result.error().text);
}

std::string noise(std::size_t size) {
  SystemRandom random;
  std::string bytes(size, '\0');
  random.fill(std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()));
  return bytes;
}

/// The log: zeros written beforehand, so that a sync has no metadata to write; it starts over at its end.
class BareLog {
 public:
  explicit BareLog(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    const std::string zeros(1U << 20, '\0');
    for (std::size_t at = 0; at < size; at += zeros.size()) {
      if (::pwrite(fd_, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0) stop("the log cannot be written");
    }
    ::fsync(fd_);
    thread_ = std::thread([this] { run(); });
  }
  ~BareLog() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    waiting_.notify_one();
    thread_.join();
    ::close(fd_);
  }
  BareLog(const BareLog&) = delete;
  BareLog& operator=(const BareLog&) = delete;

  void append(const std::string& record) {
    std::promise<void> promise;
    auto written = promise.get_future();
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({&record, &promise});
    }
    waiting_.notify_one();
    written.get();
  }

 private:
  static constexpr std::size_t size = 512U << 20;
  struct Entry {
    const std::string* record;
    std::promise<void>* done;
  };

  void run() {
    for (;;) {
      std::vector<Entry> entries;
      {
        std::unique_lock lock(mutex_);
        waiting_.wait(lock, [this] { return over_ || !queue_.empty(); });
        if (queue_.empty()) return;
        entries.swap(queue_);
      }
      write(entries);
      for (const Entry& entry : entries)
        entry.done->set_value();
    }
  }

  void write(const std::vector<Entry>& entries) {
    std::vector<iovec> pieces;
    std::size_t total = 0;
    for (const Entry& entry : entries) {
      pieces.push_back({const_cast<char*>(entry.record->data()), entry.record->size()});
      total += entry.record->size();
    }
    if (at_ + total > size) at_ = 0;
    const ssize_t wrote = ::pwritev(fd_, pieces.data(), static_cast<int>(pieces.size()), static_cast<off_t>(at_));
    if (wrote != static_cast<ssize_t>(total) || ::fdatasync(fd_) != 0) stop("the log cannot be written");
    at_ += total;
  }

  int fd_;
  std::size_t at_ = 0;
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::vector<Entry> queue_;
  bool over_ = false;
  std::thread thread_;
};

mail::Address address(const char* text) {
  return mail::Address::parse(text).value();
}

/// What intake hands over for a message with one recipient.
spool::MessageRecord message_record(const QueueId& id, Time now) {
  spool::MessageRecord record;
  record.envelope.id = id;
  record.envelope.from = address("sender@clinic.example");
  record.envelope.header_from = address("sender@clinic.example");
  record.envelope.to = {address("patient@there.example")};
  record.envelope.message_id = "<0123456789abcdef@clinic.example>";
  record.accepted = now;
  record.policy_hash = std::string(64, 'a');
  return record;
}

spool::RecipientRecord recipient_record(Time due) {
  spool::RecipientRecord record;
  record.address = address("patient@there.example");
  record.verdict.action = mail::Action::protect;
  record.verdict.why = {{"hipaa", "patient data", mail::Action::protect, false, ""}};
  record.ladder = {mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::verified)}, mail::Hold{}};
  record.state = spool::Queued{due};
  return record;
}

void keep_one(spool::Spool& spool, const Clock& clock, Random& random, const std::string& body) {
  const QueueId id = QueueId::make(clock.now(), random);
  auto incoming = spool.begin(id);
  if (!incoming) stop(incoming.error().text);
  must((*incoming)->append(body));
  must((*incoming)->finish());
  std::promise<Result<void>> promise;
  auto answer = promise.get_future();
  spool.commit(std::move(*incoming), message_record(id, clock.now()), {recipient_record(clock.now())},
               {std::string(event_size, 'e')}, {}, [&promise](Result<void> r) { promise.set_value(std::move(r)); });
  must(answer.get());
}

void print(const Settings& settings, const char* metric, double value, const char* unit) {
  if (settings.json) {
    fmt::print(
        "{{\"bench\":\"spool\",\"case\":\"10k-20-writers\",\"metric\":\"{}\",\"value\":{:.3f},\"unit\":\"{}"
        "\"}}\n",
        metric, value, unit);
  } else {
    fmt::print("10k-20-writers  {:<28} {:>12.3f} {}\n", metric, value, unit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = bench::parse(argc, argv);
  std::string folder = (settings.dir / "bench-spool-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) stop("no folder in " + settings.dir.string());
  const std::string body = noise(message_size);
  std::vector<double> kept, logged;
  {
    SystemClock clock;
    SystemRandom random;
    BareLog log(fs::path(folder) / "log");
    spool::SpoolOptions options;
    options.dir = fs::path(folder) / "spool";
    options.kek = Secret(32);
    options.min_free = 0;
    auto spool = spool::Spool::open(std::move(options), clock, random);
    if (!spool) stop(spool.error().text);
    for (int round = 0; round < settings.rounds; ++round) {
      logged.push_back(run_writers(settings.seconds, [&] { log.append(body); }));
      kept.push_back(run_writers(settings.seconds, [&] { keep_one(**spool, clock, random, body); }));
    }
    const auto counts = (*spool)->counts();
    if (counts.messages == 0 || counts.queued != counts.messages) stop("the spool did not keep what it answered ok to");
  }
  fs::remove_all(folder);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < kept.size(); ++i)
    ratios.push_back(kept[i] / logged[i]);
  print(settings, "commits_per_second", median(kept), "1/s");
  print(settings, "bare_log_commits_per_second", median(logged), "1/s");
  print(settings, "ratio_to_bare_log", median(ratios), "");
}
