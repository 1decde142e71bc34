// What the worker costs: messages a second in this process and through postern-inspect, which forks for each.
//
//   ./dev bench inspect [--json]       10 KB with an attachment; few patterns, and a dictionary of 20,000 words
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inspect/worker_channel.hpp"

using namespace postern;
using namespace postern::inspect;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds measured{3};

std::string message() {
  std::string text;
  while (text.size() < 5'000)
    text += "The patient was seen on Tuesday and will return for a follow-up in two weeks.\r\n";
  return "From: <a@x.example>\r\nSubject: report\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" +
         text + "--b\r\nContent-Type: text/csv; name=list.csv\r\n\r\nname,number\r\nAnn,536-22-1234\r\n" + text +
         "--b--\r\n";
}

mail::ProbeSet probes(unsigned words) {
  mail::ProbeSet set{{.name = "ssn", .header = {}, .patterns = {R"(\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b)"}}};
  if (words == 0) return set;
  mail::Probe dictionary{.name = "words", .header = {}, .patterns = {}, .literal = true, .whole_words = true};
  for (unsigned i = 0; i < words; ++i)
    dictionary.patterns.push_back("term" + std::to_string(i * 7919 % 1'000'003));
  set.push_back(dictionary);
  return set;
}

/// Of this process, the worker that it started and the children that the worker has buried.
double cpu_seconds() {
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  double total = seconds(own.ru_utime) + seconds(own.ru_stime);
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    for (int pid = 0; children >> pid;) {
      std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
      std::string word;
      double ticks = 0;
      for (int field = 1; field <= 17 && in >> word; ++field)
        if (field >= 14) ticks += std::strtod(word.c_str(), nullptr);  // utime, stime, cutime, cstime (proc(5))
      total += ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
  }
  return total;
}

struct Speed {
  double per_second = 0, cpu_ms = 0;
};

Speed speed(Inspector& inspector, unsigned threads) {
  const double before = cpu_seconds();
  const std::string bytes = message();
  std::atomic<unsigned> done = 0;
  const auto until = Clock::now() + measured;
  const auto work = [&] {
    while (Clock::now() < until) {
      if (!inspector.inspect(bytes)) std::abort();
      ++done;
    }
  };
  std::vector<std::thread> running;
  for (unsigned i = 0; i < threads; ++i)
    running.emplace_back(work);
  for (std::thread& thread : running)
    thread.join();
  return {done / std::chrono::duration<double>(measured).count(), 1000 * (cpu_seconds() - before) / done};
}

template <class Make>
void measure(const char* what, unsigned words, bool json, Make make) {
  const auto start = Clock::now();
  const auto inspector = make(probes(words));
  if (!inspector) {
    std::fprintf(stderr, "bench: %s\n", inspector.error().text.c_str());
    std::exit(1);
  }
  const double ready = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  const Speed one = speed(**inspector, 1), two = speed(**inspector, 2);
  const char* line =
      json
          ? R"({{"inspector": "{}", "words": {}, "ready_ms": {:.0f}, "one_thread": {:.0f}, "two_threads": {:.0f}, "cpu_ms": {:.2f}}})"
          : "{:<16} {:>6} words   ready in {:>5.0f} ms   1 thread {:>6.0f}/s   2 threads {:>6.0f}/s   CPU {:.2f} ms a "
            "message";
  fmt::print("{}\n", fmt::format(fmt::runtime(line), what, words, ready, one.per_second, two.per_second, one.cpu_ms));
}

}  // namespace

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::string_view(argv[1]) == "--json";
  WorkerOptions options;
  options.place.program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "postern-inspect";
  options.plain_text_too = true;
  for (const unsigned words : {0U, 20'000U}) {
    measure("in this process", words, json, [](const mail::ProbeSet& set) { return make_inspector(set, {}, "key"); });
    measure("postern-inspect", words, json,
            [&](const mail::ProbeSet& set) { return make_worker_inspector(set, {}, "key", options); });
  }
  return 0;
}
