// The sealed rungs, from KEEP to SETTLE: made once, sent byte for byte each time, to nobody's key but the recipient's,
// and never as clear mail, whatever fails.
#include <chrono>

#include "crypto/dkim_verify.hpp"
#include "gateway/sealer.hpp"
#include "tests/gateway/hosts.hpp"
#include "tests/gateway/scene.hpp"
#include "tests/support/dkim_keys.hpp"
#include "tests/support/fake_sealing.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using audit::EventKind;
using test::FailingStream;
using test::Hosts;
using test::waiting;

/// By S/MIME or not at all.
const std::string seal_all = R"(
[[rule]]
name = "all"
when.to = "outside"
then = { action = "protect", methods = ["smime"], reason = "All of it" }
)";

const std::string letter =
    "From: ann@clinic.example\r\nTo: bob@lab.example, Eve <eve@lab.example>\r\nMessage-ID: <1@clinic.example>\r\n"
    "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n";
const std::string hello = "48656c6c6f";  // as FakeMethod seals it

struct SealedScene : test::Scene {
  test::FakeKeys keys;
  test::FakeMethod* method = nullptr;

  SealedScene() : Scene(seal_all) {
    methods_.smime = std::make_unique<test::FakeMethod>();
    method = static_cast<test::FakeMethod*>(methods_.smime.get());
    give("bob@lab.example", "B1");
    restart();
  }
  void give(const std::string& address, const std::string& key) {
    keys.has_certificate(address);
    method->keys[address].push_back(key);
  }
  /// Each with a key of her own, to be sent to without being shown.
  std::vector<std::string> give_hidden(int count) {
    std::vector<std::string> hidden;
    for (int i = 0; i < count; ++i) {
      hidden.push_back("h" + std::to_string(i) + "@lab.example");
      give(hidden.back(), "H" + std::to_string(i));
    }
    return hidden;
  }
  void restart() {
    Scene::restart();
    services().keys = &keys;
    services().seal = &methods_;
  }
  [[nodiscard]] std::optional<spool::Held> hold_of_first() {
    for (const spool::StoredMessage& stored : queue()) {
      const auto* held = std::get_if<spool::Held>(&stored.recipients.at(0).state);
      if (held != nullptr && stored.message.envelope.from) return *held;
    }
    return std::nullopt;
  }
  void deliver_later(Duration later) {
    clock.forward(later);
    deliver_due();
  }

 private:
  net::Pool pool_{"seal", 1, 100};
  ByteBudget memory_{1U << 30};
  gateway::ReadyEntities ready_;
  gateway::SealMethods methods_{nullptr, nullptr, pool_, memory_, ready_};
};

bool is_sealed(const std::string& message) {
  return message.find(hello) != std::string::npos && message.find("Hello") == std::string::npos;
}

BOOST_AUTO_TEST_SUITE(sealed)

BOOST_AUTO_TEST_CASE(what_leaves_is_the_rendition_below_our_trace_whatever_the_connection) {
  SealedScene scene;
  BOOST_REQUIRE(scene.send(letter) == "250");
  Hosts hosts(scene);
  hosts.offer_starttls = false;
  scene.deliver_due();
  BOOST_REQUIRE(hosts.messages().size() == 1U);
  const std::string sent = hosts.messages().front();
  BOOST_TEST(hosts.saw_mail_in_clear());  // it is sealed: no TLS is asked for
  BOOST_TEST(is_sealed(sent));
  BOOST_TEST(sent.starts_with("Received: "));
  BOOST_TEST(sent.find("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/x-sealed\r\n") !=
             std::string::npos);
  BOOST_TEST(sent.find("text/plain") == std::string::npos);
  BOOST_TEST(waiting(scene) == 0U);
}

