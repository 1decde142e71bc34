#include "audit/file_sink.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace postern::audit {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/postern-sink-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return path + "/events.jsonl"; }
  std::string path;
};

std::string content(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::unique_ptr<FileSink> open(const std::string& path) {
  auto sink = FileSink::open(path, {});
  BOOST_REQUIRE_MESSAGE(sink.has_value(), (sink ? "" : sink.error().text));
  return std::move(*sink);
}

/// Every line is a whole JSON object; gives their ids.
std::string ids(const std::string& path) {
  std::string out;
  const std::string text = content(path);
  BOOST_TEST((text.empty() || text.back() == '\n'));
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    out += std::to_string(boost::json::parse(line).at("id").to_number<int>()) + " ";
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(events_are_lines_and_the_last_id_is_known_after_opening_again) {
  const Folder folder;
  {
    const auto sink = open(folder.file());
    BOOST_TEST(sink->last_event_id() == 0U);
    for (std::uint64_t id = 1; id <= 3; ++id)
      BOOST_TEST(sink->append(Event{}, id).has_value());
    BOOST_TEST(sink->flush().has_value());
    BOOST_TEST(sink->last_event_id() == 3U);
  }
  BOOST_TEST(open(folder.file())->last_event_id() == 3U);
  BOOST_TEST(ids(folder.file()) == "1 2 3 ");
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_cut_wherever_it_tore) {
  const std::string whole = format_json(Event{}, 1) + "\n";
  const std::string torn = format_json(Event{}, 2);
  for (std::size_t n = 1; n <= torn.size(); ++n) {
    const Folder folder;
    write(folder.file(), whole + torn.substr(0, n));
    const auto sink = open(folder.file());
    BOOST_TEST(sink->last_event_id() == 1U);
    BOOST_TEST(sink->append(Event{}, 2).has_value());
    BOOST_TEST(ids(folder.file()) == "1 2 ");
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_one_torn_line_begins_anew) {
  const Folder folder;
  write(folder.file(), "{\"id\":1");
  BOOST_TEST(open(folder.file())->last_event_id() == 0U);
  BOOST_TEST(content(folder.file()).empty());
}

BOOST_AUTO_TEST_CASE(a_rotated_file_is_left_alone_and_a_new_one_begins) {
  const Folder folder;
  const auto sink = open(folder.file());
  BOOST_TEST(sink->append(Event{}, 1).has_value());
  std::filesystem::rename(folder.file(), folder.file() + ".1");
  BOOST_TEST(sink->append(Event{}, 2).has_value());
  std::filesystem::remove(folder.file());
  BOOST_TEST(sink->append(Event{}, 3).has_value());
  BOOST_TEST(ids(folder.file() + ".1") == "1 ");
  BOOST_TEST(ids(folder.file()) == "3 ");
  BOOST_TEST(sink->last_event_id() == 3U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_and_leaves_no_half_line) {
  const Folder folder;
  const auto sink = open(folder.file());
  BOOST_TEST(sink->append(Event{}, 1).has_value());
  const auto size = std::filesystem::file_size(folder.file());
  // A limit on the size of files stops a write in its middle, as a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  small.rlim_cur = size + 20;
  setrlimit(RLIMIT_FSIZE, &small);
  const auto written = sink->append(Event{}, 2);
  setrlimit(RLIMIT_FSIZE, &old);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(std::filesystem::file_size(folder.file()) == size);
  BOOST_TEST(sink->last_event_id() == 1U);
  BOOST_TEST(sink->append(Event{}, 2).has_value());
  BOOST_TEST(ids(folder.file()) == "1 2 ");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_is_an_error_that_names_it) {
  const Folder folder;
  const auto sink = FileSink::open(folder.path + "/none/events.jsonl", {});
  BOOST_REQUIRE(!sink.has_value());
  BOOST_TEST(sink.error().text.find("/none/events.jsonl") != std::string::npos);
  BOOST_TEST(!FileSink::open(folder.path, {}).has_value());
}

}  // namespace postern::audit
