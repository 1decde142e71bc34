// What reads a peer's lines: replies, EHLO's answer, command lines, lines themselves.
#include <boost/test/unit_test.hpp>

#include "smtp/command.hpp"
#include "smtp/extensions.hpp"
#include "smtp/input.hpp"
#include "smtp/replies.hpp"
#include "smtp/reply_parser.hpp"
#include "smtp/tls_facts.hpp"
#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

using namespace postern;
using namespace postern::smtp;
using Progress = ReplyParser::Progress;

namespace {

Progress feed(ReplyParser& parser, std::initializer_list<std::string_view> lines) {
  Progress last = Progress::more;
  for (const std::string_view line : lines) {
    BOOST_TEST((last == Progress::more));
    last = parser.add(line);
  }
  return last;
}

bool malformed(std::initializer_list<std::string_view> lines) {
  ReplyParser parser;
  return feed(parser, lines) == Progress::malformed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_reply_of_several_lines_is_one_reply) {
  ReplyParser parser;
  BOOST_TEST((feed(parser, {"550-5.7.1 You are", "550-5.7.1 on a", "550 5.7.1 list"}) == Progress::done));
  BOOST_TEST(parser.reply().code == 550);
  BOOST_TEST((parser.reply().status == mail::StatusCode{5, 7, 1}));
  BOOST_TEST(parser.reply().text.raw() == "5.7.1 You are 5.7.1 on a 5.7.1 list");
  BOOST_TEST(parser.lines().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_reply_may_have_no_text) {
  ReplyParser bare, blank;
  BOOST_TEST((feed(bare, {"250"}) == Progress::done));
  BOOST_TEST((feed(blank, {"250-", "250 "}) == Progress::done));
  BOOST_TEST(blank.reply().code == 250);
  BOOST_TEST(!blank.reply().status.has_value());
}

BOOST_AUTO_TEST_CASE(a_status_code_counts_only_where_it_is_one_and_agrees_with_the_reply) {
  const auto status = [](std::string_view line) {
    ReplyParser parser;
    BOOST_TEST((parser.add(line) == Progress::done));
    return parser.reply().status;
  };
  BOOST_TEST((status("250 2.1.5 ok") == mail::StatusCode{2, 1, 5}));
  BOOST_TEST((status("250 2.1.5") == mail::StatusCode{2, 1, 5}));
  for (const char* line : {"550 2.1.5 ok", "250 2.1", "250 2.1.5ok", "250 2.1.1234 x", "250 2.1.", "250 .1.1",
                           "250 2..1", "250 ", "250 02.1.5 ok"}) {
    BOOST_TEST(!status(line).has_value(), line);
  }
}

BOOST_AUTO_TEST_CASE(odd_replies_are_malformed) {
  BOOST_TEST(malformed({""}));
  BOOST_TEST(malformed({"25"}));
  BOOST_TEST(malformed({"2500 x"}));
  BOOST_TEST(malformed({"250x"}));
  BOOST_TEST(malformed({" 250 x"}));
  BOOST_TEST(malformed({"150 x"}));
  BOOST_TEST(malformed({"600 x"}));
  BOOST_TEST(malformed({"250-a", "251 b"}));
  BOOST_TEST(malformed({"250-a", "b"}));
  BOOST_TEST(malformed({"HTTP/1.1 400 Bad Request"}));
}

BOOST_AUTO_TEST_CASE(replies_are_bounded) {
  ReplyParser parser;
  Progress last = Progress::more;
  std::size_t lines = 0;
  for (; last == Progress::more && lines < 10'000; ++lines)
    last = parser.add("250-" + std::string(2000, 'x'));
  BOOST_TEST((last == Progress::malformed));
  BOOST_TEST(lines == 201U);

  ReplyParser long_one;
  BOOST_TEST((feed(long_one, {"250-" + std::string(4000, 'x'), "250 " + std::string(4000, 'y')}) == Progress::done));
  BOOST_TEST(long_one.reply().text.raw().size() == 4096U);
}

BOOST_AUTO_TEST_CASE(extensions_are_read_without_regard_to_case_and_the_first_line_is_a_name) {
  const Extensions found = parse_extensions({"STARTTLS", "pipelining", "8BitMime", "Size 1000", "X-OTHER a b"});
  BOOST_TEST(!found.starttls);  // a host of that name
  BOOST_TEST(found.pipelining);
  BOOST_TEST(found.eight_bit);
  BOOST_TEST(found.size.value() == 1000U);
  BOOST_TEST(parse_extensions({"x", "STARTTLS"}).starttls);
  BOOST_TEST(!parse_extensions({"x", "STARTTLSX", "XSTARTTLS"}).starttls);
}

// RFC 9422 §4
BOOST_AUTO_TEST_CASE(limits_are_read_whatever_else_is_said_beside_them) {
  const Extensions found = parse_extensions({"x", "LIMITS RCPTMAX=20 X-OTHER=a mailmax=5 RCPTDOMAINMAX=1"});
  BOOST_TEST(found.limits.rcpt_max.value() == 20U);
  BOOST_TEST(found.limits.mail_max.value() == 5U);
  BOOST_TEST(found.limits.rcpt_domain_max.value() == 1U);
  BOOST_TEST(!parse_extensions({"x", "SIZE 1"}).limits.rcpt_max);
  for (const char* value : {"", "=", "=0", "=05", "=-1", "=1x", "=9999999", "5"}) {
    BOOST_TEST(!parse_extensions({"x", std::string("LIMITS RCPTMAX") + value}).limits.rcpt_max);
  }
}

BOOST_AUTO_TEST_CASE(a_transaction_has_so_many_recipients_and_domains_as_the_host_takes) {
  std::vector<mail::Address> to;
  for (const char* one : {"a@x.test", "b@y.test", "c@x.test", "d@z.test", "e@y.test"})
    to.push_back(mail::Address::parse(one).value());
  using Places = std::vector<std::size_t>;
  BOOST_TEST((next_transaction(to, {}) == Places{0, 1, 2, 3, 4}));
  BOOST_TEST((next_transaction(to, {{}, 2, {}}) == Places{0, 1}));
  BOOST_TEST((next_transaction(to, {{}, {}, 1}) == Places{0, 2}));
  BOOST_TEST((next_transaction(to, {{}, 3, 2}) == Places{0, 1, 2}));
  BOOST_TEST((next_transaction(to, {{}, {}, 2}) == Places{0, 1, 2, 4}));
  BOOST_TEST(next_transaction({}, {{}, 1, 1}).empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_says_nothing_gets_as_many_recipients_as_any_host_takes) {
  const std::vector<mail::Address> to(250, mail::Address::parse("a@x.test").value());
  BOOST_TEST(next_transaction(to, {}).size() == 100U);  // RFC 5321 §4.5.3.1.8
  BOOST_TEST(next_transaction(to, {{}, 200, {}}).size() == 200U);
}

BOOST_AUTO_TEST_CASE(a_size_that_is_no_number_is_no_limit) {
  for (const char* line : {"SIZE", "SIZE 0", "SIZE x", "SIZE 99999999999999999999999"}) {
    BOOST_TEST(parse_extensions({"x", line}).size.value() == 0U, line);
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_chunks_are_read_exactly) {
  const auto chunk = [](std::string_view line) { return std::get<Bdat>(parse_command(line)); };
  BOOST_TEST(chunk("BDAT 0 LAST").last);
  BOOST_TEST(chunk("bdat 12 last").size == 12U);
  BOOST_TEST(!chunk("BDAT 12").last);
  BOOST_TEST(chunk("BDAT 18446744073709551615").size == UINT64_MAX);
  BOOST_TEST(chunk("BDAT 99999999999999999999").size == UINT64_MAX);
  for (const char* line : {"BDAT", "BDAT LAST", "BDAT -1", "BDAT +1", "BDAT 1 LAST x", "BDAT 1x", "BDAT 0x10",
                           "BDAT 000000000000000000001"}) {
    const Command command = parse_command(line);
    const auto* bad = std::get_if<BadCommand>(&command);
    BOOST_TEST((bad != nullptr && bad->out_of_step && bad->reply.code == 501), line);
  }
}

BOOST_AUTO_TEST_CASE(an_input_line_is_the_same_however_it_comes) {
  const std::string bytes = "good\r\nbare\n" + std::string(100, 'x') + "\r\nb\rare\r\n\r\nrest";
  using Kind = Line::Kind;
  const std::vector<Kind> kinds = {Kind::good,          Kind::bare_line_end, Kind::too_long,
                                   Kind::bare_line_end, Kind::good,          Kind::closed};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    test::MemoryStream stream(bytes, piece);
    Input input(stream, 50);
    for (const Kind kind : kinds) {
      const Line line = test::run(input.line());
      BOOST_TEST((line.kind == kind), "in pieces of " << piece);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_line_without_end_takes_bounded_memory) {
  test::MemoryStream stream(std::string(10'000'000, 'x') + "\r\nNOOP\r\n");
  Input input(stream, 2048);
  BOOST_TEST((test::run(input.line()).kind == Line::Kind::too_long));
  BOOST_TEST(test::run(input.line()).text == "NOOP");
  BOOST_TEST(input.buffered().size() < 10'000U);
}

BOOST_AUTO_TEST_CASE(an_unknown_tls_version_counts_as_the_weakest) {
  net::TlsSession session;
  session.version = 0x7f1c;
  BOOST_TEST((tls_facts(session).version == mail::TlsVersion::tls1_0));
  session.version = 0x0304;
  session.names = {"mx.example"};
  session.chain_valid = true;
  session.group = "X25519";
  session.cipher = "TLS_AES_256_GCM_SHA384";
  session.fingerprint = "sha256:aa";
  const mail::TlsFacts facts = tls_facts(session);
  const mail::TlsFacts expected{
      mail::TlsVersion::tls1_3, session.cipher, session.group, true, "", session.names, "sha256:aa"};
  BOOST_TEST((facts == expected));
}

BOOST_AUTO_TEST_CASE(every_reply_about_lines_names_the_fault_and_is_permanent) {
  for (const auto fault :
       {mail::LineFault::bare_cr, mail::LineFault::bare_lf, mail::LineFault::nul, mail::LineFault::too_long}) {
    BOOST_TEST(replies::bad_lines(fault).code == 550);
    BOOST_TEST((replies::bad_lines(fault).status == mail::StatusCode{5, 6, 0}));
  }
}
