// The protocol as a table: every command in every state.
#include <boost/test/unit_test.hpp>

#include "smtp/server_states.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

const std::vector<State> states = {State::connected, State::ready, State::envelope, State::recipients, State::chunks};

MailFrom mail_from() {
  return {mail::Address::parse("a@a.example").value(), {}};
}
RcptTo rcpt_to() {
  return {mail::Address::parse("b@b.example").value(), {}};
}

struct Row {
  const char* name;
  Command command;
  // One for each state: a refusal's code, or the letter of the next state (c r e R k).
  std::vector<std::string> cells;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"EHLO", Helo{"c", true}, {"r", "r", "r", "r", "r"}},
      {"MAIL", mail_from(), {"503", "e", "503", "503", "503"}},
      {"RCPT", rcpt_to(), {"503", "503", "R", "R", "503"}},
      {"DATA", Data{}, {"503", "503", "554", "r", "503"}},
      {"BDAT", Bdat{1, false}, {"503", "503", "554", "k", "k"}},
      {"BDAT LAST", Bdat{1, true}, {"503", "503", "554", "r", "r"}},
      {"STARTTLS", StartTls{}, {"503", "c", "503", "503", "503"}},
      {"RSET", Rset{}, {"c", "r", "r", "r", "r"}},
      {"NOOP", Noop{}, {"c", "r", "e", "R", "k"}},
      {"QUIT", Quit{}, {"c", "r", "e", "R", "k"}},
      {"VRFY", Vrfy{}, {"c", "r", "e", "R", "k"}},
      {"HELP", Help{}, {"c", "r", "e", "R", "k"}},
      {"bad", BadCommand{{500, std::nullopt, ""}, false}, {"500", "500", "500", "500", "500"}},
  };
  return rows;
}

std::string cell(const Protocol& protocol, const Command& command) {
  if (const auto refused = refusal(protocol, command)) return std::to_string(refused->code);
  switch (next(protocol.state, command)) {
    case State::connected: return "c";
    case State::ready: return "r";
    case State::envelope: return "e";
    case State::recipients: return "R";
    case State::chunks: return "k";
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_table_of_states_and_commands) {
  for (const Row& row : table()) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      const Protocol protocol{states[i], false, true, Starttls::offered};
      BOOST_TEST(cell(protocol, row.command) == row.cells[i], row.name << " in state " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(required_tls_keeps_mail_out_until_there_is_tls) {
  BOOST_TEST(cell({State::ready, false, true, Starttls::required}, mail_from()) == "530");
  BOOST_TEST(cell({State::ready, true, true, Starttls::required}, mail_from()) == "e");
  BOOST_TEST(cell({State::ready, false, true, Starttls::offered}, mail_from()) == "e");
  BOOST_TEST(cell({State::ready, false, true, Starttls::off}, mail_from()) == "e");
}

BOOST_AUTO_TEST_CASE(starttls_is_there_once_and_only_where_it_is_offered) {
  BOOST_TEST(cell({State::ready, true, true, Starttls::required}, StartTls{}) == "503");
  BOOST_TEST(cell({State::ready, false, true, Starttls::required}, StartTls{}) == "c");
  BOOST_TEST(cell({State::ready, false, true, Starttls::off}, StartTls{}) == "502");
}

BOOST_AUTO_TEST_CASE(requiretls_is_known_only_where_it_was_announced) {  // RFC 8689 §2
  MailFrom command = mail_from();
  command.parameters.requiretls = true;
  for (const bool tls : {false, true}) {
    for (const bool extended : {false, true}) {
      const Protocol protocol{State::ready, tls, extended, Starttls::offered};
      const auto refused = refusal(protocol, command);
      BOOST_TEST(refused.has_value() == !(tls && extended));
      if (refused) BOOST_TEST(refused->code == 555);
      BOOST_TEST(!refusal(protocol, mail_from()));
    }
  }
}
