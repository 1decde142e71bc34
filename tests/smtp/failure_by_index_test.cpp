// The N-th operation on the network fails, for every N.
#include <boost/test/unit_test.hpp>

#include "tests/smtp/recorder.hpp"
#include "tests/smtp/sending.hpp"
#include "tests/support/fake_mx.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

const std::string dialogue_with_everything =
    "EHLO c.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nx\r\n.\r\n"
    "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nBDAT 3\r\nx\r\nBDAT 3 LAST\r\ny\r\n"
    "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nbad\n\r\n.\r\n"
    "MAIL FROM:<a@a.example>\r\nRSET\r\nMAIL FROM:<a@a.example>\r\nQUIT\r\n";

/// True while there was an operation left to fail.
bool serve_failing(const std::string& bytes, Starttls starttls, std::size_t fail_at, test::FailingStream::How how) {
  test::MemoryStream inner(bytes, 5);
  test::FailingStream stream(inner, fail_at, how);
  ServerOptions options;
  options.hostname = "gw.example";
  options.starttls = starttls;
  options.tls = test::tls_server();
  options.bdat_bare_lf = BareLf::refuse;
  Recorder receiver;
  test::run(serve(stream, options, receiver));
  BOOST_TEST(receiver.violations.empty());
  BOOST_TEST(!receiver.open(), "a transaction was left open");
  BOOST_TEST(stream.closed);
  const auto mails =
      std::ranges::count_if(receiver.log, [](const std::string& call) { return call.starts_with("mail"); });
  BOOST_TEST(receiver.abandoned + receiver.messages.size() == static_cast<std::size_t>(mails), "each ends once");
  return stream.failed();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_server_session_that_breaks_anywhere_ends_its_transaction_once) {
  for (const auto how : {test::FailingStream::How::broken, test::FailingStream::How::timed_out}) {
    std::size_t failed_at = 1;
    while (serve_failing(dialogue_with_everything, Starttls::off, failed_at, how))
      ++failed_at;
    BOOST_TEST(failed_at > 70U);  // the dialogue was long, and ended at last
    failed_at = 1;
    // In pieces of five, so that nothing waits behind STARTTLS.
    const std::string with_tls = "EHLO abcde.xy\r\nSTARTTLS\r\n" + dialogue_with_everything;
    while (serve_failing(with_tls, Starttls::required, failed_at, how))
      ++failed_at;
    BOOST_TEST(failed_at > 70U);
  }
}

