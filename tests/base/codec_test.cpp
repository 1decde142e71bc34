// The byte form, and the small things beside it.
#include "base/codec.hpp"

#include <boost/test/unit_test.hpp>

#include "base/ids.hpp"
#include "base/nearest.hpp"
#include "base/tainted.hpp"

namespace {

using namespace postern;

BOOST_AUTO_TEST_CASE(numbers_and_bytes_survive_the_way) {
  Writer out;
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, UINT64_MAX})
    out.u64(n);
  out.bytes("hello");
  out.boolean(true);
  const std::string bytes = out.take();
  Reader in(bytes);
  BOOST_TEST(in.u64() == 0U);
  BOOST_TEST(in.u64() == 127U);
  BOOST_TEST(in.u64() == 128U);
  BOOST_TEST(in.u64() == UINT64_MAX);
  BOOST_TEST(in.bytes() == "hello");
  BOOST_TEST(in.boolean());
  BOOST_TEST(in.finished());
}

BOOST_AUTO_TEST_CASE(a_length_that_lies_costs_nothing_and_is_remembered) {
  Writer out;
  out.u64(UINT64_MAX);
  const std::string bytes = out.take();
  Reader in(bytes);
  BOOST_TEST(in.bytes() == "");
  BOOST_TEST(!in.ok());
  BOOST_TEST(in.u64() == 0U);
  BOOST_TEST(!in.finished());
  Reader count(bytes);
  BOOST_TEST(count.count(10) == 0U);
  BOOST_TEST(!count.ok());
}

BOOST_AUTO_TEST_CASE(eleven_bytes_of_continuation_are_no_number) {
  Reader in("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  (void)in.u64();
  BOOST_TEST(!in.ok());
}

BOOST_AUTO_TEST_CASE(queue_ids_sort_by_time_and_read_back) {
  SystemRandom random;
  const QueueId early = QueueId::make(Time(std::chrono::milliseconds(1'700'000'000'000)), random);
  const QueueId late = QueueId::make(Time(std::chrono::milliseconds(1'700'000'000'001)), random);
  BOOST_TEST((early < late));
  BOOST_TEST((QueueId::parse(early.str()).value() == early));
  for (const char* bad : {"", "short", "IIIIIIIIIIIIIIIIIIIIIIIIII", "01M8AADSCP7EM3812J2TGXS46RX"}) {
    BOOST_TEST(!QueueId::parse(bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(text_from_a_stranger_is_cleaned_of_what_could_act) {
  BOOST_TEST(Tainted("a\r\nb\x1b[2J\xc3\xa9").cleaned() == "a??b?[2J??");
  BOOST_TEST(Tainted(std::string(500, 'x')).cleaned(10) == "xxxxxxxxxx");
}

BOOST_AUTO_TEST_CASE(the_nearest_name_is_a_likely_slip_of_the_pen) {
  const std::vector<std::string> names = {"retry", "expire", "tls"};
  BOOST_TEST(nearest("retyr", names).value_or("") == "retry");
  BOOST_TEST(nearest("tsl", names).value_or("") == "tls");
  BOOST_TEST(!nearest("banana", names).has_value());
}

}  // namespace
