#include "portal/codes.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using std::chrono::minutes;
using std::chrono::seconds;

struct Scene {
  test::SeededRandom random;
  Codes codes{random};
  Time now{seconds(1'800'000'000)};

  std::string issued(const std::string& lookup = "a") {
    const auto answer = codes.issue(lookup, now);
    BOOST_REQUIRE(std::holds_alternative<std::string>(answer));
    return std::get<std::string>(answer);
  }
  /// Another code than this one.
  static std::string other(std::string code) {
    code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
    return code;
  }
  std::string check(const std::string& code, const std::string& lookup = "a") {
    struct Say {
      std::string operator()(const Codes::Right&) const { return "right"; }
      std::string operator()(const Codes::Wrong& wrong) const {
        return "wrong, " + std::to_string(wrong.tries_left) + " left";
      }
      std::string operator()(const Codes::Void&) const { return "void"; }
    };
    return std::visit(Say{}, codes.check(lookup, code, now));
  }
};

BOOST_FIXTURE_TEST_SUITE(one_time_codes, Scene)

BOOST_AUTO_TEST_CASE(the_right_one_is_right_once) {
  const std::string code = issued();
  BOOST_TEST(code.size() == 6);
  BOOST_TEST(check(code) == "right");
  BOOST_TEST(check(code) == "void");
}

BOOST_AUTO_TEST_CASE(people_write_them_in_groups) {
  const std::string code = issued();
  BOOST_TEST(check(" " + code.substr(0, 3) + "-" + code.substr(3) + "\r\n") == "right");
}

BOOST_AUTO_TEST_CASE(it_is_of_one_pick_up) {
  const std::string code = issued("a");
  BOOST_TEST(check(code, "b") == "void");
  const std::string b = issued("b");
  BOOST_TEST(check(code, "b") == (code == b ? "right" : "wrong, 4 left"));
}

BOOST_AUTO_TEST_CASE(five_wrong_ones_make_it_void) {
  const std::string code = issued();
  for (const char* left : {"4", "3", "2", "1", "0"})
    BOOST_TEST(check(other(code)) == "wrong, " + std::string(left) + " left");
  BOOST_TEST(check(code) == "void");
}

BOOST_AUTO_TEST_CASE(nothing_typed_is_wrong_too) {
  issued();
  BOOST_TEST(check("") == "wrong, 4 left");
  BOOST_TEST(check(std::string(100'000, '1')) == "wrong, 3 left");
}

BOOST_AUTO_TEST_CASE(it_is_good_for_ten_minutes) {
  std::string code = issued();
  now += minutes(10) - Duration(1);
  BOOST_TEST(check(code) == "right");
  code = issued();
  now += minutes(10);
  BOOST_TEST(check(code) == "void");
}

BOOST_AUTO_TEST_CASE(a_new_one_ends_the_one_before) {
  const std::string first = issued();
  now += seconds(30);
  const std::string second = issued();
  BOOST_TEST(check(first) == (first == second ? "right" : "wrong, 4 left"));
  BOOST_TEST(check(second) == (first == second ? "void" : "right"));
}

BOOST_AUTO_TEST_CASE(they_come_every_30_seconds_and_five_an_hour_at_most) {
  const auto wait = [&] { return codes.wait("a", now); };
  BOOST_TEST((wait() == Duration()));
  issued();
  BOOST_TEST((wait() == seconds(30)));
  BOOST_TEST((std::get<Codes::Wait>(codes.issue("a", now)).time == seconds(30)));
  for (int i = 0; i < 4; ++i) {
    now += seconds(30);
    issued();
  }
  BOOST_TEST((wait() == minutes(58)));
  BOOST_TEST((codes.wait("b", now) == Duration()));
  now += minutes(58);
  issued();
}

/// Guessing all day: never more than 25 tries an hour.
BOOST_AUTO_TEST_CASE(who_guesses_gets_few_tries) {
  unsigned tries = 0;
  for (int second = 0; second < 24 * 3600; ++second, now += seconds(1)) {
    if (codes.wait("a", now) == Duration()) issued();
    for (int guess = 0; guess < 10 && check("x").starts_with("wrong"); ++guess)
      ++tries;
  }
  BOOST_TEST(tries <= 24 * 25 + 25);
  BOOST_TEST(tries > 24 * 20);
}

BOOST_AUTO_TEST_CASE(old_ones_take_no_memory) {
  for (int i = 0; i < 100; ++i)
    issued(std::to_string(i));
  codes.forget_old(now + minutes(59));
  BOOST_TEST(codes.size() == 100);
  codes.forget_old(now + minutes(60));
  BOOST_TEST(codes.size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
