// What happens later: Alarm, Wakeup and TaskGroup, with threads that call in at the same time.
#include <atomic>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "net/alarm.hpp"
#include "net/runtime.hpp"
#include "net/wakeup.hpp"
#include "tests/support/run.hpp"

using namespace postern;
using namespace std::chrono_literals;

namespace {

constexpr auto long_time = 60s;

std::chrono::steady_clock::duration time_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::steady_clock::now() - begun;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_alarm_rings_once_and_a_later_setting_replaces_an_earlier_one) {
  boost::asio::io_context io;
  net::Alarm alarm(io.get_executor());
  std::string rung;
  alarm.after(1ms, [&] { rung += "first "; });
  alarm.after(2ms, [&] { rung += "second "; });
  io.run();
  BOOST_TEST(rung == "second ");
}

BOOST_AUTO_TEST_CASE(an_alarm_that_is_gone_does_not_ring) {
  boost::asio::io_context io;
  bool rung = false;
  {
    net::Alarm alarm(io.get_executor());
    alarm.after(1ms, [&] { rung = true; });
  }
  io.run();
  BOOST_TEST(!rung);
}

BOOST_AUTO_TEST_CASE(who_was_notified_before_waiting_does_not_wait) {
  net::Wakeup wakeup;
  wakeup.notify();
  const auto took = time_of([&] { test::run(wakeup.wait(long_time)); });
  BOOST_TEST((took < long_time));
}

BOOST_AUTO_TEST_CASE(a_wakeup_that_nobody_notifies_ends_by_its_time) {
  net::Wakeup wakeup;
  const auto took = time_of([&] { test::run(wakeup.wait(5ms)); });
  BOOST_TEST((took >= 5ms));
}

BOOST_AUTO_TEST_CASE(a_waiter_hears_of_every_change_whatever_thread_notifies) {
  net::Wakeup wakeup;
  std::atomic<int> changes = 0;
  constexpr int threads = 4, each = 200;
  std::vector<std::jthread> others;
  for (int i = 0; i < threads; ++i) {
    others.emplace_back([&] {
      for (int n = 0; n < each; ++n) {
        ++changes;
        wakeup.notify();
      }
    });
  }
  const auto until_all_were_seen = [&]() -> net::awaitable<void> {
    while (changes < threads * each)
      co_await wakeup.wait(long_time);
  };
  const auto took = time_of([&] { test::run(until_all_were_seen()); });
  BOOST_TEST((took < long_time));
}

namespace {

net::awaitable<void> count_and_sleep(std::atomic<int>* started, std::chrono::milliseconds time) {
  ++*started;
  co_await net::sleep_for(time);
}
net::awaitable<void> fail_after(std::atomic<int>* started) {
  ++*started;
  co_await net::sleep_for(1ms);
  throw std::runtime_error("a fault of one task");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_group_joins_what_ended_by_itself_and_a_fault_ends_its_task_alone) {
  net::Runtime runtime(2);
  net::TaskGroup tasks("test");
  std::atomic<int> started = 0;
  for (int i = 0; i < 20; ++i) {
    tasks.spawn(runtime.next(), "sleeps", count_and_sleep(&started, 1ms));
    tasks.spawn(runtime.next(), "fails", fail_after(&started));
  }
  tasks.join();
  BOOST_TEST(started == 40);
  BOOST_TEST(tasks.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_group_that_is_cancelled_ends_all_its_tasks_and_starts_no_more) {
  net::Runtime runtime(2);
  net::TaskGroup tasks("test");
  std::atomic<int> started = 0;
  std::jthread spawner([&] {  // while the other thread cancels
    for (int i = 0; i < 200; ++i)
      tasks.spawn(runtime.next(), "sleeps", count_and_sleep(&started, long_time));
  });
  const auto took = time_of([&] {
    std::this_thread::sleep_for(1ms);
    tasks.cancel();
    spawner.join();
    tasks.join();
  });
  BOOST_TEST((took < long_time));
  const int before = started;
  tasks.spawn(runtime.next(), "too late", count_and_sleep(&started, 0ms));
  tasks.join();
  BOOST_TEST(started == before);
}
