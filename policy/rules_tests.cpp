#include <algorithm>

#include "policy/rules_reader.hpp"

namespace postern::policy {
namespace {

/// The mail of a [[test]]: what its sender would have sent.
std::string build_message(const mail::Address& from, const std::vector<mail::Address>& to, const std::string& subject,
                          const std::string& text) {
  std::string out = "From: <" + from.str() + ">\r\n";
  for (const mail::Address& address : to)
    out += "To: <" + address.str() + ">\r\n";
  out += "Subject: " + subject + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
  out += "Content-Transfer-Encoding: 8bit\r\n\r\n" + text + "\r\n";
  return out;
}

std::optional<mail::Address> read_address(Reading& in, const Node& node) {
  const auto text = read_text(in, node);
  if (!text) return std::nullopt;
  auto address = mail::Address::parse(*text);
  if (!address) {
    in.complain(node, "'" + *text + "': " + address.error().text);
    return std::nullopt;
  }
  return *address;
}

}  // namespace

void RulesReader::read_tests(Reading& in, const Node& list) {
  struct Mail {
    std::optional<mail::Address> from;
    std::vector<mail::Address> to;
    std::string subject = "test", text;
  };
  struct TestFile {
    PolicyTest test;
    Mail mail;
  };
  static const Settings<Mail> mail_settings = {
      required(custom<Mail>("from", "address", "", "",
                            [](Reading& r, const Node& n, Mail& m) { m.from = read_address(r, n); })),
      required(custom<Mail>("to", "list of addresses", "", "",
                            [](Reading& r, const Node& n, Mail& m) {
                              for (const std::string& one : read_texts(r, n)) {
                                if (auto address = read_address(r, Node{one, n.line, n.column}))
                                  m.to.push_back(*address);
                              }
                            })),
      text("subject", &Mail::subject, "test", ""), text("text", &Mail::text, "", "")};
  static const Settings<PolicyTest::Expectation> expectation_settings = {
      required(choice("action", &PolicyTest::Expectation::action, action_words, "", "")),
      texts("rules", &PolicyTest::Expectation::rules, "")};
  const Settings<TestFile> settings = {
      required(
          custom<TestFile>("name", "text", "", "",
                           [](Reading& r, const Node& n, TestFile& t) { t.test.name = read_text(r, n).value_or(""); })),
      required(
          custom<TestFile>("mail", "table", "", "",
                           [](Reading& r, const Node& n, TestFile& t) { read_table(r, n, mail_settings, t.mail); })),
      required(custom<TestFile>("expect", "tables by recipient", "", "", [](Reading& r, const Node& n, TestFile& t) {
        if (n.table() == nullptr) return r.expected(n, "expect.\"address\" = { action = … }");
        for (const NodeEntry& entry : *n.table()) {
          PolicyTest::Expectation expectation;
          if (auto address = read_address(r, Node{entry.key, entry.line, entry.column}))
            expectation.recipient = *address;
          read_table(r, entry.value, expectation_settings, expectation);
          t.test.expect.push_back(std::move(expectation));
        }
      }))};
  each<TestFile>(in, list, "test", [&](const Node& node, TestFile& file) {
    read_table(in, node, settings, file);
    for (const auto& expectation : file.test.expect) {
      if (std::ranges::find(file.mail.to, expectation.recipient) == file.mail.to.end()) {
        in.complain(node,
                    "'" + expectation.recipient.str() + "' is expected of but is no recipient of the test's mail");
      }
    }
    file.test.file = in.file;
    file.test.line = node.line;
    file.test.from = file.mail.from.value_or(mail::Address{});
    file.test.to = file.mail.to;
    file.test.message = build_message(file.test.from, file.test.to, file.mail.subject, file.mail.text);
    set_.tests.push_back(std::move(file.test));
  });
}

}  // namespace postern::policy
