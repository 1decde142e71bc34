// A portal's site with one message, and a browser before it.
#pragma once

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"
#include "crypto/pickup_key.hpp"
#include "portal/link.hpp"
#include "portal/site.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/spool_room.hpp"

namespace postern::test::site {

using namespace postern;
using namespace postern::portal;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline const std::string text =
    "From: Dr. Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nSubject: Your results\r\n\r\nA-WORD-IN-THE-BODY\r\n";

/// For tests words are stretched cheaply.
inline constexpr crypto::Argon2Cost cheap{32, 1, 4};

struct Scene {
  test::Folder folder;
  test::SeededRandom random;
  test::TurnedClock clock;
  std::unique_ptr<Store> store = *Store::open(
      {crypto::SqliteDatabase{folder.path() / "portal.db"}, folder.path() / "keys", crypto::make_key(random)}, clock,
      random);
  Happenings happenings;
  Site site{{"secure.clinic.example", {{"clinic", {.name = "Riverside Clinic"}}}, {}, {.name = "Secure mail"}, cheap},
            *store,
            happenings,
            clock,
            random};
  Link link = deposited();
  std::string cookie;

  Link deposited(const Card& card = {"bob@lab.example", "en"}, const Besides& besides = {},
                 const std::string& message = text) {
    Deposit deposit;
    deposit.id = QueueId::make(clock.now(), random);
    deposit.tenant = "clinic";
    deposit.expires = clock.now() + hours(24);
    deposit.size = message.size();
    deposit.chunks = static_cast<std::uint32_t>(chunks_of(message.size()));
    const Secret content = crypto::make_key(random);
    Link made{make_lookup(random), crypto::make_key(random)};
    deposit.pickups = {make_pickup(deposit.id, made.lookup, made.secret, content, card, random, besides)};
    std::vector<std::string> chunks;
    for (std::uint32_t i = 0; i < deposit.chunks; ++i) {
      const std::string_view plain = std::string_view(message).substr(i * chunk_size, chunk_size);
      chunks.push_back(crypto::seal_chunk(content, content_label(deposit.id, i, deposit.chunks), plain));
    }
    BOOST_REQUIRE(store->keep(deposit, chunks));
    return made;
  }

  static std::string path_of(const Link& link) { return format_link("", link.lookup, link.secret); }
  static std::string secret_of(const Link& link) { return format_base64url(link.secret.text()); }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  net::HttpResult ask(net::HttpCall call) {
    if (call.host.empty()) call.host = "secure.clinic.example";
    if (!cookie.empty()) call.fields.emplace_back("cookie", cookie);
    if (call.peer.address.empty()) call.peer = {"192.0.2.1", 4711};
    net::HttpResult result = site.answer(call);
    if (result.more) {
      for (std::string piece; !(piece = result.more->next()).empty();)
        result.body += piece;
      BOOST_TEST(result.body.size() == result.more->size);
    }
    for (const auto& [name, value] : result.fields)
      if (name == "Set-Cookie") cookie = value.substr(0, value.find(';'));
    return result;
  }
  net::HttpResult get(const std::string& path, Fields fields = {}) {
    return ask({"GET", path, "", "", std::move(fields), "", {}});
  }
  net::HttpResult post(const std::string& path, const std::string& body, Fields fields = {}) {
    fields.emplace_back("content-type", "application/x-www-form-urlencoded");
    return ask({"POST", path, "", "", std::move(fields), body, {}});
  }
  net::HttpResult ask_for_code(const Link& of) { return post("/m/" + of.lookup + "/code", "link=" + secret_of(of)); }
  net::HttpResult enter(const Link& of, const std::string& code) {
    return post("/m/" + of.lookup + "/open", "link=" + secret_of(of) + "&code=" + code);
  }
  /// One that takes these words too.
  Link locked(const std::string& words = "abacus tulip zebra honey") {
    const Stretching how{"a salt of 16 oct", cheap};
    return deposited({"bob@lab.example", "en"}, Stretched{how, *stretch(words, how)});
  }
  net::HttpResult unlock(const Link& of, const std::string& words, const std::string& from = "192.0.2.1") {
    return ask({"POST",
                "/m/" + of.lookup + "/unlock",
                "",
                "",
                {{"content-type", "application/x-www-form-urlencoded"}},
                "link=" + secret_of(of) + "&passphrase=" + words,
                {from, 4711}});
  }
  /// What posternd would have mailed.
  std::string code() {
    const auto codes = happenings.take_codes(clock.now(), 10);
    BOOST_REQUIRE_EQUAL(codes.size(), 1);
    return codes.front().code;
  }
  void open() {
    ask_for_code(link);
    BOOST_REQUIRE_EQUAL(enter(link, code()).status, 303);
  }
  std::vector<EventKind> events() {
    std::vector<EventKind> kinds;
    for (const PortalEvent& event : *store->events_after(0, 100))
      kinds.push_back(event.kind);
    return kinds;
  }
};

[[nodiscard]] inline std::string field(const net::HttpResult& result, const std::string& wanted) {
  for (const auto& [name, value] : result.fields)
    if (name == wanted) return value;
  return {};
}
[[nodiscard]] inline bool shows(const net::HttpResult& result, const std::string& word) {
  return result.body.find(word) != std::string::npos;
}

}  // namespace postern::test::site
