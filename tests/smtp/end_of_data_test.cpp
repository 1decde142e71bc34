// shared/cases/smtp/end-of-data.jsonl: what other servers took for the end of a message (SMTP smuggling). The
// outcome of each row is written down in tests/cases/smtp/end-of-data.expected.
#include <boost/test/unit_test.hpp>

#include "smtp/bdat_decoder.hpp"
#include "smtp/data_decoder.hpp"
#include "tests/smtp/recorder.hpp"
#include "tests/smtp/shared_cases.hpp"
#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

const std::string envelope = "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
const std::string second_message = "MAIL FROM:<evil@a.example>\r\nRCPT TO:<victim@b.example>\r\nDATA\r\nforged\r\n";

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// What an attacker puts inside one message.
std::string smuggling_body(std::string_view row_bytes) {
  return "Subject: x\r\n\r\nfirst line" + std::string(row_bytes) + second_message;
}

std::string fault_name(mail::LineFault fault) {
  switch (fault) {
    case mail::LineFault::none: return "none";
    case mail::LineFault::bare_cr: return "bare-cr";
    case mail::LineFault::bare_lf: return "bare-lf";
    case mail::LineFault::nul: return "nul";
    case mail::LineFault::too_long: return "too-long";
  }
  return "";
}

struct Session {
  Recorder receiver;
  std::vector<std::string> replies;  // that of HELO and before left out
};

void serve_bytes(Session& session, const std::string& bytes, BareLf bare_lf, std::size_t piece = SIZE_MAX) {
  ServerOptions options;
  options.hostname = "gw.example";
  options.starttls = Starttls::off;
  options.bdat_bare_lf = bare_lf;
  test::MemoryStream stream("HELO c.example\r\n" + bytes, piece);
  test::run(serve(stream, options, session.receiver));
  std::istringstream lines(stream.out);
  for (std::string line; std::getline(lines, line);)
    session.replies.push_back(line.substr(0, 3));
  session.replies.erase(session.replies.begin(), session.replies.begin() + 2);
}

/// The outcome as the file words it; the fault is what the decoder says.
std::string outcome(const Session& session, const std::string& answer, mail::LineFault fault,
                    const std::string& notes) {
  BOOST_TEST(session.receiver.violations.empty());
  if (session.receiver.messages.empty()) return "refused " + answer + " " + fault_name(fault);
  mail::LineChecker checker;
  BOOST_TEST((checker.check(session.receiver.messages.front()) == mail::LineFault::none));
  BOOST_TEST(checker.complete());
  return "kept" + notes;
}

std::string through_data(const std::string& row_bytes) {
  const std::string body = smuggling_body(row_bytes);
  DataDecoder decoder(1000);
  std::vector<std::string_view> pieces;
  BOOST_TEST(decoder.feed(body + "\r\n.\r\n", pieces) == body.size() + 5);  // not ended before the real end
  BOOST_TEST(decoder.ended());

  std::string first;
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, std::size_t{7}}) {
    Session session;
    serve_bytes(session, envelope + "DATA\r\n" + body + "\r\n.\r\nNOOP\r\nQUIT\r\n", BareLf::normalise, piece);
    // One answer for the message, then those of NOOP and QUIT: nothing inside it was taken for a command.
    const std::vector<std::string> expected = {"250", "250", "354", session.replies.at(3), "250", "221"};
    BOOST_TEST(session.replies == expected, boost::test_tools::per_element());
    BOOST_TEST(session.receiver.messages.size() + session.receiver.abandoned == 1U);
    const std::string now = outcome(session, session.replies.at(3), decoder.fault(), "");
    if (first.empty()) first = now;
    BOOST_TEST(now == first);
  }
  return first;
}

std::string through_bdat(const std::string& row_bytes, BareLf bare_lf) {
  const std::string body = smuggling_body(row_bytes);
  BdatDecoder decoder(bare_lf, 1000);
  std::vector<std::string_view> pieces;
  decoder.feed(body, pieces);
  decoder.finish(pieces);
  Session session;
  serve_bytes(session, envelope + "BDAT " + std::to_string(body.size()) + " LAST\r\n" + body + "NOOP\r\nQUIT\r\n",
              bare_lf);
  const std::vector<std::string> expected = {"250", "250", session.replies.at(2), "250", "221"};
  BOOST_TEST(session.replies == expected, boost::test_tools::per_element());
  BOOST_TEST(session.receiver.messages.size() + session.receiver.abandoned == 1U);
  return outcome(session, session.replies.at(2), decoder.fault(),
                 " mended=" + std::to_string(decoder.bare_lf_mended()));
}

/// The row without bytes: a second message in the same write as the first one's end.
std::string pipelined_behind_the_dot() {
  Session session;
  serve_bytes(session, envelope + "DATA\r\nfirst\r\n.\r\n" + envelope + "DATA\r\nsecond\r\n.\r\nQUIT\r\n",
              BareLf::refuse);
  const std::vector<std::string> replies = {"250", "250", "354", "250", "250", "250", "354", "250", "221"};
  const std::vector<std::string> messages = {"first\r\n", "second\r\n"};
  BOOST_TEST(session.replies == replies, boost::test_tools::per_element());
  BOOST_TEST(session.receiver.messages == messages, boost::test_tools::per_element());
  return "two messages, in order";
}

}  // namespace

BOOST_AUTO_TEST_CASE(only_crlf_dot_crlf_ends_a_message_as_written_down_for_each_row) {
  const auto rows = test::shared_case_rows("smtp/end-of-data.jsonl");
  const auto expected = test::expected_lines("end-of-data.expected");
  BOOST_TEST(rows.size() == 13U);
  BOOST_TEST_REQUIRE(expected.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string name(rows[i].at("name").as_string());
    BOOST_TEST_CONTEXT(name) {
      std::string line = name;
      if (const auto* hex = rows[i].if_contains("bytes_hex")) {
        const std::string bytes = from_hex(hex->as_string());
        line += " " + through_data(bytes) + " " + through_bdat(bytes, BareLf::refuse) + " " +
                through_bdat(bytes, BareLf::normalise);
      } else {
        line += " " + pipelined_behind_the_dot();
      }
      BOOST_TEST(line == test::one_blank_between_words(expected[i]));
    }
  }
}
