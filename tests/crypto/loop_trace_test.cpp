// The trace that counts hops: only ours, and only of this message.
#include "crypto/loop_trace.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using crypto::LoopTrace;
using crypto::TraceSubject;

Secret kek(char c) {
  const std::string bytes(32, c);
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}
const Secret key = crypto::loop_trace_key(kek('k'));
const TraceSubject subject = {"clinic", "<1@clinic.example>", *mail::Address::parse("ann@clinic.example")};
const LoopTrace trace = {3, Time(std::chrono::seconds(1'764'228'981))};

BOOST_AUTO_TEST_SUITE(loop_trace)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const auto read = crypto::parse_loop_trace(key, subject, crypto::format_loop_trace(key, subject, trace));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->hop == 3U);
  BOOST_TEST((read->at == trace.at));
}

BOOST_AUTO_TEST_CASE(no_changed_octet_is_believed) {
  const std::string good = crypto::format_loop_trace(key, subject, trace);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'0', '9', 'a', ' ', '='}) {
      std::string changed = good;
      changed[at] = c;
      if (changed != good) BOOST_TEST(!crypto::parse_loop_trace(key, subject, changed).has_value(), changed);
    }
    BOOST_TEST(!crypto::parse_loop_trace(key, subject, good.substr(0, at)).has_value());
  }
  BOOST_TEST(!crypto::parse_loop_trace(key, subject, good + "0").has_value());
}

BOOST_AUTO_TEST_CASE(it_belongs_to_tenant_message_and_reverse_path_and_key) {
  const std::string good = crypto::format_loop_trace(key, subject, trace);
  BOOST_TEST(!crypto::parse_loop_trace(key, {"clini", "c<1@clinic.example>", subject.from}, good).has_value());
  BOOST_TEST(!crypto::parse_loop_trace(key, {subject.tenant, subject.message_id, {}}, good).has_value());
  BOOST_TEST(!crypto::parse_loop_trace(crypto::loop_trace_key(kek('l')), subject, good).has_value());
  BOOST_TEST(
      !crypto::parse_loop_trace(Secret(), subject, crypto::format_loop_trace(Secret(), subject, trace)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
