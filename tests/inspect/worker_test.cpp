// The real postern-inspect: it says what this process would say, is bounded in time and memory, and its readers can do
// nothing but read.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/worker/reader.hpp"
#include "tests/inspect/probes.hpp"
#include "tests/inspect/workers.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool shadow_memory = true;
#else
constexpr bool shadow_memory = false;
#endif
#endif

namespace postern::inspect {
namespace {

using mail::Uninspectable;

/// How a process ends that locks itself in as a reader does, and then does `work`: 0, or the signal.
int confined(const std::function<void()>& work, ChildLimits limits = {}) {
  auto filter = child_filter(facts_descriptor);
  BOOST_REQUIRE(filter.has_value());
  const pid_t pid = fork();
  if (pid == 0) {
    if (!apply(limits) || !apply(*filter)) _exit(99);
    work();
    _exit(0);
  }
  int how = 0;
  waitpid(pid, &how, 0);
  BOOST_REQUIRE(how != 99 << 8);
  return WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how);
}

std::string with_charset(const std::string& charset) {
  std::string text;
  for (int c = 0x21; c < 0x100; ++c)
    text.push_back(static_cast<char>(c));
  return "Content-Type: text/plain; charset=\"" + charset + "\"\r\n\r\n536-22-1234 " + text + "\r\n";
}

std::vector<std::string> charsets_of_this_system() {
  std::vector<std::string> names;
  FILE* list = popen("iconv -l", "r");
  for (char line[256]; fgets(line, sizeof line, list) != nullptr;) {
    std::string name = line;
    names.push_back(name.substr(0, name.find('/')));
  }
  pclose(list);
  return names;
}

std::string field_of(int pid, const char* file, const std::string& name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return line.substr(name.size(), line.find_last_not_of(" \t") + 1 - name.size());
  }
  return "";
}

/// Two filters (its parent's and its own), no descriptors but one, and none to be had.
bool is_confined_reader(int pid) {
  std::vector<std::string> descriptors;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone))
    descriptors.push_back(entry.path().filename());
  return field_of(pid, "status", "Seccomp_filters:") == "\t2" && field_of(pid, "status", "NoNewPrivs:") == "\t1" &&
         descriptors == std::vector<std::string>{std::to_string(facts_descriptor)} &&
         field_of(pid, "limits", "Max open files ").find_first_not_of(" 0files") == std::string::npos;
}

bool is_uninspectable(const mail::Facts& facts, Uninspectable reason) {
  return facts.parts.size() == 1 && facts.parts[0].uninspectable == reason;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_worker_says_of_every_case_exactly_what_this_process_says) {
  const auto worker = start_inspector(real_worker());
  unsigned cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cases/inspect")) {
    if (entry.path().extension() != ".eml") continue;
    const std::string message = with_crlf(read_file(entry.path().string()));
    BOOST_TEST((facts_of(*worker, message) == inspect_with(case_probes(), message)), entry.path());
    ++cases;
  }
  BOOST_TEST(cases >= 30U);
}

BOOST_AUTO_TEST_CASE(every_charset_of_this_system_is_read_in_the_worker_as_in_this_process) {
  const auto worker = start_inspector(real_worker());
  const auto here = make_inspector(case_probes(), {}, "key");
  const std::vector<std::string> names = charsets_of_this_system();
  BOOST_REQUIRE(names.size() > 500);
  for (std::size_t at = 0; at < names.size();) {
    std::string message = "Content-Type: multipart/mixed; boundary=b\r\n";
    const std::string first = names[at];
    for (unsigned parts = 0; parts < 50 && at < names.size(); ++parts, ++at)
      message += "\r\n--b\r\n" + with_charset(names[at]);
    BOOST_TEST((worker->inspect(message).value() == (*here)->inspect(message).value()), "from " << first << " on");
  }
}

