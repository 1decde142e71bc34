// What was signed for one message is there for its other renditions, for a moment and within a bound.
#include "gateway/ready_entities.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using gateway::ReadyEntities;
using gateway::ReadyEntity;

struct Ready {
  test::TurnedClock clock;
  test::SeededRandom random;
  const QueueId id = QueueId::make(clock.now(), random);
  ReadyEntities ready{ReadyEntities::Limits{100, 1min}};

  void keep(const QueueId& of, std::size_t octets, const gateway::SealSettings& settings = {}) {
    ready.keep(of, mail::Method::smime, settings,
               std::make_shared<const ReadyEntity>(ReadyEntity{"", std::string(octets, 'e')}), clock.now());
  }
  bool there(const QueueId& of, mail::Method method = mail::Method::smime, const gateway::SealSettings& settings = {}) {
    return ready.find(of, method, settings, clock.now()) != nullptr;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ready_entities, Ready)

BOOST_AUTO_TEST_CASE(is_for_the_same_message_method_and_settings) {
  keep(id, 10);
  gateway::SealSettings unsigned_ones;
  unsigned_ones.sign.reset();
  BOOST_TEST(there(id));
  BOOST_TEST(!there(id, mail::Method::openpgp));
  BOOST_TEST(!there(id, mail::Method::smime, unsigned_ones));
  BOOST_TEST(!there(QueueId::make(clock.now(), random)));
}

BOOST_AUTO_TEST_CASE(is_gone_after_its_time_also_where_nobody_asks) {
  keep(id, 10);
  clock.forward(59s);
  BOOST_TEST(there(id));
  clock.forward(1s);
  ready.forget_old(clock.now());
  BOOST_TEST(ready.octets() == 0U);
  BOOST_TEST(!there(id));
}

BOOST_AUTO_TEST_CASE(the_oldest_make_room_and_what_is_too_large_is_not_kept) {
  const QueueId second = QueueId::make(clock.now(), random), third = QueueId::make(clock.now(), random);
  keep(id, 60);
  keep(second, 40);
  keep(third, 50);
  BOOST_TEST(!there(id));
  BOOST_TEST(there(second));
  BOOST_TEST(there(third));
  keep(id, 101);
  BOOST_TEST(!there(id));
  BOOST_TEST(ready.octets() == 90U);
}

BOOST_AUTO_TEST_SUITE_END()
