#include "tests/inspect/workers.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "tests/inspect/probes.hpp"

namespace postern::inspect {
namespace {

WorkerOptions options_with(const char* program) {
  WorkerOptions options;
  options.place.program = program;
  options.plain_text_too = true;
  return options;
}

}  // namespace

WorkerOptions real_worker() {
  return options_with(BINARY_DIR "/postern-inspect");
}

WorkerOptions evil_worker() {
  WorkerOptions options = options_with(BINARY_DIR "/tests/evil_worker");
  options.timeout = std::chrono::milliseconds(1'500);
  return options;
}

std::unique_ptr<Inspector> start_inspector(const WorkerOptions& options, InspectLimits limits) {
  auto inspector = make_worker_inspector(case_probes(), limits, "key", options);
  BOOST_REQUIRE_MESSAGE(inspector.has_value(), (inspector ? "" : inspector.error().text));
  return std::move(*inspector);
}

mail::Facts facts_of(Inspector& inspector, const std::string& message) {
  const auto bytes = inspector.inspect(message);
  BOOST_REQUIRE_MESSAGE(bytes.has_value(), (bytes ? "" : bytes.error().text));
  auto facts = mail::decode_facts(*bytes, case_probes().size());
  BOOST_REQUIRE_MESSAGE(facts.has_value(), (facts ? "" : facts.error().text));
  return std::move(*facts);
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

std::vector<int> children_of(int process) {
  std::vector<int> found;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    std::ifstream in(task.path() / "children");
    for (int pid = 0; in >> pid;)
      found.push_back(pid);
  }
  return found;
}

std::vector<int> child_process_ids() {
  return children_of(getpid());
}

std::size_t child_processes() {
  return child_process_ids().size();
}

}  // namespace postern::inspect
