// What is said to clamd, and what follows from its answer. With a clamd of Debian's: interop/test_clamav.py.
#include "gateway/virus_scan.hpp"

#include "tests/gateway/scene.hpp"
#include "tests/support/streams.hpp"

namespace {

using namespace postern;
using test::Scene;

struct Asked {
  std::string said;
  Result<std::string> found;
};
Asked ask(const std::string& answer, std::string_view octets = "some octets") {
  test::MemoryStream stream(answer);
  Result<std::string> found;
  test::run([](net::Stream& to, std::string_view what, Result<std::string>& into) -> net::awaitable<void> {
    into = co_await gateway::ask_clamd(to, what);
  }(stream, octets, found));
  return {stream.out, found};
}
std::string octets(std::initializer_list<unsigned> values) {
  return {values.begin(), values.end()};
}

BOOST_AUTO_TEST_SUITE(virus_scan)

BOOST_AUTO_TEST_CASE(octets_go_in_pieces_with_their_lengths_and_an_empty_one_ends_them) {
  BOOST_TEST(ask("stream: OK\0", "abc").said ==
             std::string("zINSTREAM\0", 10) + octets({0, 0, 0, 3}) + "abc" + octets({0, 0, 0, 0}));
  const std::string large((64U << 10) + 1, 'x');
  BOOST_TEST(ask("stream: OK\0", large).said == std::string("zINSTREAM\0", 10) + octets({0, 1, 0, 0}) +
                                                    large.substr(1) + octets({0, 0, 0, 1}) + "x" +
                                                    octets({0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(only_an_ok_is_clean_and_a_name_is_cleaned) {
  BOOST_TEST(*ask(std::string("stream: OK\0", 11)).found == "");
  BOOST_TEST(*ask(std::string("stream: Win.Test.EICAR_HDB-1 FOUND\0", 35)).found == "Win.Test.EICAR_HDB-1");
  BOOST_TEST(*ask("stream: a b\r\n<c> FOUND").found == "a_b___c_");
  BOOST_TEST(ask("stream: " + std::string(500, 'x') + " FOUND").found->size() == 100U);
  for (const char* odd : {"", "OK", "stream: OK ERROR", "stream:  FOUND", "INSTREAM size limit exceeded. ERROR",
                          "stream: Can't allocate memory ERROR", "UNKNOWN COMMAND"})
    BOOST_TEST(!ask(odd).found, odd);
}

struct WithoutScanner : Scene {
  WithoutScanner() {
    config.virus.socket = "/nowhere/clamd.ctl";
    config.virus.scan = gateway::VirusScan::all;
  }
  const spool::RecipientRecord& sent() {
    BOOST_REQUIRE_EQUAL(send(test::small_message), "250");
    stored = queue();
    BOOST_REQUIRE_EQUAL(stored.size(), 1);
    return stored[0].recipients.at(0);
  }
  std::vector<spool::StoredMessage> stored;
};

BOOST_FIXTURE_TEST_CASE(where_the_scanner_is_down_mail_is_held_and_says_so, WithoutScanner) {
  const auto& recipient = sent();
  BOOST_TEST(std::holds_alternative<spool::Held>(recipient.state));
  BOOST_TEST(recipient.verdict.why.at(0).rule == "not-scanned");
  BOOST_TEST(count(audit::EventKind::held) == 1U);
}

BOOST_FIXTURE_TEST_CASE(or_goes_on_where_the_administrator_says_so, WithoutScanner) {
  config.virus.trouble = gateway::ScanTrouble::deliver;
  BOOST_TEST(std::holds_alternative<spool::Queued>(sent().state));
}

BOOST_FIXTURE_TEST_CASE(by_default_only_replies_are_scanned, WithoutScanner) {
  config.virus.scan = gateway::VirusScan::replies;
  BOOST_TEST(std::holds_alternative<spool::Queued>(sent().state));
}

/// It was answered 250 before it could be inspected: the scanner is asked with the late verdict.
BOOST_AUTO_TEST_CASE(what_is_judged_late_is_scanned_too) {
  Scene scene("", [](unsigned call) { return call == 1 ? test::Inspection::hang : test::Inspection::clean; });
  scene.config.virus.socket = "/nowhere/clamd.ctl";
  scene.config.virus.scan = gateway::VirusScan::all;
  scene.config.inspect_budget = std::chrono::milliseconds(20);
  BOOST_TEST(scene.send(test::small_message) == "250");
  scene.release_inspector();
  test::run(gateway::judge_late(scene.services(), scene.queue()[0].message.envelope.id));
  BOOST_TEST(std::holds_alternative<spool::Held>(scene.queue()[0].recipients.at(0).state));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
