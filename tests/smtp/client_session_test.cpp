// One session, several messages: what is kept between them, and what must never be.
#include <boost/test/unit_test.hpp>

#include "tests/smtp/sending.hpp"
#include "tests/support/fake_mx.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

using mail::TlsLevel;

/// A host and a session to it; messages are a Sending each.
struct Line {
  test::FakeMx host;
  std::optional<ClientSession> session;

  std::optional<HostFailure> open(const Sending& like) { return open(like, host); }
  std::optional<HostFailure> open(const Sending& like, net::Stream& stream) {
    session.emplace(stream, like.options, like.parts.requirement);
    return test::run(session->open());
  }
  SessionResult send(Sending& message) {
    message.parts.body_size = message.body.size();
    const mail::Outbound outbound = gateway::Protector::make(message.parts);
    CountedBody body(message.body, pieces);
    return test::run(session->send(outbound, body, [&message]() -> net::awaitable<void> {
      ++message.dots;
      co_return;
    }));
  }

  struct CountedBody final : Body {
    CountedBody(std::string bytes, unsigned& count) : inner(std::move(bytes)), asked(count) {}
    net::awaitable<std::string> next() override {
      ++asked;
      co_return co_await inner.next();
    }
    PiecedBody inner;
    unsigned& asked;
  };
  unsigned pieces = 0;  // of bodies that were asked for
};

Sending at(TlsLevel level) {
  Sending sending;
  sending.demand(level);
  return sending;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_session)

