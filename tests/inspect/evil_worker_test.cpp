// A worker that misbehaves costs the message its declared outcome, and nothing else: the next one is fine.
#include <algorithm>
#include <chrono>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/inspect/failing_calls.hpp"
#include "tests/inspect/probes.hpp"
#include "tests/inspect/workers.hpp"

namespace postern::inspect {
namespace {

using mail::Uninspectable;

std::string message(const std::string& wish) {
  return (wish.empty() ? "" : "X-Evil: " + wish + "\r\n") +
         "Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
         "536-22-1234\r\n--b\r\nContent-Type: text/plain\r\n\r\ndiabetes\r\n--b--\r\n";
}

bool nothing_found(const mail::Facts& facts) {
  return std::ranges::none_of(facts.parts, [](const mail::Part& part) { return part.uninspectable.has_value(); });
}

bool says(const mail::Facts& facts, const std::string& path, Uninspectable reason) {
  return std::ranges::any_of(facts.parts,
                             [&](const mail::Part& part) { return part.path == path && part.uninspectable == reason; });
}

/// One evil message, then an honest one, on the same channel.
class Channel {
 public:
  Channel() : before_(open_descriptors()), inspector_(start_inspector(evil_worker())) { used_ = open_descriptors(); }

  Result<std::string> send(const std::string& wish) { return inspector_->inspect(message(wish)); }
  mail::Facts facts(const std::string& wish) { return facts_of(*inspector_, message(wish)); }

  void the_next_message_is_fine() {
    const mail::Facts honest = facts("");
    BOOST_TEST((honest == inspect_with(case_probes(), message(""))));
    BOOST_TEST(open_descriptors() == used_);
    BOOST_TEST(child_processes() == 1U);
  }
  void ends() {
    inspector_.reset();
    BOOST_TEST(open_descriptors() == before_);
    BOOST_TEST(child_processes() == 0U);
  }

