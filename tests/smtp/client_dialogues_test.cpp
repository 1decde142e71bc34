// Dialogues with the client: tests/cases/smtp/client/*.txt. Adding a case is adding a file.
//
//   set level none|opportunistic|encrypted|verified|secure|mta-sts|dane|invalid
//   set to a@x.example b@x.example     set from <>          set host mx.example
//   set body escaped bytes             set piece N          set body-size N (what was kept, where it differs)
//   set utf8   set envid XTEXT   set ret full|headers   set ask NOTIFY=… ORCPT=… (of the first recipient)
//   set requiretls (from level verified up)   set sts-host NAME
//   set eight-bit   set eight-bit-body   set avoid-tls   set not-on-record   set old-tls   set untrusted   set
//   certificate NAME O: delivered 250                   one for each recipient, see describe() in sending.hpp H: host
//   ehlo 550 lesson=none       the host failed N: mx.example                      the server name in the handshake D: 1
//   calls before the final dot
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "smtp/parameters.hpp"
#include "tests/smtp/dialogue.hpp"
#include "tests/smtp/sending.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

void set_level(Sending& sending, const std::string& value) {
  if (value == "invalid") {
    sending.parts.requirement = mail::TlsRequirement::invalid();
    return;
  }
  for (auto level = mail::TlsLevel::none; level <= mail::TlsLevel::dane;
       level = static_cast<mail::TlsLevel>(static_cast<int>(level) + 1)) {
    if (mail::format_tls_level(level) == value) return sending.demand(level);
  }
  throw std::runtime_error("no such level: " + value);
}

std::vector<mail::Address> parse_addresses(const std::string& value) {
  std::vector<mail::Address> all;
  std::istringstream words(value);
  for (std::string word; words >> word;)
    all.push_back(mail::Address::parse(word).value());
  return all;
}

void set(Sending& sending, net::TlsSession& session, const std::string& name, const std::string& value) {
  if (name == "level") return set_level(sending, value);
  if (name == "to")
    sending.parts.to = parse_addresses(value);
  else if (name == "from")
    sending.parts.from = std::nullopt;
  else if (name == "host")
    sending.options.host = value;
  else if (name == "body")
    sending.body = test::unescape(value);
  else if (name == "piece")
    sending.piece = std::stoul(value);
  else if (name == "body-size")
    sending.parts.body_size = std::stoul(value);
  else if (name == "eight-bit")
    sending.parts.parameters.eight_bit = true;
  else if (name == "eight-bit-body")
    sending.parts.eight_bit = true;
  else if (name == "utf8")
    sending.parts.needs_utf8 = true;
  else if (name == "envid")
    sending.parts.parameters.envid = value;
  else if (name == "ret")
    sending.parts.parameters.ret = value == "full" ? mail::Return::full : mail::Return::headers;
  else if (name == "ask")
    BOOST_REQUIRE(!parse_parameters(value, sending.parts.asked.emplace_back()));
  else if (name == "requiretls")
    sending.demand_requiretls();
  else if (name == "sts-host")
    sending.parts.requirement.sts_host = value;
  else if (name == "avoid-tls")
    sending.options.avoid_tls = true;
  else if (name == "not-on-record")
    sending.not_on_record = true;
  else if (name == "old-tls")
    session.version = 0x0302;
  else if (name == "untrusted")
    session.chain_valid = false;
  else if (name == "certificate")
    session.names = {value};
  else
    throw std::runtime_error("no such setting: " + name);
}

std::vector<std::string> describe_all(const std::vector<mail::Outcome>& outcomes) {
  std::vector<std::string> all;
  for (const mail::Outcome& outcome : outcomes)
    all.push_back(describe(outcome));
  return all;
}

void run_case(const std::filesystem::path& path) {
  test::Dialogue dialogue = test::load_dialogue(path, 'C');
  test::ScriptedStream stream(dialogue.steps);
  Sending sending;
  for (const auto& [name, value] : dialogue.settings)
    set(sending, stream.session, name, value);
  const SessionResult result = sending.through(stream);

  BOOST_TEST(stream.trouble() == "");
  const auto& outcomes = dialogue.expectations["O"];
  BOOST_TEST(describe_all(result.outcomes) == outcomes, boost::test_tools::per_element());
  std::vector<std::string> host;
  if (result.host_failure) host.push_back(describe(*result.host_failure));
  BOOST_TEST(host == dialogue.expectations["H"], boost::test_tools::per_element());
  BOOST_TEST(host.size() + outcomes.size() > 0, "the case says what it expects");
  for (const std::string& name : dialogue.expectations["N"])
    BOOST_TEST(stream.server_name == name);
  for (const std::string& count : dialogue.expectations["D"])
    BOOST_TEST(sending.dots == std::stoul(count));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_client_follows_the_dialogues) {
  const auto files = test::case_files("client");
  BOOST_TEST(files.size() >= 20U);
  for (const auto& path : files) {
    BOOST_TEST_CONTEXT(path.filename().string()) {
      run_case(path);
    }
  }
}
