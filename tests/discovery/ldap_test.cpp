// Directories: what is sent, what their answers mean, and what is not believed.
#include <boost/test/unit_test.hpp>

#include "discovery/ldap_codec.hpp"
#include "discovery/ldap_keys.hpp"
#include "tests/discovery/scripted.hpp"
#include "tests/support/streams.hpp"

namespace {

using namespace postern;
using discovery::KeyAnswer;
using discovery::KeyOrigin;
using enum discovery::KeyAnswer::Result;

// RFC 4511 in octets

std::string tlv(unsigned tag, const std::string& content) {
  const auto size = static_cast<unsigned>(content.size());
  std::string all;
  for (const unsigned octet : {tag, 0x82U, size >> 8, size & 0xFF})
    all += static_cast<char>(octet);
  return all + content;
}
std::string octets(const std::string& text) {
  return tlv(0x04, text);
}
std::string message(unsigned id, const std::string& operation) {
  return tlv(0x30, tlv(0x02, std::string(1, static_cast<char>(id))) + operation);
}
constexpr unsigned bind_response = 0x61, entry_tag = 0x64, done_tag = 0x65, reference_tag = 0x73, extended = 0x78;
std::string result(unsigned id, unsigned tag, unsigned code = 0) {
  return message(
      id, tlv(tag, tlv(0x0A, std::string(1, static_cast<char>(code))) + octets("") + octets("the server's words")));
}
std::string entry(unsigned id, const std::string& attribute, const std::vector<std::string>& values) {
  std::string set;
  for (const std::string& one : values)
    set += octets(one);
  return message(id,
                 tlv(entry_tag, octets("cn=bob,dc=lab") + tlv(0x30, tlv(0x30, octets(attribute) + tlv(0x31, set)))));
}
std::string reference(unsigned id) {
  return message(id, tlv(reference_tag, octets("ldap://elsewhere.example/dc=other")));
}

// Over a connection that is a script

struct Script {
  std::vector<std::string> replies;  // one to each request, the handshake left out
  std::size_t piece = SIZE_MAX;
  net::TlsSession session;
  std::vector<std::string> said;  // by us; "TLS" is the handshake
};

struct ScriptedStream final : test::QuietStream {
  explicit ScriptedStream(Script& of) : script(of) {}
  Script& script;
  std::string out;
  std::size_t next = 0;
  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    const std::size_t n = std::min({script.piece, into.size(), out.size()});
    std::copy_n(out.begin(), n, into.begin());
    out.erase(0, n);
    co_return n;
  }
  net::awaitable<void> write(std::string_view bytes) override {
    script.said.emplace_back(bytes);
    if (next < script.replies.size()) out += script.replies[next++];
    co_return;
  }
  net::awaitable<net::TlsSession> start_tls(const net::TlsClient&, std::string) override {
    script.said.emplace_back("TLS");
    co_return script.session;
  }
};

struct World final : net::Dialer {
  discovery::TableResolver dns;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  Script script;
  discovery::LdapDirectory directory;

  World() {
    dns.address("directory.example", "10.0.0.7");  // no stranger named it: it may be anywhere
    script.session.chain_valid = true;
    script.session.names = {"directory.example"};
    directory.server = discovery::parse_ldap_url("ldaps://directory.example").value();
    directory.base = "dc=lab";
    directory.domains = {"lab.example"};
    net::TlsClientOptions options;
    options.system_roots = false;
    directory.tls = net::TlsClient::make(options).value();
  }
  net::awaitable<std::unique_ptr<net::Stream>> dial(net::Endpoint, std::chrono::milliseconds) override {
    co_return std::make_unique<ScriptedStream>(script);
  }
  void logs_in() {
    directory.bind_dn = "cn=postern,dc=lab";
    const std::string word = "a secret word";
    directory.password =
        std::make_shared<const Secret>(std::span(reinterpret_cast<const std::uint8_t*>(word.data()), word.size()));
  }
  void by_start_tls() { directory.server = discovery::parse_ldap_url("ldap://directory.example").value(); }
  KeyAnswer find(const std::string& address = "bob@lab.example", KeyOrigin origin = KeyOrigin::ldap) {
    const auto directories = std::make_shared<const std::vector<discovery::LdapDirectory>>(1, directory);
    const auto source = discovery::make_ldap_source(origin, directories, dns, *this, clock, random);
    return test::run(source->find(*mail::Address::parse(address)));
  }
};

