// Dialogues with the server: tests/cases/smtp/server/*.txt. Adding a case is adding a file.
//
//   set size|recipients|errors|header|command-line|body-line N     set starttls off|offered|required|implicit
//   set bdat-bare-lf refuse|normalise                               set announce-limits on
//   say: rcpt <bad@b.example> = 550 5.1.1 No such mailbox      the receiver's answer to calls that begin so
//   R: start                                                   the receiver's calls, all of them, in order
#include <boost/test/unit_test.hpp>

#include "tests/smtp/dialogue.hpp"
#include "tests/smtp/recorder.hpp"
#include "tests/support/run.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

mail::Reply parse_reply(const std::string& text) {
  mail::Reply reply;
  int klass = 0, subject = 0, detail = 0, end = 0;
  if (std::sscanf(text.c_str(), "%d %d.%d.%d %n", &reply.code, &klass, &subject, &detail, &end) != 4) {
    throw std::runtime_error("no reply: " + text);
  }
  reply.status = mail::StatusCode{klass, subject, detail};
  reply.text = text.substr(static_cast<std::size_t>(end));
  return reply;
}

void set(ServerOptions& options, const std::string& name, const std::string& value) {
  if (name == "starttls") {
    const std::map<std::string, Starttls> words = {{"off", Starttls::off},
                                                   {"offered", Starttls::offered},
                                                   {"required", Starttls::required},
                                                   {"implicit", Starttls::implicit}};
    options.starttls = words.at(value);
  } else if (name == "bdat-bare-lf") {
    options.bdat_bare_lf = value == "refuse" ? BareLf::refuse : BareLf::normalise;
  } else if (name == "announce-limits") {
    options.announce_limits = true;
  } else {
    const std::map<std::string, std::size_t*> limits = {
        {"recipients", &options.limits.recipients}, {"errors", &options.limits.errors},
        {"header", &options.limits.header},         {"command-line", &options.limits.command_line},
        {"body-line", &options.limits.body_line},   {"size", &options.limits.size}};
    *limits.at(name) = std::stoul(value);
  }
}

void run_case(const std::filesystem::path& path) {
  test::Dialogue dialogue = test::load_dialogue(path, 'S');
  ServerOptions options;
  options.hostname = "gw.example";
  options.starttls = Starttls::off;
  options.tls = test::tls_server();
  for (const auto& [name, value] : dialogue.settings)
    set(options, name, value);

  Recorder receiver;
  for (const std::string& rule : dialogue.expectations["say"]) {
    const std::size_t equals = rule.find(" = ");
    receiver.rules.emplace_back(rule.substr(0, equals), parse_reply(rule.substr(equals + 3)));
  }
  test::ScriptedStream stream(dialogue.steps);
  test::run(serve(stream, options, receiver));

  BOOST_TEST(stream.trouble() == "");
  BOOST_TEST(receiver.violations == std::vector<std::string>(), boost::test_tools::per_element());
  BOOST_TEST(!receiver.open(), "a transaction was left open");
  const auto& calls = dialogue.expectations["R"];
  if (!calls.empty()) BOOST_TEST(receiver.log == calls, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_server_follows_the_dialogues) {
  const auto files = test::case_files("server");
  BOOST_TEST(files.size() >= 20U);
  for (const auto& path : files) {
    BOOST_TEST_CONTEXT(path.filename().string()) {
      run_case(path);
    }
  }
}
