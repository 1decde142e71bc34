// portal.toml: what is shipped is right, and what is wrong is said with its place.
#include "portal/config.hpp"

#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::portal;

const std::string good = R"(version = 1
url = "https://secure.clinic.example:8443"
kek = "credential:kek"
tls = { certificate = "file:c", key = "file:k" }
)";

/// Its complaints, a line each, without the file's name.
std::string complaints(const std::string& text) {
  const auto config = parse_config(text, "p");
  if (config) return "";
  std::string lines;
  for (const Diagnostic& line : config.error())
    lines += format_diagnostic(line).substr(2) + "\n";
  return lines;
}

BOOST_AUTO_TEST_SUITE(portal_toml)

BOOST_AUTO_TEST_CASE(what_is_shipped_is_right) {
  std::ifstream file(SOURCE_DIR "/conf/portal.toml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto config = parse_config(text, "portal.toml");
  BOOST_REQUIRE(config);
  BOOST_TEST(config->host == "secure.clinic.example");
  BOOST_TEST(config->tenants.at("clinic").brand.name == "Riverside Clinic");
  BOOST_TEST(config->listen.size() == 2U);  // by default, both families
}

BOOST_AUTO_TEST_CASE(the_host_is_that_of_the_url_without_its_port) {
  const auto config = parse_config(good, "p");
  BOOST_REQUIRE(config);
  BOOST_TEST(config->host == "secure.clinic.example");
  BOOST_TEST(config->url == "https://secure.clinic.example:8443");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_all_at_once) {
  BOOST_TEST(complaints("") ==
             "1:1: 'version' is missing\n1:1: 'url' is missing\n1:1: 'kek' is missing\n"
             "1:1: 'tls' is missing: certificate and key\n");
  BOOST_TEST(complaints(good + "lsten = [\"127.0.0.1:443\"]\n").find("did you mean 'listen'?") != std::string::npos);
  BOOST_TEST(complaints(good + "listen = [\"127.0.0.1\"]\n").starts_with("5:10: "));
  BOOST_TEST(complaints(good + "store = \"mysql:x\"\n").starts_with("5:9: the store is \"sqlite:FILE\""));
  BOOST_TEST(complaints(good + "[tenant.clinic]\ncolour = \"red\"\n") ==
             "6:10: a colour is like \"#0b5c6b\"\n5:1: 'name' is missing\n");
}

BOOST_AUTO_TEST_CASE(metrics_are_for_this_machine) {
  BOOST_TEST(parse_config(good + "http.listen = \"[::1]:9126\"\n", "p")->metrics->port == 9126);
  BOOST_TEST(complaints(good + "http.listen = \"0.0.0.0:9126\"\n").starts_with("5:15: metrics are for this machine"));
}

BOOST_AUTO_TEST_CASE(links_lead_to_tls_and_to_the_root) {
  for (const char* url : {"http://secure.clinic.example", "https://secure.clinic.example/x", "secure.clinic.example",
                          "https://", "https://a b.example"}) {
    std::string text = good;
    text.replace(text.find("https://secure.clinic.example:8443"), 34, url);
    BOOST_TEST(complaints(text).starts_with("2:7: the portal's url is like"), url);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
