// The second factors of an account, as they are kept.
#include "portal/factors.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;

const Time since{std::chrono::seconds(1'800'000'000)};

PasskeyFactor passkey(std::string id, std::uint32_t counter = 0) {
  return {{std::move(id), -7, std::string(64, 'k'), counter}, since};
}

Factors full() {
  test::SeededRandom random;
  Factors factors;
  factors.totp = TotpFactor{crypto::make_totp_secret(random), 58'000'000, since};
  for (std::size_t i = 0; i < most_passkeys; ++i)
    factors.passkeys.push_back(passkey("id " + std::to_string(i), static_cast<std::uint32_t>(i)));
  factors.passkeys[1].passkey.algorithm = -257;
  factors.passkeys[1].passkey.key = std::string(crypto::longest_passkey_key, 'n');
  factors.passkeys[2].passkey.id = std::string(crypto::longest_credential_id, 'i');
  factors.passkeys[3].passkey.counter = UINT32_MAX;
  return factors;
}

std::string encoded(const Factors& factors) {
  Writer out;
  encode(out, factors);
  return out.take();
}

BOOST_AUTO_TEST_SUITE(second_factors)

BOOST_AUTO_TEST_CASE(are_kept_as_they_were) {
  for (const Factors& factors : {Factors(), full()}) {
    const std::string kept = encoded(factors);
    Reader in(kept);
    const Factors read = decode_factors(in);
    BOOST_TEST(in.finished());
    BOOST_TEST(read.empty() == factors.empty());
    BOOST_TEST(encoded(read) == kept);
  }
  const std::string kept = encoded(full());
  Reader in(kept);
  const Factors read = decode_factors(in);
  BOOST_TEST(read.totp->secret.text() == full().totp->secret.text());
  BOOST_TEST(read.totp->last_step == 58'000'000U);
  BOOST_TEST((read.totp->since == since && read.passkeys[4].since == since));
  BOOST_TEST((read.passkeys[1].passkey == full().passkeys[1].passkey));
}

BOOST_AUTO_TEST_CASE(that_are_cut_or_too_many_or_too_large_are_none) {
  const std::string whole = encoded(full());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Reader in(std::string_view(whole).substr(0, size));
    (void)decode_factors(in);
    BOOST_TEST(!in.finished());
  }
  Factors six = full(), long_id = full(), long_key = full(), short_secret = full();
  six.passkeys.push_back(passkey("one more"));
  long_id.passkeys[0].passkey.id = std::string(crypto::longest_credential_id + 1, 'i');
  long_key.passkeys[0].passkey.key = std::string(crypto::longest_passkey_key + 1, 'k');
  short_secret.totp->secret = Secret(19);
  for (const Factors& bad : {six, long_id, long_key, short_secret}) {
    const std::string kept = encoded(bad);
    Reader in(kept);
    (void)decode_factors(in);
    BOOST_TEST(!in.ok());
  }
}

BOOST_AUTO_TEST_CASE(a_step_is_noted_once) {
  Factors factors = full();
  BOOST_TEST(note(factors, UsedStep{58'000'001}));
  BOOST_TEST(factors.totp->last_step == 58'000'001U);
  BOOST_TEST(!note(factors, UsedStep{58'000'001}));
  BOOST_TEST(!note(factors, UsedStep{58'000'000}));
  factors.totp.reset();
  BOOST_TEST(!note(factors, UsedStep{58'000'002}));
}

BOOST_AUTO_TEST_CASE(a_passkeys_counter_only_goes_up_and_what_was_removed_is_not_there) {
  Factors factors = full();
  BOOST_TEST(note(factors, UsedPasskey{"id 4", 9}));
  BOOST_TEST(factors.passkeys[4].passkey.counter == 9U);
  BOOST_TEST(note(factors, UsedPasskey{"id 4", 8}));
  BOOST_TEST(factors.passkeys[4].passkey.counter == 9U);
  factors.passkeys.pop_back();
  BOOST_TEST(!note(factors, UsedPasskey{"id 4", 10}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
