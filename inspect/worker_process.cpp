#include "inspect/worker_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <poll.h>
#include <unistd.h>

#include "base/log.hpp"
#include "inspect/spawn.hpp"

namespace postern::inspect {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds start_patience{60};  // large dictionaries take a while to compile
constexpr std::chrono::milliseconds fork_patience{2000};
constexpr std::size_t longest_status = 8;

/// Milliseconds for poll, at least one while there is time.
int left_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

/// What could be read now: bytes, "" at the end, nothing where there is none yet.
enum class Read { some, none, end };
Read read_some(int fd, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN ? Read::none : Read::end;
  if (n == 0) return Read::end;
  into.append(buffer.data(), static_cast<std::size_t>(n));
  return Read::some;
}

std::string letter(Status status) {
  return {static_cast<char>(status)};
}

/// The two pipes of one message, until both have ended or the time is over.
class Reading {
 public:
  Reading(int facts, int status) : facts_(facts), status_(status) {}

  Answer within(std::chrono::milliseconds timeout) {
    auto deadline = Clock::now() + std::max(timeout, fork_patience);
    while (facts_ >= 0 || status_ >= 0) {
      std::array<pollfd, 2> waiting{{{facts_, POLLIN, 0}, {status_, POLLIN, 0}}};
      const int left = left_until(deadline);
      const int ready = left > 0 ? ::poll(waiting.data(), waiting.size(), left) : 0;
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return {Answer::Kind::fault};
      if (ready == 0) return {forked() ? Answer::Kind::timed_out : Answer::Kind::fault};
      if (waiting[0].revents != 0 && read_some(facts_, said_) == Read::end) facts_ = -1;
      const bool waited_for_fork = !forked();
      if (waiting[1].revents != 0 && read_some(status_, letters_) == Read::end) status_ = -1;
      if (waited_for_fork && forked()) deadline = Clock::now() + timeout;
      if (said_.size() > longest_facts || letters_.size() > longest_status) return {Answer::Kind::crashed};
    }
    return judge();
  }

 private:
  [[nodiscard]] bool forked() const { return letters_.starts_with(static_cast<char>(Status::forked)); }

  Answer judge() {
    // Forked once, or twice where the first reader lacked a charset; then how it ended.
    std::string_view end = letters_;
    while (end.starts_with(letter(Status::forked)))
      end.remove_prefix(1);
    if (end.empty()) return {Answer::Kind::fault};  // gone before it could tell
    if (end == letter(Status::not_forked)) return {Answer::Kind::refused};
    if (end == letter(Status::ended_well) && forked()) return {Answer::Kind::facts, std::move(said_)};
    return {Answer::Kind::crashed};
  }

  int facts_, status_;
  std::string said_, letters_;
};

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const WorkerPlace& place, const Task& task) {
  Descriptor control;
  int pid = 0;
  if (!place.socket.empty()) {
    auto connected = connect_to(place.socket);
    if (!connected) return fail(connected.error());
    control = std::move(*connected);
  } else {
    auto pair = make_socket_pair();
    if (!pair) return fail(pair.error());
    const auto spawned = spawn_with_socket(place.program, place.user, std::move(pair->second));
    if (!spawned) return fail(spawned.error());
    control = std::move(pair->first);
    pid = *spawned;
  }
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess(std::move(control), pid));
  if (auto greeted = worker->greet(task); !greeted) return fail(greeted.error());
  return worker;
}

Result<void> WorkerProcess::greet(const Task& task) {
  const auto bytes = seal_in_memory(encode_task(task));
  if (!bytes) return fail(bytes.error());
  const std::array fds{bytes->get()};
  if (auto sent = send_packet(control_.get(), hello, fds); !sent) return sent;
  pollfd waiting{control_.get(), POLLIN, 0};
  const auto deadline = Clock::now() + start_patience;
  int state = 0;
  do {
    state = ::poll(&waiting, 1, left_until(deadline));
  } while (state < 0 && errno == EINTR);
  if (state <= 0) return fail(Errc::timed_out, "the inspection worker does not start");
  auto answer = receive_packet(control_.get(), longest_packet, 0);
  if (answer && answer->bytes == ready) return {};
  if (!answer || answer->bytes.empty())
    return fail(Errc::unavailable, "the inspection worker ended before it was ready");
  return fail(Errc::unavailable, "the inspection worker: " + answer->bytes);
}

Answer WorkerProcess::ask(const Message& message, std::chrono::milliseconds timeout) {
  Result<Descriptor> sealed = Descriptor();
  if (message.file() < 0) sealed = seal_in_memory(message.bytes());
  auto facts = make_pipe();
  auto status = make_pipe();
  if (!sealed || !facts || !status) return {Answer::Kind::refused};
  const std::array fds{message.file() < 0 ? sealed->get() : message.file(), facts->second.get(), status->second.get()};
  if (auto sent = send_packet(control_.get(), one_message, fds); !sent)
    return {sent.error().code == Errc::not_found ? Answer::Kind::unsent : Answer::Kind::fault};
  // The ends that the worker has now are its own; ours would hide that it closed them.
  sealed->close();
  facts->second.close();
  status->second.close();
  return Reading(facts->first.get(), status->first.get()).within(timeout);
}

WorkerProcess::~WorkerProcess() {
  control_.close();
  if (pid_ != 0 && !end_process(pid_)) log::warning("inspection worker {} does not end", pid_);
}

}  // namespace postern::inspect