BOOST_AUTO_TEST_CASE(a_network_that_fails_at_the_nth_operation_gets_the_same_octets_again) {
  for (const auto how : {FailingStream::How::broken, FailingStream::How::timed_out}) {
    std::size_t at = 1;
    for (bool reached = true; reached; ++at) {
      SealedScene scene;
      BOOST_REQUIRE(scene.send(letter) == "250");
      Hosts hosts(scene, at, how);
      scene.deliver_due();
      reached = hosts.dialled.at(0)->line.failed();
      if (waiting(scene) > 0) {
        scene.clock.forward(5h);
        scene.restart();
        scene.deliver_due();
      }
      BOOST_TEST(waiting(scene) == 0U);
      BOOST_TEST(scene.method->sealed == 1U);
      for (const std::string& sent : hosts.messages()) {
        BOOST_TEST(is_sealed(sent));
        BOOST_TEST(sent == hosts.messages().front());
      }
    }
    BOOST_TEST(at > 8U);
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_fails_at_the_nth_write_costs_no_message_and_no_secret) {
  std::uint64_t at = 1;
  for (bool reached = true; reached; ++at) {
    SealedScene scene;
    BOOST_REQUIRE(scene.send(letter) == "250");
    Hosts hosts(scene);
    scene.fail_write(at);
    scene.deliver_due();
    reached = scene.failed_yet();
    scene.restart();
    BOOST_TEST(waiting(scene) == (reached ? 1U : 0U));
    if (reached) {
      scene.clock.forward(5h);
      scene.deliver_due();
    }
    BOOST_TEST(waiting(scene) == 0U);
    for (const std::string& sent : hosts.messages()) {
      BOOST_TEST(is_sealed(sent));
      BOOST_TEST(sent == hosts.messages().front());  // on record before the final dot
    }
    BOOST_TEST(scene.count(EventKind::duplicate) == hosts.kept() - 1);
  }
  BOOST_TEST(at > 3U);  // the attempt's mark with the rendition, its outcome
}

BOOST_AUTO_TEST_CASE(who_has_no_key_has_no_such_rung_and_the_sender_hears_of_it) {
  SealedScene scene;
  BOOST_REQUIRE(scene.send(letter, {"tom@lab.example"}) == "250");
  Hosts hosts(scene);
  scene.deliver_due();
  BOOST_TEST((scene.hold_of_first().value().reason == mail::HoldReason::no_rung));
  BOOST_TEST(scene.hold_of_first()->sender_told);
  BOOST_TEST(hosts.dialled.empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_may_not_be_used_any_more_leads_to_the_next_rung) {
  SealedScene scene;
  BOOST_REQUIRE(scene.send(letter) == "250");
  scene.method->keys.clear();
  Hosts hosts(scene);
  scene.deliver_due();
  scene.deliver_due();
  BOOST_TEST((scene.hold_of_first().value().reason == mail::HoldReason::no_rung));
  BOOST_TEST(hosts.dialled.empty());
}

BOOST_AUTO_TEST_CASE(a_rendition_is_made_anew_where_its_key_may_not_be_used_any_more_and_only_then) {
  SealedScene scene;
  BOOST_REQUIRE(scene.send(letter) == "250");
  Hosts hosts(scene, 1);  // the first connection breaks
  scene.deliver_due();
  scene.method->keys["bob@lab.example"] = {"B2", "B1"};
  hosts.refuse_next();
  scene.deliver_later(5h);
  BOOST_TEST(scene.method->sealed == 1U);  // another key is better; the old one still does
  scene.method->keys["bob@lab.example"] = {"B2"};
  scene.deliver_later(5h);
  BOOST_TEST(scene.method->sealed == 2U);
  std::vector<std::string> sent = hosts.messages();
  std::erase_if(sent, [](const std::string& message) { return !is_sealed(message); });  // the notice of the delay
  BOOST_REQUIRE(sent.size() == 1U);
  BOOST_TEST(sent.front().find("number 2 to B2\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(trouble_with_the_engine_is_waited_for_and_in_the_end_leads_to_the_next_rung) {
  SealedScene scene;
  BOOST_REQUIRE(scene.send(letter) == "250");
  scene.method->trouble = Error{Errc::unavailable, "the engine is not there"};
  Hosts hosts(scene);
  scene.deliver_due();
  BOOST_TEST(waiting(scene) == 1U);
  BOOST_TEST(!scene.hold_of_first());
  BOOST_TEST(hosts.dialled.empty());
  scene.deliver_later(3h);
  BOOST_TEST(!scene.hold_of_first());
  scene.deliver_later(2h);  // protect_patience is over
  scene.deliver_due();
  BOOST_TEST((scene.hold_of_first().value().reason == mail::HoldReason::no_rung));
  BOOST_TEST(hosts.dialled.empty());
}

BOOST_AUTO_TEST_CASE(an_engine_that_comes_back_seals_what_waited) {
  SealedScene scene;
  BOOST_REQUIRE(scene.send(letter) == "250");
  scene.method->trouble = Error{Errc::timed_out, "the engine hangs"};
  Hosts hosts(scene);
  scene.deliver_due();
  scene.method->trouble.reset();
  scene.deliver_later(1h);
  BOOST_TEST(waiting(scene) == 0U);
  BOOST_TEST(is_sealed(hosts.messages().at(0)));
}

BOOST_AUTO_TEST_CASE(those_in_sight_share_a_rendition_and_a_hidden_one_has_his_own) {
  SealedScene scene;
  scene.give("eve@lab.example", "E1");
  scene.give("hidden@lab.example", "H1");
  BOOST_REQUIRE(scene.send(letter, {"bob@lab.example", "hidden@lab.example", "eve@lab.example"}) == "250");
  Hosts hosts(scene);
  scene.deliver_due();
  BOOST_TEST(waiting(scene) == 0U);
  const std::vector<std::string> sent = hosts.messages();
  BOOST_REQUIRE(sent.size() == 2U);
  BOOST_TEST(sent.at(0).find(" to B1 E1\r\n") != std::string::npos);
  BOOST_TEST(sent.at(1).find(" to H1\r\n") != std::string::npos);
  BOOST_TEST(hosts.dialled.at(0)->mx.seen("RCPT TO:<eve@lab.example>"));
  BOOST_TEST(!hosts.dialled.at(0)->mx.seen("RCPT TO:<hidden@lab.example>"));
}

BOOST_AUTO_TEST_CASE(a_message_is_signed_once_for_all_its_renditions_and_anew_after_a_while) {
  SealedScene scene;
  const std::vector<std::string> hidden = scene.give_hidden(5);
  BOOST_REQUIRE(scene.send(letter, hidden) == "250");
  Hosts hosts(scene, 1);  // the first connection breaks: one is sealed
  scene.deliver_due();
  BOOST_TEST(scene.method->signatures == 1U);
  scene.deliver_later(5h);
  BOOST_TEST(waiting(scene) == 0U);
  BOOST_TEST(scene.method->sealed == 5U);
  BOOST_TEST(scene.method->signatures == 2U);
}

/// Both show ann's address, and neither is hers for certain.
BOOST_AUTO_TEST_CASE(what_a_stranger_may_have_written_is_sealed_without_the_shown_sender_s_signature) {
  const std::string proof = "X-OriginatorOrg: clinic.example\r\n";
  const std::string from_outside = proof + "X-MS-Exchange-CrossTenant-FromEntityHeader: Internet\r\n";
  const auto signatures_of = [](const std::string& fields, policy::BindMode mode) {
    SealedScene scene;
    policy::Tenant& clinic = scene.config.tenants.front().tenant;
    clinic.bind.mode = mode;
    clinic.bind.originator_org = {"clinic.example"};
    clinic.classes.forwarded = policy::Treatment::relay;
    scene.restart();
    BOOST_REQUIRE(scene.send(fields + letter) == "250");
    Hosts hosts(scene);
    scene.deliver_due();
    BOOST_REQUIRE(hosts.messages().size() == 1U);
    BOOST_TEST(is_sealed(hosts.messages().front()));
    return scene.method->signatures;
  };
  BOOST_TEST(signatures_of(proof, policy::BindMode::enforce) == 1U);
  BOOST_TEST(signatures_of(proof, policy::BindMode::monitor) == 1U);
  BOOST_TEST(signatures_of("", policy::BindMode::monitor) == 0U);            // the proof is missing
  BOOST_TEST(signatures_of(from_outside, policy::BindMode::enforce) == 0U);  // forwarded
}

BOOST_AUTO_TEST_CASE(who_finds_no_room_beside_the_messages_other_renditions_waits_for_it_and_for_nothing_else) {
  SealedScene scene;
  scene.config.renditions = 1;  // one at a time
  scene.restart();
  const std::vector<std::string> hidden = {"h1@lab.example", "h2@lab.example", "h3@lab.example"};
  for (const std::string& one : hidden)
    scene.give(one, "K");
  BOOST_REQUIRE(scene.send(letter, hidden) == "250");
  Hosts hosts(scene);
  hosts.first_replies["."] = "451 4.3.0 later\r\n";  // the first is sealed and has to be sent again
  scene.deliver_due();
  BOOST_TEST(scene.method->sealed == 1U);
  BOOST_TEST(scene.count(EventKind::deferred) == 3U);
  scene.deliver_later(5h);  // longer than protect_patience: no rung ends for want of room
  BOOST_TEST(scene.method->sealed == 3U);
  BOOST_TEST(waiting(scene) == 0U);
  BOOST_TEST(!scene.hold_of_first());
  for (const std::string& sent : hosts.messages())
    BOOST_TEST(is_sealed(sent));
}

BOOST_AUTO_TEST_CASE(one_without_a_key_does_not_keep_the_others_waiting) {
  SealedScene scene;
  scene.give("eve@lab.example", "E1");
  BOOST_REQUIRE(scene.send(letter, {"bob@lab.example", "eve@lab.example"}) == "250");
  scene.method->keys.erase("bob@lab.example");
  Hosts hosts(scene);
  scene.deliver_due();
  BOOST_REQUIRE(hosts.messages().size() == 1U);
  BOOST_TEST(hosts.messages().front().find(" to E1\r\n") != std::string::npos);
  BOOST_TEST(!hosts.dialled.at(0)->mx.seen("RCPT TO:<bob@lab.example>"));
}

BOOST_AUTO_TEST_CASE(a_host_that_is_down_costs_one_rendition_and_not_one_for_each) {
  SealedScene scene;
  const std::vector<std::string> hidden = scene.give_hidden(5);
  BOOST_REQUIRE(scene.send(letter, hidden) == "250");
  scene.deliver_due();  // connection refused
  BOOST_TEST(scene.method->sealed == 1U);
  BOOST_TEST(scene.count(EventKind::deferred) == 5U);
  Hosts hosts(scene);
  scene.deliver_later(5h);
  BOOST_TEST(hosts.kept() == 5U);
  BOOST_TEST(waiting(scene) == 0U);
}

BOOST_AUTO_TEST_CASE(the_rendition_is_signed_and_a_signature_that_sealing_broke_is_gone) {
  SealedScene scene;
  const auto keys = std::vector{test::dkim_key("clinic.example", "e1", test::ed25519_key())};
  gateway::DkimKeys::ByTenant of_clinic;
  of_clinic["clinic"].push_back({SecretRef{SecretRef::Kind::file, "key.pem"}, keys.front()});
  scene.services().dkim.set(std::make_shared<const gateway::DkimKeys>(of_clinic));
  const std::string others = "DKIM-Signature: v=1; a=rsa-sha256; d=lists.example; s=x; h=from; bh=AAAA; b=AAAA\r\n";
  const std::string broken =
      "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=clinic.example; s=old; h=from;\r\n"
      "\tbh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n";
  BOOST_REQUIRE(scene.send(others + broken + letter) == "250");
  Hosts hosts(scene);
  scene.deliver_due();
  BOOST_REQUIRE(hosts.messages().size() == 1U);
  const std::string sent = hosts.messages().front();
  BOOST_TEST(is_sealed(sent));
  std::vector<std::string> found;
  const mail::HeaderView headers(sent);
  for (const mail::Field& field : headers.all("DKIM-Signature"))
    found.emplace_back(crypto::format_dkim_result(
        crypto::verify_dkim(sent, field, test::find_in(test::published(keys)), Time{}).result));
  BOOST_REQUIRE(found.size() == 2U);  // ours, and that of others, which is no business of ours
  BOOST_TEST(found.front() == "pass");
  BOOST_TEST(sent.find("s=old") == std::string::npos);
  BOOST_TEST(sent.find("d=lists.example") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_invitation_is_not_sealed) {
  SealedScene scene;
  const std::string invitation =
      "From: ann@clinic.example\r\nTo: bob@lab.example\r\nMessage-ID: <1@clinic.example>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n";
  BOOST_REQUIRE(scene.send(invitation) == "250");
  Hosts hosts(scene);
  scene.deliver_due();
  scene.deliver_due();
  BOOST_TEST(scene.hold_of_first().has_value());
  BOOST_TEST(hosts.dialled.empty());
  BOOST_TEST(scene.method->sealed == 0U);
}

const std::string encrypted_by_ann =
    "From: ann@clinic.example\r\nTo: bob@lab.example\r\nMessage-ID: <1@clinic.example>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nTUlJQkNn\r\n";

BOOST_AUTO_TEST_CASE(what_its_sender_encrypted_passes_these_rungs_only_where_the_settings_let_it_count) {
  for (const bool counts : {false, true}) {
    SealedScene scene;
    scene.config.global.encrypted_counts = counts;
    BOOST_REQUIRE(scene.send(encrypted_by_ann) == "250");
    Hosts hosts(scene);
    scene.deliver_due();
    scene.deliver_due();
    BOOST_TEST(scene.hold_of_first().has_value() == !counts);
    BOOST_TEST(scene.method->sealed == 0U);
    if (counts) BOOST_TEST(hosts.messages().at(0).ends_with(encrypted_by_ann));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