 private:
  std::size_t before_, used_ = 0;
  std::unique_ptr<Inspector> inspector_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_honest_worker_says_what_this_process_would) {
  Channel channel;
  channel.the_next_message_is_fine();
  channel.the_next_message_is_fine();
  channel.ends();
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_gone_stuck_or_cannot_fork_is_an_error_of_that_message) {
  for (const char* wish : {"die at once", "hang before it forks", "cannot fork", "close the socket", "say nothing",
                           "die", "whole, then dies"}) {
    BOOST_TEST_CONTEXT(wish) {
      Channel channel;
      const auto answer = channel.send(wish);
      BOOST_TEST_REQUIRE(!answer.has_value());
      BOOST_TEST((answer.error().code == Errc::unavailable));
      channel.the_next_message_is_fine();
      channel.ends();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_crashes_or_says_too_much_leaves_facts_that_say_crashed) {
  for (const char* wish : {"crashed", "flood", "flood the status", "whole, then crashed"}) {
    BOOST_TEST_CONTEXT(wish) {
      Channel channel;
      const mail::Facts facts = channel.facts(wish);
      BOOST_TEST((facts == mail::Facts::uninspected(message(wish).size(), Uninspectable::crashed)));
      channel.the_next_message_is_fine();
      channel.ends();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_hangs_leaves_facts_that_say_timeout) {
  for (const char* wish : {"hang", "whole, then hangs"}) {
    BOOST_TEST_CONTEXT(wish) {
      Channel channel;
      const auto start = std::chrono::steady_clock::now();
      const mail::Facts facts = channel.facts(wish);
      BOOST_TEST((facts == mail::Facts::uninspected(message(wish).size(), Uninspectable::timeout)));
      BOOST_TEST((std::chrono::steady_clock::now() - start < evil_worker().timeout + std::chrono::seconds(1)));
      // This worker sleeps in the process that forks, so the next message finds it stuck, and the one after a new one.
      BOOST_TEST(!channel.send("").has_value());
      channel.the_next_message_is_fine();
      channel.ends();
    }
  }
}

BOOST_AUTO_TEST_CASE(facts_that_make_no_sense_are_a_crash) {
  for (const char* wish : {"garbage", "nothing", "cut short", "something behind", "no part at all", "terminal escapes",
                           "offset out of range", "probe that is not there", "finding in no part", "out of order",
                           "another size", "another message's header", "part inside of text"}) {
    BOOST_TEST_CONTEXT(wish) {
      Channel channel;
      BOOST_TEST((channel.facts(wish) == mail::Facts::uninspected(message(wish).size(), Uninspectable::crashed)));
      channel.the_next_message_is_fine();
      channel.ends();
    }
  }
}

BOOST_AUTO_TEST_CASE(parts_that_are_missing_or_not_there_are_uninspectable) {
  Channel channel;
  BOOST_TEST(says(channel.facts("missing part"), "2", Uninspectable::crashed));
  const mail::Facts header = channel.facts("no parts but the header");
  BOOST_TEST(says(header, "1", Uninspectable::crashed));
  BOOST_TEST(says(header, "2", Uninspectable::crashed));
  BOOST_TEST(says(channel.facts("another type"), "1", Uninspectable::crashed));
  BOOST_TEST(says(channel.facts("part that is not there"), "9", Uninspectable::crashed));
  channel.the_next_message_is_fine();
  channel.ends();
}

BOOST_AUTO_TEST_CASE(descriptors_that_a_worker_sends_are_not_taken) {
  Channel channel;
  BOOST_TEST(nothing_found(channel.facts("extra descriptor")));
  channel.the_next_message_is_fine();
  channel.ends();
}

BOOST_AUTO_TEST_CASE(workers_that_keep_dying_are_started_with_pauses) {
  Channel channel;
  BOOST_TEST(!channel.send("die").has_value());
  BOOST_TEST(!channel.send("die").has_value());  // the second one in a row: a pause follows
  const auto start = std::chrono::steady_clock::now();
  const auto refused = channel.send("");
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().text.find("not back yet") != std::string::npos);
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500)));
  while (!channel.send("").has_value() && std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
  }
  channel.the_next_message_is_fine();
  channel.ends();
}

BOOST_AUTO_TEST_CASE(whichever_system_call_fails_at_the_start_there_is_an_error_or_a_worker) {
  const std::size_t descriptors = open_descriptors();
  unsigned errors = 0, failing = 0;
  for (bool more = true; more;) {
    BOOST_TEST_CONTEXT("call " << ++failing) {
      fail_call(failing);
      auto made = make_worker_inspector(case_probes(), {}, "key", evil_worker());
      more = calls_made() >= failing;
      fail_call(0);
      errors += made ? 0 : 1;
      if (made) BOOST_TEST((facts_of(**made, message("")) == inspect_with(case_probes(), message(""))));
      made = fail(Errc::unavailable, "");
      BOOST_TEST(open_descriptors() == descriptors);
      BOOST_TEST(child_processes() == 0U);
    }
  }
  BOOST_TEST(errors >= 7U);
  BOOST_TEST(errors == failing - 1);  // every call matters; without a failure there is a worker
}

BOOST_AUTO_TEST_CASE(whichever_system_call_fails_the_message_has_a_declared_outcome) {
  const mail::Facts honest = inspect_with(case_probes(), message(""));
  unsigned errors = 0, crashed = 0, inspected = 0, failing = 0;
  for (bool more = true; more;) {
    BOOST_TEST_CONTEXT("call " << ++failing) {
      Channel channel;
      fail_call(failing);
      const auto answer = channel.send("");
      more = calls_made() >= failing;
      fail_call(0);
      if (!answer) {
        ++errors;
      } else {
        const auto facts = mail::decode_facts(*answer, 4);
        BOOST_TEST_REQUIRE(facts.has_value());
        BOOST_TEST((*facts == honest || says(*facts, "0", Uninspectable::crashed)));
        ++(*facts == honest ? inspected : crashed);
      }
      channel.the_next_message_is_fine();
      channel.ends();
    }
  }
  BOOST_TEST(failing >= 10U);
  BOOST_TEST(errors >= 7U);
  BOOST_TEST(inspected >= 1U);
  BOOST_TEST_MESSAGE(failing << " calls: " << errors << " errors, " << crashed << " crashed, " << inspected
                             << " inspected");
}

}  // namespace postern::inspect
