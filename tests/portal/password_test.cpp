// Passwords that recipients choose: judged, and compared.
#include "portal/password.hpp"

#include <boost/test/unit_test.hpp>

#include "portal/account.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;

const crypto::Stretching cheap{"a salt of 16 oct", {32, 1, 4}};

std::string key_of(std::string_view typed) {
  return std::string(stretch_password(typed, cheap)->text());
}
PasswordFault judged(std::string_view typed) {
  return judge_password(typed, typed, {"bob@lab.example", "bob", "Riverside Clinic"});
}

BOOST_AUTO_TEST_SUITE(passwords)

/// RFC 8265 §4.2: what two keyboards make of one word is one password; case and what looks alike are not.
BOOST_AUTO_TEST_CASE(are_one_however_their_characters_are_composed) {
  BOOST_TEST(key_of("Stra\xC3\x9F"
                    "e \xC3\xBC"
                    "ber") == key_of("Stra\xC3\x9F"
                                     "e u\xCC\x88"
                                     "ber"));
  BOOST_TEST(key_of("two words") == key_of("two\xC2\xA0words"));  // U+00A0
  BOOST_TEST(key_of("two words") != key_of("two  words"));
  BOOST_TEST(key_of("words") != key_of("Words"));
  BOOST_TEST(key_of("\xEF\xAC\x81sh") != key_of("fish"));  // U+FB01 stays what it is
  BOOST_TEST(key_of(" words") != key_of("words"));
}

BOOST_AUTO_TEST_CASE(are_taken_as_they_are_where_they_are_no_utf8) {
  BOOST_TEST(key_of("\xFF\xFE words") != key_of("\xFF\xFF words"));
}

BOOST_AUTO_TEST_CASE(are_judged_by_length_and_by_how_easy_they_are_to_guess) {
  BOOST_TEST((judged("tulip violin harbour") == PasswordFault::none));
  BOOST_TEST((judged("hX9!kq2Lm0") == PasswordFault::none));
  BOOST_TEST((judged("hX9!kq2Lm") == PasswordFault::too_short));
  BOOST_TEST(
      (judged("\xC3\xBC\xC3\xB6\xC3\xA4\xC3\x9F\xC3\xBC\xC3\xB6\xC3\xA4\xC3\x9F\xC3\xBC") == PasswordFault::too_short));
  BOOST_TEST((judged("password12") == PasswordFault::easy));
  BOOST_TEST((judged("aaaaaaaaaaaaaaaaaaaa") == PasswordFault::easy));
  BOOST_TEST((judged("riverside clinic") == PasswordFault::easy));
  BOOST_TEST((judged(std::string(longest_password + 1, 'x')) == PasswordFault::too_long));
  BOOST_TEST((judge_password("tulip violin harbour", "tulip violin harbor", {}) == PasswordFault::differs));
}

BOOST_AUTO_TEST_CASE(open_their_own_accounts_box_and_no_other) {
  test::SeededRandom random;
  const Time now{};
  const NewAccount made = *make_account("one", "clinic", "tulip violin harbour", cheap.cost, now, random);
  const Account& account = made.account;
  BOOST_TEST(made.account.half.size() == crypto::x25519_size);
  const auto opened = open_box(account, *stretch_password("tulip violin harbour", account.how));
  BOOST_REQUIRE(opened);
  BOOST_TEST(opened->secret_half.text() == made.box.secret_half.text());
  BOOST_TEST(!open_box(account, *stretch_password("tulip violin harbou", account.how)));
  Account moved = account;
  moved.name = "two";
  BOOST_TEST(!open_box(moved, *stretch_password("tulip violin harbour", account.how)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