BOOST_AUTO_TEST_CASE(one_message_follows_another_without_a_word_between) {
  for (const TlsLevel level : {TlsLevel::none, TlsLevel::verified}) {
    Line line;
    Sending message = at(level);
    BOOST_TEST(!line.open(message));
    for (int i = 0; i < 3; ++i) {
      const SessionResult result = line.send(message);
      BOOST_TEST(!result.stale);
      BOOST_TEST(describe(result.outcomes.at(0)) == "delivered 250");
      BOOST_TEST(line.session->ready());
    }
    test::run(line.session->end());
    std::vector<std::string> expected = {"EHLO gw.example"};
    if (level == TlsLevel::verified) expected.insert(expected.end(), {"STARTTLS", "EHLO gw.example"});
    for (int i = 0; i < 3; ++i)
      expected.insert(expected.end(), {"MAIL FROM:<a@ours.example>", "RCPT TO:<b@theirs.example>", "DATA"});
    expected.emplace_back("QUIT");
    BOOST_TEST(line.host.commands == expected, boost::test_tools::per_element());
    BOOST_TEST(line.host.closed);
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_took_a_chunk_gets_the_next_message_in_one) {
  Line line;
  line.host.offer_chunking = true;
  Sending message = at(TlsLevel::none);
  BOOST_TEST(!line.open(message));
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(describe(line.send(message).outcomes.at(0)) == "delivered 250");
  const std::vector<std::string> expected = {
      "EHLO gw.example", "MAIL FROM:<a@ours.example>", "RCPT TO:<b@theirs.example>", "BDAT 13",
      "BDAT 18 LAST",    "MAIL FROM:<a@ours.example>", "RCPT TO:<b@theirs.example>", "BDAT 31 LAST"};
  BOOST_TEST(line.host.commands == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_know_bdat_hears_no_content_and_is_not_spoken_to_again) {
  Line line;
  line.host.offer_chunking = true;
  line.host.replies["BDAT"] = "500 what?\r\n";
  line.host.replies["RECEIVED:"] = "500 what?\r\n";
  Sending message = at(TlsLevel::none);
  message.body = "MAIL FROM:<eve@theirs.example>\r\n";
  BOOST_TEST(!line.open(message));
  const SessionResult result = line.send(message);
  BOOST_TEST(result.bdat_unknown);
  BOOST_TEST(!line.session->ready());
  test::run(line.session->end());
  BOOST_TEST(line.host.commands.size() == 5U);
  BOOST_TEST(line.host.commands.back() == "Received: x");
}

BOOST_AUTO_TEST_CASE(a_message_without_a_header_of_ours_goes_by_data_until_the_host_took_a_chunk) {
  Line line;
  line.host.offer_chunking = true;
  Sending notice = at(TlsLevel::none), message = at(TlsLevel::none);
  notice.parts.prefix.clear();
  BOOST_TEST(!line.open(message));
  for (Sending* one : {&notice, &message, &notice})
    BOOST_TEST(describe(line.send(*one).outcomes.at(0)) == "delivered 250");
  std::vector<std::string> ways;
  for (const std::string& command : line.host.commands) {
    if (command == "DATA" || command.starts_with("BDAT")) ways.push_back(command);
  }
  const std::vector<std::string> expected = {"DATA", "BDAT 13", "BDAT 18 LAST", "BDAT 18 LAST"};
  BOOST_TEST(ways == expected, boost::test_tools::per_element());
}

// RFC 9422 §4.1
BOOST_AUTO_TEST_CASE(a_session_carries_as_many_transactions_as_the_host_takes) {
  Line line;
  line.host.limits = "MAILMAX=2";
  Sending message = at(TlsLevel::none);
  BOOST_TEST(!line.open(message));
  BOOST_TEST(line.session->ready());
  line.send(message);
  BOOST_TEST(line.session->ready());
  line.send(message);
  BOOST_TEST(!line.session->ready());
}

BOOST_AUTO_TEST_CASE(a_transaction_that_was_not_ended_is_reset_before_the_next) {
  for (const std::string verb : {"RCPT", "DATA"}) {
    Line line;
    Sending message = at(TlsLevel::none);
    BOOST_TEST(!line.open(message));
    line.host.replies[verb] = "550 no\r\n";
    BOOST_TEST(describe(line.send(message).outcomes.at(0)).starts_with("failed"));
    line.host.replies.clear();
    BOOST_TEST(line.session->ready());
    BOOST_TEST(!line.host.seen("RSET"));
    BOOST_TEST(describe(line.send(message).outcomes.at(0)) == "delivered 250");
    BOOST_TEST(line.host.seen("RSET"));
  }
}

BOOST_AUTO_TEST_CASE(a_message_refused_at_its_end_leaves_the_session_in_order) {
  Line line;
  Sending message = at(TlsLevel::none);
  BOOST_TEST(!line.open(message));
  line.host.replies["."] = "554 no\r\n";
  BOOST_TEST(describe(line.send(message).outcomes.at(0)) == "failed final-dot 5.0.0 554");
  line.host.replies.clear();
  BOOST_TEST(describe(line.send(message).outcomes.at(0)) == "delivered 250");
  BOOST_TEST(!line.host.seen("RSET"));
}

BOOST_AUTO_TEST_CASE(after_an_answer_that_is_neither_yes_nor_no_nothing_follows) {
  Line line;
  Sending message = at(TlsLevel::none);
  BOOST_TEST(!line.open(message));
  line.host.replies["."] = "220 hello again\r\n";
  BOOST_TEST(describe(line.send(message).outcomes.at(0)) == "uncertain");
  BOOST_TEST(!line.session->ready());
}

BOOST_AUTO_TEST_CASE(what_an_idle_host_says_to_mail_is_about_the_session_and_costs_the_message_nothing) {
  for (const std::string answer :
       {"421 4.4.2 waited too long\r\n", "451 enough for one session\r\n", "503 no\r\n", ""}) {
    Line line;
    Sending message = at(TlsLevel::none);
    BOOST_TEST(!line.open(message));
    (void)line.send(message);
    line.host.replies["MAIL"] = answer;
    if (answer.empty()) line.host.replies["RCPT"] = "";
    line.pieces = 0;
    const SessionResult result = line.send(message);
    BOOST_TEST(result.stale);
    BOOST_TEST(result.outcomes.empty());
    BOOST_TEST(line.pieces == 0U);
    BOOST_TEST(message.dots == 1U);
    BOOST_TEST(!line.session->ready());
  }
}

BOOST_AUTO_TEST_CASE(a_fresh_session_s_answer_to_mail_decides) {
  Line line;
  Sending message = at(TlsLevel::none);
  BOOST_TEST(!line.open(message));
  line.host.replies["MAIL"] = "451 not now\r\n";
  const SessionResult result = line.send(message);
  BOOST_TEST(!result.stale);
  BOOST_TEST(describe(result.outcomes.at(0)) == "deferred mail 451");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_large_says_nothing_about_the_session) {
  Line line;
  line.host.replies["EHLO"] = "250-mx.example\r\n250 SIZE 100\r\n";
  Sending message = at(TlsLevel::none), large = at(TlsLevel::none);
  large.body.append(std::string(200, 'x') + "\r\n");
  BOOST_TEST(!line.open(message));
  (void)line.send(message);
  BOOST_TEST(describe(line.send(large).outcomes.at(0)) == "failed mail 5.3.4");
  BOOST_TEST(line.session->ready());
}

BOOST_AUTO_TEST_CASE(a_session_that_breaks_anywhere_in_its_second_message_is_stale_only_before_anything_was_taken) {
  for (const auto how : {test::FailingStream::How::broken, test::FailingStream::How::timed_out}) {
    for (const bool pipelining : {false, true}) {
      std::vector<std::string> seen;  // without repetitions
      for (std::size_t at_operation = 1;; ++at_operation) {
        Line line;
        line.host.offer_pipelining = pipelining;
        test::FailingStream stream(line.host, at_operation, how);
        Sending first = at(TlsLevel::none), second = first;
        if (line.open(first, stream)) continue;
        if (describe(line.send(first).outcomes.at(0)) != "delivered 250") continue;
        line.host.kept = false;
        line.pieces = 0;
        const SessionResult result = line.send(second);
        std::string outcome = result.stale ? "stale" : describe(result.outcomes.at(0));
        outcome = outcome.substr(0, outcome.find(' '));
        if (outcome == "stale") BOOST_TEST((!line.host.kept && line.pieces == 0 && second.dots == 0));
        if (outcome == "deferred") BOOST_TEST((!line.host.kept && second.dots == 0));
        if (outcome == "delivered") BOOST_TEST(line.host.kept);
        if (seen.empty() || seen.back() != outcome) seen.push_back(outcome);
        if (!stream.failed()) break;
      }
      const std::vector<std::string> course = {"stale", "deferred", "uncertain", "delivered"};
      BOOST_TEST(seen == course, boost::test_tools::per_element());
    }
  }
}

/// Promise 1 over reuse: every requirement against every other, over hosts with and without TLS.
BOOST_AUTO_TEST_CASE(a_session_carries_mail_of_an_equal_requirement_and_no_other) {
  std::vector<mail::TlsRequirement> all;
  for (const TlsLevel level :
       {TlsLevel::none, TlsLevel::opportunistic, TlsLevel::encrypted, TlsLevel::verified, TlsLevel::secure}) {
    mail::TlsRequirement requirement = mail::TlsRequirement::at(level);
    if (level >= TlsLevel::verified) requirement.names = {"mx.example"};
    all.push_back(requirement);
    requirement.version = mail::TlsVersion::tls1_3;
    all.push_back(requirement);
    requirement.pins = {"certificate:sha256:00"};
    all.push_back(requirement);
  }
  all.push_back(mail::TlsRequirement::invalid());
  unsigned carried = 0;
  for (const bool starttls : {false, true}) {
    for (const mail::TlsRequirement& opened : all) {
      for (const mail::TlsRequirement& wanted : all) {
        Line line;
        line.host.offer_starttls = starttls;
        Sending first, second;
        first.parts.requirement = opened;
        second.parts.requirement = wanted;
        if (line.open(first)) continue;  // not met: there is no session
        (void)line.send(first);
        const auto before = line.host.commands.size();
        line.host.kept = false;
        const SessionResult result = line.send(second);
        BOOST_TEST(line.host.kept == (opened == wanted));
        BOOST_TEST(result.host_failure.has_value() == (opened != wanted));
        if (opened != wanted) BOOST_TEST(line.host.commands.size() == before);
        carried += line.host.kept ? 1 : 0;
        if (wanted.level >= TlsLevel::encrypted) BOOST_TEST(!(line.host.kept && line.host.mail_in_clear));
      }
    }
  }
  BOOST_TEST(carried == 18U);  // 14 with TLS, and 4 without: a pin needs TLS at every level
}

BOOST_AUTO_TEST_SUITE_END()
