// Stands where postern-inspect would, and does what the message's "X-Evil:" field says. Honest where there is none.
// Only tests start it: it is an executable of its own, so that no such thing is in the product.
#include <csignal>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/fd_passing.hpp"
#include "inspect/worker_protocol.hpp"
#include "mail/facts.hpp"

using namespace postern;
using namespace postern::inspect;

namespace {

constexpr int control = 3;

std::string bytes_of(int fd) {
  struct stat about{};
  fstat(fd, &about);
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  if (pread(fd, bytes.data(), bytes.size(), 0) < 0) _exit(9);
  return bytes;
}

void put(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void put(int fd, Status status) {
  const char letter = static_cast<char>(status);
  put(fd, std::string_view(&letter, 1));
}

std::string wish_of(const std::string& message) {
  const std::size_t at = message.find("X-Evil: ");
  return at == std::string::npos ? "" : message.substr(at + 8, message.find("\r\n", at) - at - 8);
}

/// To the facts that an honest worker would give, one lie.
std::string lie(mail::Facts facts, const std::string& wish) {
  using mail::Finding, mail::Part;
  if (wish == "missing part") {
    facts.parts.pop_back();
    std::erase_if(facts.findings, [&](const Finding& finding) { return finding.part >= facts.parts.size(); });
  }
  if (wish == "no parts but the header") facts.parts.resize(1);
  if (wish == "no part at all") facts.parts.clear();
  if (wish == "missing findings" || wish == "no part at all" || wish == "no parts but the header")
    facts.findings.clear();
  if (wish == "another type") facts.parts[1].media_type = "text/plain";
  if (wish == "part that is not there") facts.parts.push_back(Part{"9", "text/plain", 1, false, {}});
  if (wish == "part inside of text") facts.parts.push_back(Part{"x.1", "text/plain", 1, false, {}});
  if (wish == "terminal escapes") facts.parts[1].media_type = "text/\x1b[2J";
  if (wish == "offset out of range") facts.findings.push_back(Finding{0, 1, 4'000'000'000U, 10, 1});
  if (wish == "probe that is not there") facts.findings.push_back(Finding{7, 1, 0, 1, 1});
  if (wish == "finding in no part") facts.findings.push_back(Finding{0, 70, 0, 1, 1});
  if (wish == "out of order") facts.findings = {Finding{0, 1, 9, 1, 1}, Finding{0, 1, 2, 1, 1}};
  if (wish == "another size") ++facts.size;
  if (wish == "another message's header") facts.parts[0].path = "1";
  std::string bytes = mail::encode_facts(facts);
  if (wish == "cut short") bytes.resize(bytes.size() / 2);
  if (wish == "something behind") bytes += "x";
  if (wish == "garbage") bytes = "\xff\xfe not facts \x01";
  if (wish == "nothing") bytes.clear();
  return bytes;
}

void send_a_descriptor(int fd) {
  const int passed[] = {fd};
  for (int i = 0; i < 100; ++i)
    (void)send_packet(control, "here you are", passed);
}

void flood(int fd) {
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 100'000; ++i) {
    if (write(fd, block.data(), block.size()) <= 0) return;
  }
}

void act(int message, int facts, int status, Inspector& inspector) {
  const std::string bytes = bytes_of(message), wish = wish_of(bytes);
  if (wish == "die at once") _exit(1);
  if (wish == "hang before it forks") pause();
  if (wish == "cannot fork") return put(status, Status::not_forked);
  if (wish == "close the socket") {
    ::close(control);
    ::close(facts);
    ::close(status);
    pause();
  }
  if (wish == "flood the status") return flood(status);
  if (wish == "say nothing") return;
  put(status, Status::forked);
  if (wish == "die") _exit(1);
  if (wish == "hang") sleep(1'000);
  if (wish == "extra descriptor") send_a_descriptor(message);
  if (wish == "flood") flood(facts);
  if (wish == "crashed") return put(status, Status::ended_badly);
  const auto honest = inspector.inspect(bytes);
  put(facts, lie(*mail::decode_facts(*honest, 4), wish));
  if (wish == "whole, then crashed") return put(status, Status::ended_badly);
  if (wish == "whole, then dies") _exit(1);
  if (wish == "whole, then hangs") sleep(1'000);
  put(status, Status::ended_well);
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  auto start = receive_packet(control, longest_packet, 1);
  auto task = decode_task(bytes_of(start->descriptors[0].get()));
  auto inspector = make_inspector(task->probes, task->limits, task->value_key);
  if (!task || !inspector || !send_packet(control, ready, {})) return 1;
  for (;;) {
    auto packet = receive_packet(control, longest_packet, 3);
    if (!packet || packet->bytes.empty()) return 0;
    act(packet->descriptors[0].get(), packet->descriptors[1].get(), packet->descriptors[2].get(), **inspector);
  }
}
