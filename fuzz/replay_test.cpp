// Every corpus, as a plain test: what a fuzzer found once is not forgotten. A target that is not content ends this
// program; the last checkpoint names the file.
#include <algorithm>
#include <filesystem>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "fuzz/target.hpp"
#include "tests/support/bad_files.hpp"

// fuzz_targets.inc: TARGET(NAME) for every line of targets.cmake; here each target's function is called fuzz_NAME.
#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef TARGET

namespace {

void replay(const std::string& name, int (*target)(const std::uint8_t*, std::size_t)) {
  const std::filesystem::path folder = std::filesystem::path(SOURCE_DIR) / "fuzz/corpus" / name;
  BOOST_REQUIRE_MESSAGE(std::filesystem::is_directory(folder), name << " has no corpus");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  std::ranges::sort(files);
  BOOST_TEST(files.size() >= 4U, name << " has next to no corpus");
  for (const auto& file : files) {
    BOOST_TEST_CHECKPOINT("fuzz/corpus/" << name << "/" << file.filename().string());
    const std::string bytes = postern::test::read_file(file);
    BOOST_TEST(target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0);
  }
}

}  // namespace

#define TARGET(name)                                    \
  BOOST_AUTO_TEST_CASE(the_corpus_of_##name##_passes) { \
    replay(#name, fuzz_##name);                         \
  }
#include "fuzz_targets.inc"
#undef TARGET