BOOST_AUTO_TEST_CASE(a_reader_cannot_open_a_file_reach_the_network_execute_or_fork) {
  BOOST_TEST(confined([] {}) == 0);
  const std::pair<const char*, std::function<void()>> forbidden[] = {
      {"open to read", [] { (void)open("/etc/passwd", O_RDONLY); }},
      {"open to write", [] { (void)open("/tmp/postern-test", O_WRONLY | O_CREAT, 0600); }},
      {"a socket", [] { (void)socket(AF_INET, SOCK_STREAM, 0); }},
      {"a UNIX socket", [] { (void)socket(AF_UNIX, SOCK_DGRAM, 0); }},
      {"execve", [] { execl("/bin/true", "true", nullptr); }},
      {"fork", [] { (void)fork(); }},
      {"clone3", [] { syscall(SYS_clone3, nullptr, 0); }},
      {"kill", [] { kill(getpid(), 0); }},
      {"ptrace", [] { syscall(SYS_ptrace, 0, 0, 0, 0); }},
      {"memfd_create", [] { (void)memfd_create("x", 0); }},
      {"executable memory",
       [] { (void)mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
      {"a file mapping", [] { (void)mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, 0, 0); }},
      {"read",
       [] {
         char c = 0;
         (void)!read(0, &c, 1);
       }},
      {"unlink", [] { unlink("/tmp/postern-test"); }},
      {"io_uring", [] { syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"another filter", [] { syscall(SYS_seccomp, 0, 0, nullptr); }},
      {"higher limits",
       [] {
         const rlimit most{RLIM_INFINITY, RLIM_INFINITY};
         setrlimit(RLIMIT_CPU, &most);
       }},
  };
  for (const auto& [name, work] : forbidden)
    BOOST_TEST(confined(work) == SIGSYS, name);
}

BOOST_AUTO_TEST_CASE(a_reader_writes_to_its_pipe_only) {
  BOOST_TEST(confined([] { _exit(write(2, "x", 1) < 0 && errno == EBADF ? 7 : 8); }) == 7);
  BOOST_TEST(confined([] { _exit(write(1, "x", 1) < 0 && errno == EBADF ? 7 : 8); }) == 7);
}

BOOST_AUTO_TEST_CASE(the_process_that_forks_cannot_open_reach_or_execute_either) {
  const std::pair<const char*, std::function<void()>> forbidden[] = {
      {"open", [] { (void)open("/etc/passwd", O_RDONLY); }},
      {"a socket", [] { (void)socket(AF_INET, SOCK_STREAM, 0); }},
      {"execve", [] { execl("/bin/true", "true", nullptr); }},
      {"executable memory",
       [] { (void)mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
  };
  auto filter = zygote_filter();
  BOOST_REQUIRE(filter.has_value());
  for (const auto& [name, work] : forbidden) {
    const pid_t pid = fork();
    if (pid == 0) {
      if (!apply(*filter)) _exit(99);
      work();
      _exit(0);
    }
    int how = 0;
    waitpid(pid, &how, 0);
    BOOST_TEST((WIFSIGNALED(how) && WTERMSIG(how) == SIGSYS), name);
  }
}

BOOST_AUTO_TEST_CASE(the_reader_of_a_message_is_confined_while_it_reads) {
  const auto worker = start_inspector(real_worker());
  const std::vector<int> forking = child_process_ids();
  BOOST_REQUIRE(forking.size() == 1);
  std::atomic<bool> done = false;
  bool confined_once = false;
  std::thread reading([&] {
    const std::string message = "Content-Type: text/html\r\n\r\n" + std::string(20U << 20, '&');
    BOOST_TEST(worker->inspect(message).has_value());
    done = true;
  });
  while (!done) {
    for (const int pid : children_of(forking.front()))
      confined_once = confined_once || is_confined_reader(pid);
  }
  reading.join();
  BOOST_TEST(confined_once);
}

BOOST_AUTO_TEST_CASE(computing_without_end_is_ended_by_its_limit) {
  ChildLimits limits;
  limits.cpu = std::chrono::seconds(1);
  BOOST_TEST(confined(
                 [] {
                   for (volatile unsigned i = 0;; i = i + 1) {
                   }
                 },
                 limits) == SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_message_that_takes_too_long_is_a_timeout_and_the_next_one_is_fine) {
  WorkerOptions options = real_worker();
  options.timeout = std::chrono::milliseconds(200);
  const auto worker = start_inspector(options);
  std::string bomb = "Content-Type: text/html\r\n\r\n";
  while (bomb.size() < 60'000'000)
    bomb += "&lt;b&gt;536-22-1234 diabetes M&uuml;ller ";
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(is_uninspectable(facts_of(*worker, bomb), Uninspectable::timeout));
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(3)));
  const std::string honest = with_charset("utf-8");
  Result<std::string> next = worker->inspect(honest);  // a machine under load may need more than 200 ms for this too
  for (int tries = 0; tries < 20 && (!next || *next != mail::encode_facts(inspect_with(case_probes(), honest)));
       ++tries)
    next = worker->inspect(honest);
  BOOST_TEST((next.has_value() && *next == mail::encode_facts(inspect_with(case_probes(), honest))));
}

// A sanitizer's shadow memory leaves no limit on the address space; tests/outside/test_worker.py has this for release.
BOOST_AUTO_TEST_CASE(a_message_that_takes_too_much_memory_is_a_crash_and_the_next_one_is_fine,
                     *boost::unit_test::enable_if<!shadow_memory>()) {
  WorkerOptions options = real_worker();
  options.memory = 64U << 20;
  const auto worker = start_inspector(options);
  const std::string bomb = "\r\n" + std::string(60U << 20, 'x') + "\r\n";
  BOOST_TEST(is_uninspectable(facts_of(*worker, bomb), Uninspectable::crashed));
  const std::string honest = with_charset("utf-8");
  BOOST_TEST((facts_of(*worker, honest) == inspect_with(case_probes(), honest)));
}

BOOST_AUTO_TEST_CASE(many_threads_share_a_worker_and_none_gets_anothers_facts) {
  const auto worker = start_inspector(real_worker());
  std::vector<unsigned> wrong(8);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      const std::string message = "Subject: x\r\n\r\n" + std::string(t * 10, 'x') + " 536-22-1234\r\n";
      const auto expected = make_inspector(case_probes(), {}, "key").value()->inspect(message).value();
      for (int i = 0; i < 20; ++i) {
        const auto said = worker->inspect(message);
        wrong[t] += said && *said == expected ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const unsigned count : wrong)
    BOOST_TEST(count == 0U);
}

BOOST_AUTO_TEST_CASE(a_worker_ends_with_its_inspector_and_leaves_nothing) {
  const std::size_t descriptors = open_descriptors(), processes = child_processes();
  {
    const auto worker = start_inspector(real_worker());
    BOOST_TEST(child_processes() == processes + 1);
  }
  BOOST_TEST(child_processes() == processes);
  BOOST_TEST(open_descriptors() == descriptors);
}

BOOST_AUTO_TEST_CASE(a_worker_that_cannot_be_started_says_why) {
  WorkerOptions options = real_worker();
  options.place.program = "/nowhere/postern-inspect";
  const auto missing = make_worker_inspector(case_probes(), {}, "key", options);
  BOOST_REQUIRE(!missing.has_value());
  BOOST_TEST(missing.error().text.find("/nowhere/postern-inspect") != std::string::npos);
  options.place.program = "/bin/true";
  BOOST_TEST(!make_worker_inspector(case_probes(), {}, "key", options).has_value());
  options = real_worker();
  options.place.user = "no-such-user";
  BOOST_TEST(!make_worker_inspector(case_probes(), {}, "key", options).has_value());
  mail::ProbeSet broken = case_probes();
  broken[0].patterns = {"a(b"};
  const auto pattern = make_worker_inspector(broken, {}, "key", real_worker());
  BOOST_REQUIRE(!pattern.has_value());
  BOOST_TEST(pattern.error().text.find("'ssn'") != std::string::npos);
}

}  // namespace postern::inspect
