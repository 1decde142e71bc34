// The corpora of the fuzzers, as plain tests: what a fuzzer aborts on ends this program.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#define LLVMFuzzerTestOneInput fuzz_command
#include "fuzz/command.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_reply
#include "fuzz/reply.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_data
#include "fuzz/data.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_server_session
#include "fuzz/server_session.cpp"
#undef LLVMFuzzerTestOneInput

namespace {

void replay(const std::string& name, int (*target)(const std::uint8_t*, std::size_t)) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/fuzz/corpus/" + name)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    BOOST_TEST(target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0, entry.path());
    ++files;
  }
  BOOST_TEST(files >= 4U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_corpora_pass) {
  replay("command", fuzz_command);
  replay("reply", fuzz_reply);
  replay("data", fuzz_data);
  replay("server_session", fuzz_server_session);
}
