// Blocking work off the I/O threads.
#include "net/offload.hpp"

#include <atomic>
#include <semaphore>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/run.hpp"

using namespace postern;

BOOST_AUTO_TEST_CASE(offloaded_work_runs_elsewhere_and_its_value_comes_back_here) {
  net::Pool pool("test", 2, 10);
  const auto here = std::this_thread::get_id();
  std::thread::id worked, resumed;
  const auto task = [&]() -> net::awaitable<int> {
    const int value = co_await net::offload(pool, [&] {
      worked = std::this_thread::get_id();
      return 42;
    });
    resumed = std::this_thread::get_id();
    co_return value;
  };
  BOOST_TEST(test::run(task()) == 42);
  BOOST_TEST((worked != here));
  BOOST_TEST((resumed == here));
}

BOOST_AUTO_TEST_CASE(what_the_work_throws_is_thrown_to_who_waits) {
  net::Pool pool("test", 1, 10);
  const auto task = [&]() -> net::awaitable<int> {
    co_return co_await net::offload(pool, []() -> int { throw std::out_of_range("no"); });
  };
  BOOST_CHECK_THROW((void)test::run(task()), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_instead_of_growing) {
  std::binary_semaphore begun(0), go_on(0);
  net::Pool pool("test", 1, 1);
  BOOST_TEST(pool.submit([&] {
    begun.release();
    go_on.acquire();
  }));
  begun.acquire();  // it is being worked on: the queue is empty
  BOOST_TEST(pool.submit([] {}));
  BOOST_TEST(!pool.submit([] {}));
  const auto task = [&]() -> net::awaitable<int> { co_return co_await net::offload(pool, [] { return 1; }); };
  BOOST_CHECK_THROW((void)test::run(task()), net::Overloaded);
  go_on.release();
}

BOOST_AUTO_TEST_CASE(what_is_queued_is_done_before_the_pool_is_gone) {
  std::atomic<int> done = 0;
  {
    net::Pool pool("test", 3, 1000);
    for (int i = 0; i < 500; ++i)
      BOOST_TEST(pool.submit([&] { ++done; }));
  }
  BOOST_TEST(done == 500);
}

BOOST_AUTO_TEST_CASE(a_callback_from_another_thread_resumes_the_waiter_on_its_own) {
  const auto here = std::this_thread::get_id();
  std::jthread other;
  const auto task = [&]() -> net::awaitable<bool> {
    const std::string value = co_await net::await_callback<std::string>(
        [&other](auto done) { other = std::jthread([done]() mutable { done(std::string("from elsewhere")); }); });
    co_return value == "from elsewhere" && std::this_thread::get_id() == here;
  };
  BOOST_TEST(test::run(task()));
}
