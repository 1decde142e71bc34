// What issuers said of certificates, over restarts.
#include <boost/test/unit_test.hpp>

#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

KeptRevocation kept(const Scene& room, char digit, RevocationStatus status, Duration said) {
  return {std::string(64, digit), {status, room.now + 24h, "OCSP of today", room.now + said}, room.now + said};
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_and_gone_when_it_has_ended) {
  BOOST_REQUIRE(store->keep_revocation(kept(*this, 'a', RevocationStatus::good, 1h)));
  BOOST_REQUIRE(store->keep_revocation(kept(*this, 'b', RevocationStatus::revoked, 2h)));
  store = open();
  const auto known = store->revocations(now, 10).value();
  BOOST_REQUIRE(known.size() == 2U);  // the latest first
  BOOST_TEST(known[0].fingerprint == std::string(64, 'b'));
  BOOST_TEST((known[0].answer.status == RevocationStatus::revoked));
  BOOST_TEST((known[1].answer.status == RevocationStatus::good));
  BOOST_TEST(known[1].answer.text == "OCSP of today");
  BOOST_TEST((known[1].answer.until == now + 24h && known[1].answer.said == now + 1h && known[1].asked == now + 1h));
  BOOST_TEST(store->revocations(now, 1).value().size() == 1U);
  const auto later = store->revocations(now + 48h, 10).value();
  BOOST_REQUIRE(later.size() == 1U);  // a revocation does not end with its answer
  BOOST_TEST((later[0].answer.status == RevocationStatus::revoked));
}

BOOST_AUTO_TEST_CASE(a_revocation_ends_by_a_later_word_alone) {
  const auto status = [&] { return store->revocations(now, 10).value().at(0).answer.status; };
  BOOST_REQUIRE(store->keep_revocation(kept(*this, 'a', RevocationStatus::good, 3h)));
  BOOST_REQUIRE(store->keep_revocation(kept(*this, 'a', RevocationStatus::revoked, 2h)));
  BOOST_TEST((status() == RevocationStatus::revoked));
  for (const Duration old : {Duration(1h), Duration(2h)}) {
    BOOST_REQUIRE(store->keep_revocation(kept(*this, 'a', RevocationStatus::good, old)));
    BOOST_TEST((status() == RevocationStatus::revoked));
  }
  BOOST_REQUIRE(store->keep_revocation(kept(*this, 'a', RevocationStatus::good, 4h)));
  BOOST_TEST((status() == RevocationStatus::good));
}

BOOST_AUTO_TEST_CASE(what_an_issuer_said_changes_no_key) {
  const auto before = store->index();
  BOOST_REQUIRE(store->keep_revocation(kept(*this, 'a', RevocationStatus::good, 1h)));
  BOOST_REQUIRE(store->refresh(now + 1min));
  BOOST_TEST((store->index() == before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