namespace {

struct Failure {
  bool failed = false;  // there was an operation left to fail
  std::string outcome;
};

Failure send_failing(mail::TlsLevel level, bool pipelining, bool chunking, std::size_t fail_at,
                     test::FailingStream::How how) {
  test::FakeMx host;
  host.offer_pipelining = pipelining;
  host.offer_chunking = chunking;
  host.offer_starttls = level != mail::TlsLevel::none;
  test::FailingStream stream(host, fail_at, how);
  Sending sending;
  sending.demand(level);
  sending.parts.to.push_back(mail::Address::parse("c@theirs.example").value());
  sending.body = "Subject: x\r\n\r\n" + std::string(150'000, 'x') + "\r\n";  // several blocks
  const SessionResult result = sending.through(stream);
  BOOST_TEST(stream.closed);
  if (result.host_failure) {
    BOOST_TEST(result.outcomes.empty());
    BOOST_TEST(!host.seen("MAIL"));
    const bool around_tls = result.host_failure->stage >= mail::Stage::starttls || result.tls.encrypted();
    const bool needed = level >= mail::TlsLevel::encrypted;
    const auto lesson = around_tls && needed ? mail::TlsLesson::transient : mail::TlsLesson::none;
    BOOST_TEST((result.host_failure->lesson == lesson));
    BOOST_TEST(!(needed && result.host_failure->fallback_to_clear));
    return {stream.failed(), "host"};
  }
  BOOST_TEST(result.outcomes.size() == 2U);
  const std::string outcome = describe(result.outcomes.at(0));
  BOOST_TEST(describe(result.outcomes.at(1)) == outcome);
  // Never lost: what is deferred was not kept there. Never claimed: what is delivered was.
  if (outcome.starts_with("deferred")) BOOST_TEST(!host.kept);
  if (outcome.starts_with("delivered")) BOOST_TEST(host.kept);
  if (outcome.starts_with("deferred")) BOOST_TEST(sending.dots == 0U);
  return {stream.failed(), outcome.substr(0, outcome.find(' '))};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_session_that_breaks_anywhere_is_deferred_before_the_final_dot_and_uncertain_from_it_on) {
  const std::vector<std::string> course = {"host", "deferred", "uncertain", "delivered"};
  for (const auto level : {mail::TlsLevel::none, mail::TlsLevel::opportunistic, mail::TlsLevel::verified}) {
    for (const auto [pipelining, chunking] : {std::pair(false, false), {true, false}, {false, true}, {true, true}}) {
      for (const auto how : {test::FailingStream::How::broken, test::FailingStream::How::timed_out}) {
        std::vector<std::string> seen;  // without repetitions
        for (std::size_t at = 1;; ++at) {
          const Failure failure = send_failing(level, pipelining, chunking, at, how);
          if (seen.empty() || seen.back() != failure.outcome) seen.push_back(failure.outcome);
          if (!failure.failed) break;
        }
        BOOST_TEST(seen == course, boost::test_tools::per_element());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_invalid_requirement_sends_nothing) {
  test::MemoryStream stream("220 mx.example\r\n250 mx.example\r\n");
  Sending sending;
  sending.parts.requirement = mail::TlsRequirement::invalid();
  const SessionResult result = sending.through(stream);
  BOOST_TEST_REQUIRE(result.host_failure.has_value());
  BOOST_TEST(describe(*result.host_failure) == "host requirement lesson=none");
  BOOST_TEST(stream.out == "");
  BOOST_TEST(stream.closed);
}

BOOST_AUTO_TEST_CASE(a_thousand_recipients_are_asked_in_batches_that_cannot_block) {
  test::FakeMx host;
  Sending sending;
  sending.parts.to.clear();
  for (int i = 0; i < 1000; ++i) {
    sending.parts.to.push_back(mail::Address::parse("r" + std::to_string(i) + "@theirs.example").value());
  }
  const SessionResult result = sending.through(host);
  BOOST_TEST(!result.host_failure.has_value());
  BOOST_TEST(result.outcomes.size() == 1000U);
  BOOST_TEST(std::ranges::all_of(result.outcomes, [](const auto& o) { return describe(o) == "delivered 250"; }));
  BOOST_TEST(host.commands.size() == 1U + 1 + 1000 + 1 + 1);
}

BOOST_AUTO_TEST_CASE(big_bodies_go_out_in_one_chunk_as_they_are) {
  std::string body;
  for (int i = 0; i < 9000; ++i)
    body += i % 3 == 0 ? ".dot\r\n" : "text of a line\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4095}, std::size_t{65'536}, SIZE_MAX}) {
    test::FakeMx host;
    host.offer_chunking = true;
    Sending sending;
    sending.body = body;
    sending.piece = piece;
    const SessionResult result = sending.through(host);
    BOOST_TEST(describe(result.outcomes.at(0)) == "delivered 250");
    BOOST_TEST((host.message == "Received: x\r\n" + body));
    BOOST_TEST(host.commands.at(4) == "BDAT " + std::to_string(body.size()) + " LAST");
  }
}

BOOST_AUTO_TEST_CASE(big_bodies_go_out_stuffed_and_whole_in_pieces_of_any_size) {
  std::string body;
  for (int i = 0; i < 9000; ++i)
    body += i % 3 == 0 ? ".dot\r\n" : "text of a line\r\n";
  std::string stuffed = "Received: x\r\n";
  for (int i = 0; i < 9000; ++i)
    stuffed += i % 3 == 0 ? "..dot\r\n" : "text of a line\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4095}, std::size_t{65'536}, SIZE_MAX}) {
    test::FakeMx host;
    Sending sending;
    sending.body = body;
    sending.piece = piece;
    const SessionResult result = sending.through(host);
    BOOST_TEST(describe(result.outcomes.at(0)) == "delivered 250");
    BOOST_TEST((host.message == stuffed));
  }
}

BOOST_AUTO_TEST_CASE(replies_to_pipelined_commands_go_out_in_one_write) {
  const std::string envelope = "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
  test::MemoryStream stream("HELO c.example\r\n" + envelope + "DATA\r\nx\r\n.\r\n" + envelope +
                            "RSET\r\nNOOP\r\nQUIT\r\n");
  ServerOptions options;
  options.hostname = "gw.example";
  options.starttls = Starttls::off;
  Recorder receiver;
  test::run(serve(stream, options, receiver));
  // The greeting; all up to 354, which has to be seen before a body is sent; the rest.
  BOOST_TEST(stream.writes == 3U);
}
