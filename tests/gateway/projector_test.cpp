// From the outbox to a file: each event once, whatever became of the file or of the spool meanwhile.
#include "gateway/projector.hpp"

#include <fstream>

#include <boost/json.hpp>

#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using test::Scene;

struct Projected {
  test::Folder folder;
  std::string file = (folder.path() / "events.jsonl").string();

  /// What the file holds after everything that `scene` has in its outbox was written, as `id:event`.
  std::vector<std::string> after(Scene& scene) {
    gateway::Projector::open({{file, "plain"}}, *scene.spool, "key").value().reset();
    std::vector<std::string> found;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      const auto event = boost::json::parse(line).as_object();
      found.push_back(std::to_string(event.at("id").to_number<std::uint64_t>()) + ":" +
                      std::string(event.at("event").as_string()));
    }
    return found;
  }
};

using Lines = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(projecting, Projected)

BOOST_AUTO_TEST_CASE(each_event_is_written_once) {
  Scene scene;
  scene.send(test::small_message);
  BOOST_TEST(after(scene) == (Lines{"1:accepted"}), boost::test_tools::per_element());
  scene.restart();
  scene.send(test::small_message);
  BOOST_TEST(after(scene) == (Lines{"1:accepted", "2:accepted"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_spool_that_is_younger_than_its_file_goes_on_after_the_files_numbers) {
  {
    Scene lost;
    for (int i = 0; i < 3; ++i)
      lost.send(test::small_message);
    BOOST_TEST(after(lost).size() == 3U);
  }
  Scene fresh;                            // a new disk, or an older copy of it
  BOOST_TEST(after(fresh).size() == 3U);  // as the daemon does, before it takes mail
  {
    const auto open = gateway::Projector::open({{file, "plain"}}, *fresh.spool, "key").value();
    fresh.send(test::small_message);
  }
  BOOST_TEST(after(fresh) == (Lines{"1:accepted", "2:accepted", "3:accepted", "4:accepted"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