void trouble_is(const KeyAnswer& answer, std::string_view why) {
  BOOST_TEST((answer.result == trouble));
  BOOST_TEST(answer.reason.ends_with(why), answer.reason);
  BOOST_TEST(!answer.reason.contains("the server's words"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ldap)

BOOST_AUTO_TEST_CASE(no_octet_of_an_address_means_anything_in_the_filter_but_itself) {
  const auto filter = [](const std::string& address) {
    return discovery::ldap_filter("(|(mail={address})(proxyAddresses=smtp:{address}))", *mail::Address::parse(address));
  };
  BOOST_TEST(filter("bob.o-h_1+x@lab.example") ==
             "(|(mail=bob.o-h_1+x@lab.example)(proxyAddresses=smtp:bob.o-h_1+x@lab.example))");
  BOOST_TEST(filter("*@lab.example").starts_with("(|(mail=\\2a@lab.example)"));
  BOOST_TEST(filter("{address}@lab.example").starts_with("(|(mail=\\7baddress\\7d@lab.example)"));
  BOOST_TEST(
      filter("\"a)(cn=*\\\\\"@lab.example").starts_with("(|(mail=\\22a\\29\\28cn\\3d\\2a\\5c\\5c\\22@lab.example)"));
  BOOST_TEST(filter("b\xc3\xb6@lab.example").starts_with("(|(mail=b\\c3\\b6@lab.example)"));
}

BOOST_AUTO_TEST_CASE(a_directory_is_named_by_host_and_scheme) {
  const auto plain = discovery::parse_ldap_url("ldap://Dir.lab.example"),
             tls = discovery::parse_ldap_url("ldaps://d:6360");
  BOOST_TEST((plain->start_tls && plain->port == 389 && plain->host == "dir.lab.example"));
  BOOST_TEST((!tls->start_tls && tls->port == 6360 && tls->host == "d"));
  for (const char* wrong :
       {"", "ldaps://", "http://dir.example", "ldapi://dir.example", "ldaps://dir.example/dc=x", "ldaps://192.0.2.1",
        "ldaps://[2001:db8::1]", "ldaps://dir.example:0", "ldaps://dir.example:70000",
        "ldaps://dir.example:", "ldaps://u@dir.example", "dir.example"})
    BOOST_TEST(!discovery::parse_ldap_url(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(names_and_filters_are_those_of_the_standard) {
  BOOST_TEST(discovery::parse_ldap_dn("ou=people,dc=lab").has_value());
  for (const char* wrong : {"", "people", "ou=people,,dc=lab"})
    BOOST_TEST(!discovery::parse_ldap_dn(wrong).has_value(), wrong);
  BOOST_TEST(discovery::parse_ldap_filter("(&(objectClass=person)(|(mail={address})(mail=x{address})))").has_value());
  for (const char* wrong : {"(mail=bob)", "(mail={address}", "(mail={address}))", "(&{address})", "({address})"})
    BOOST_TEST(!discovery::parse_ldap_filter(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(what_an_entry_holds_are_candidates_each_once) {
  World world;
  world.script.replies = {entry(1, "userCertificate;binary", {"one", "two"}) + reference(1) +
                          entry(1, "userSMIMECertificate", {"two", std::string(30'000, 'x')}) + result(1, done_tag)};
  for (const std::size_t piece : {SIZE_MAX, std::size_t(1), std::size_t(1000)}) {
    world.script.piece = piece;
    world.script.said.clear();
    const KeyAnswer answer = world.find();
    BOOST_TEST_REQUIRE((answer.result == found), answer.reason);
    BOOST_TEST_REQUIRE(answer.candidates.size() == 3U);
    BOOST_TEST(answer.candidates[1].bytes == "two");
    BOOST_TEST(!answer.candidates[0].proven);
    BOOST_TEST(answer.candidates[0].evidence == "LDAP, ldaps://directory.example, 10.0.0.7:636");
    BOOST_TEST_REQUIRE(world.script.said.size() == 2U);
    BOOST_TEST(world.script.said[0] == "TLS");
    BOOST_TEST(world.script.said[1].contains("bob@lab.example"));
    BOOST_TEST(world.script.said[1].contains("userCertificate;binary"));
  }
}

BOOST_AUTO_TEST_CASE(the_word_of_a_directory_proves_a_key_where_the_administrator_says_so) {
  World world;
  world.directory.proves = true;
  world.script.replies = {entry(1, "pgpKey", {"the key"}) + result(1, done_tag)};
  const KeyAnswer answer = world.find("bob@lab.example", KeyOrigin::ldap_openpgp);
  BOOST_TEST_REQUIRE((answer.result == found), answer.reason);
  BOOST_TEST(answer.candidates[0].proven);
  BOOST_TEST(world.script.said.at(1).contains("pgpKey"));
}

BOOST_AUTO_TEST_CASE(nobody_with_the_address_is_an_answer_and_everything_else_is_trouble) {
  World world;
  world.script.replies = {result(1, done_tag)};
  BOOST_TEST((world.find().result == none));
  const std::pair<std::string, const char*> cases[] = {
      {result(1, done_tag, 32), "search: No such object"},
      {result(1, done_tag, 10), "search: Referral"},
      {entry(1, "userCertificate", {"one"}) + result(1, done_tag, 4), "search: Size limit exceeded"},
      {result(1, done_tag, 50), "search: Insufficient access"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(200, 'x'), "the answer is not LDAP"},
      {entry(1, "userCertificate", {"one"}), "search: it hung up"},
      {"", "search: it hung up"},
      {result(7, done_tag), "search: it hung up"},
  };
  for (const auto& [reply, why] : cases) {
    world.script.replies = {reply};
    trouble_is(world.find(), why);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_without_end_is_left) {
  World world;
  std::string much;
  for (int i = 0; i < 40; ++i)
    much += entry(1, "userCertificate", {std::string(30'000, static_cast<char>('a' + i % 26))});
  world.script.replies = {much};
  trouble_is(world.find(), "the answer is too long");
  world.script.replies = {std::string("\x30\x84\x7f\xff\xff\xff", 6) + std::string(5000, 'x')};
  trouble_is(world.find(), "the answer is not LDAP");
}

BOOST_AUTO_TEST_CASE(the_password_is_said_over_proven_tls_alone) {
  World world;
  world.logs_in();
  world.by_start_tls();
  world.script.replies = {result(1, extended), result(1, bind_response),
                          entry(2, "userCertificate", {"one"}) + result(2, done_tag)};
  BOOST_TEST((world.find().result == found));
  BOOST_TEST_REQUIRE(world.script.said.size() == 4U);
  BOOST_TEST(world.script.said[0].contains("1.3.6.1.4.1.1466.20037"));
  BOOST_TEST(world.script.said[1] == "TLS");
  BOOST_TEST(world.script.said[2].contains("a secret word"));

  for (const bool trusted : {true, false}) {
    world.script.said.clear();
    world.script.session.chain_valid = trusted;
    world.script.session.names = {trusted ? "other.example" : "directory.example"};
    BOOST_TEST((world.find().result == trouble));
    BOOST_TEST(world.script.said.size() == 2U);
  }
}

BOOST_AUTO_TEST_CASE(without_start_tls_nothing_more_is_said) {
  World world;
  world.logs_in();
  world.by_start_tls();
  world.script.replies = {result(1, extended, 2)};
  trouble_is(world.find(), "StartTLS: Protocol error");
  BOOST_TEST(world.script.said.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_came_in_the_clear_counts_for_nothing_under_tls) {
  World world;
  world.by_start_tls();
  world.script.replies = {result(1, extended) + entry(1, "userCertificate", {"forged"}) + result(1, done_tag), ""};
  const KeyAnswer answer = world.find();
  BOOST_TEST((answer.result != found));
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_trouble) {
  World world;
  world.logs_in();
  world.script.replies = {result(1, bind_response, 49)};
  trouble_is(world.find(), "bind: Invalid credentials");
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_about_people_of_other_domains) {
  World world;
  const KeyAnswer answer = world.find("bob@other.example");
  BOOST_TEST((answer.result == none));
  BOOST_TEST(answer.reason == "no directory is configured for the domain");
  BOOST_TEST(world.script.said.empty());
}

BOOST_AUTO_TEST_SUITE_END()
