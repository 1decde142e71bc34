// The sender's passphrase: drawn, typed, and part of the key.
#include "portal/passphrase.hpp"

#include <cmath>
#include <set>

#include <boost/test/unit_test.hpp>

#include "crypto/pickup_key.hpp"
#include "portal/deposit.hpp"
#include "portal/unlocking.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;

const Stretching cheap{"a salt of 16 oct", {32, 1, 4}};

std::string key_of(std::string_view typed) {
  return std::string(stretch(typed, cheap)->text());
}

BOOST_AUTO_TEST_SUITE(the_words)

BOOST_AUTO_TEST_CASE(are_of_a_list_in_which_none_begins_another_so_that_they_may_be_run_together) {
  const auto& list = passphrase_list();
  BOOST_TEST(list.size() == 7772U);
  for (const std::string_view word : list)
    BOOST_TEST(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == word.npos, word);
  const std::set<std::string_view> sorted(list.begin(), list.end());
  BOOST_TEST(sorted.size() == list.size());
  for (auto one = sorted.begin(), next = std::next(one); next != sorted.end(); ++one, ++next)
    BOOST_TEST(!next->starts_with(*one), *one << " " << *next);
  BOOST_TEST(static_cast<double>(passphrase_words) * std::log2(static_cast<double>(list.size())) > 51.6);
}

BOOST_AUTO_TEST_CASE(are_four_of_all_and_others_each_time) {
  test::SeededRandom random;
  std::set<std::string> seen, first;
  for (int i = 0; i < 1000; ++i) {
    const std::string words(make_passphrase(random).text());
    BOOST_TEST(std::ranges::count(words, ' ') == 3);
    seen.insert(words);
    first.insert(words.substr(0, words.find(' ')));
  }
  BOOST_TEST(seen.size() == 1000U);
  BOOST_TEST(first.size() > 900U);
}

BOOST_AUTO_TEST_CASE(are_typed_as_they_were_heard) {
  const std::string right = key_of("abacus tulip zebra honey");
  for (const char* typed : {"Abacus Tulip Zebra Honey", "abacus-tulip-zebra-honey", "  ABACUS  tulipzebra\thoney.\r\n",
                            "abacus\u00A0tulip\u2013zebra, honey"})
    BOOST_TEST((key_of(typed) == right), typed);
  for (const char* typed : {"abacus tulip zebra", "tulip abacus zebra honey", "abacus tulip zebra honeys"})
    BOOST_TEST((key_of(typed) != right), typed);
  BOOST_TEST(has_letters("x"));
  BOOST_TEST(!has_letters(" 123 -\xC3\xA9"));
}

BOOST_AUTO_TEST_SUITE_END()

/// A pick-up as it is in the store, for whoever has all of the portal: disk, keys, and the link.
struct Deposited {
  test::SeededRandom random;
  QueueId id = QueueId::make(Time(Duration(1)), random);
  Secret link = crypto::make_key(random), content = crypto::make_key(random);
  Stretched passphrase{cheap, *stretch("abacus tulip zebra honey", cheap)};
  Pickup pickup = make_pickup(id, make_lookup(random), link, content, {"bob@lab.example", "en"}, random, passphrase);
  Time now{std::chrono::seconds(1'800'000'000)};
  Unlocking unlocking;

  std::string attempt(std::string_view typed) {
    struct Say {
      std::string operator()(const Secret&) const { return "open"; }
      std::string operator()(const Unlocking::Nothing&) const { return "nothing"; }
      std::string operator()(const Unlocking::Wrong&) const { return "wrong"; }
      std::string operator()(const Unlocking::TooMany&) const { return "too many"; }
      std::string operator()(const Error& error) const { return error.text; }
    };
    return std::visit(Say{}, unlocking.open(pickup, *open_pickup(id, pickup, link)->card.passphrase, link, typed, now));
  }
};

BOOST_FIXTURE_TEST_SUITE(a_thief_of_the_store_and_the_link, Deposited)

BOOST_AUTO_TEST_CASE(sees_for_whom_it_is_and_has_no_key_without_the_words) {
  const auto opened = open_pickup(id, pickup, link);
  BOOST_REQUIRE(opened);
  BOOST_TEST(opened->card.recipient == "bob@lab.example");
  BOOST_TEST((opened->card.passphrase == cheap));
  BOOST_TEST(!opened->content);
  BOOST_TEST(!crypto::unwrap_key(crypto::pickup_keys(link, pickup.salt).content, pickup.wrapped_key));
  BOOST_TEST(!open_content(pickup, link, Secret()));
  BOOST_TEST(!open_content(pickup, link, *stretch("abacus tulip zebra money", cheap)));
}

BOOST_AUTO_TEST_CASE(reads_it_with_both_and_with_neither_alone) {
  BOOST_TEST(open_content(pickup, link, passphrase.key)->text() == content.text());
  BOOST_TEST(!open_content(pickup, crypto::make_key(random), passphrase.key));
  BOOST_TEST((open_pickup(id, pickup, crypto::make_key(random)).error().code == Errc::corrupt));
}

BOOST_AUTO_TEST_CASE(reads_it_with_the_link_alone_where_no_passphrase_was_asked_for) {
  const Pickup other = make_pickup(id, make_lookup(random), link, content, {"bob@lab.example", "en"}, random);
  BOOST_TEST(open_pickup(id, other, link)->content->text() == content.text());
  BOOST_TEST(!open_pickup(id, other, link)->card.passphrase);
}

BOOST_AUTO_TEST_CASE(a_card_cannot_ask_for_more_memory_than_there_is) {
  passphrase.how.cost.kibibytes = 1U << 30;
  const Pickup greedy =
      make_pickup(id, make_lookup(random), link, content, {"bob@lab.example", "en"}, random, passphrase);
  BOOST_TEST((open_pickup(id, greedy, link).error().code == Errc::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(tries_at_a_passphrase, Deposited)

BOOST_AUTO_TEST_CASE(are_ten_at_once_and_then_one_a_minute) {
  for (unsigned i = 0; i < passphrase_tries; ++i)
    BOOST_TEST(attempt("a guess") == "wrong");
  BOOST_TEST(attempt("abacus tulip zebra honey") == "too many");
  now += std::chrono::seconds(59);
  BOOST_TEST(attempt("abacus tulip zebra honey") == "too many");
  now += std::chrono::seconds(1);
  BOOST_TEST(attempt("abacus tulip zebra honey") == "open");
  BOOST_TEST(attempt("a guess") == "too many");
}

BOOST_AUTO_TEST_CASE(are_not_used_up_by_what_is_none) {
  for (unsigned i = 0; i < 2 * passphrase_tries; ++i)
    BOOST_TEST(attempt(i % 2 == 0 ? "" : " 42 ") == "nothing");
  BOOST_TEST(attempt("abacus tulip zebra honey") == "open");
}

BOOST_AUTO_TEST_CASE(are_of_one_pick_up) {
  for (unsigned i = 0; i < passphrase_tries; ++i)
    (void)attempt("a guess");
  pickup = make_pickup(id, make_lookup(random), link, content, {"eve@lab.example", "en"}, random, passphrase);
  BOOST_TEST(attempt("abacus tulip zebra honey") == "open");
}

BOOST_AUTO_TEST_CASE(are_forgotten_when_they_are_back) {
  (void)attempt("a guess");
  now += std::chrono::minutes(1);
  unlocking.forget_old(now);
  for (unsigned i = 0; i < passphrase_tries; ++i)
    BOOST_TEST(attempt("a guess") == "wrong");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
