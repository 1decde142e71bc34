#include "portal/metrics.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using portal::Metrics;

void ask(Metrics& metrics, const std::string& method, const std::string& path, unsigned status,
         const std::string& body = "ab") {
  metrics.answered({method, path, "", "secure.clinic.example", {}, "", {}, {}}, {status, {}, body});
}

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(requests_are_counted_by_what_and_status_and_name_nobody) {
  Metrics metrics;
  ask(metrics, "GET", "/read", 200);
  ask(metrics, "GET", "/read/text", 200);
  ask(metrics, "GET", "/read/attachment/3", 200);
  ask(metrics, "POST", "/read/reply", 303);
  ask(metrics, "GET", "/m/SECRET/SECRET", 404);
  metrics.misunderstood(400);
  const Metrics::Connection one(metrics), two(metrics);
  const std::string text = metrics.text({1, 3, 4});
  for (const char* line :
       {"postern_portal_requests_total{what=\"message\",status=\"200\"} 2\n",
        "postern_portal_requests_total{what=\"file\",status=\"200\"} 1\n",
        "postern_portal_requests_total{what=\"reply\",status=\"303\"} 1\n",
        "postern_portal_requests_total{what=\"unknown\",status=\"404\"} 1\n",
        "postern_portal_requests_total{what=\"misunderstood\",status=\"400\"} 1\n",
        "\npostern_portal_answer_octets_total 10\n", "\npostern_portal_sessions 1\n",
        "\npostern_portal_connections 2\n", "\npostern_portal_deposits 3\n", "\npostern_portal_deposit_octets 4\n"})
    BOOST_TEST(text.find(line) != std::string::npos, line);
  BOOST_TEST(text.find("SECRET") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
