// The attacks of tests/attacks against the decision alone: each is refused for the condition that its file names, and
// what only looks like an attack is not.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "policy/tenant.hpp"

namespace {

using namespace postern;
namespace fs = std::filesystem;

Secret secret(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

/// tests/attacks/tenants.toml, as the gateway would read it.
std::vector<policy::Tenant> tenants() {
  policy::Tenant clinic, practice;
  clinic.name = "clinic";
  clinic.domains = {"clinic.example", ".labs.clinic.example", "clinic.onmicrosoft.com"};
  clinic.bind.networks = {*Network::parse("127.0.44.0/24")};
  clinic.bind.certificates = {"mail.protection.outlook.com"};
  clinic.bind.originator_org = {"clinic.example"};
  clinic.bind.tenant_ids = {"3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81"};
  clinic.bind.secret =
      policy::SecretHeader{"X-Clinic-Key", {secret("present-value-0123456789"), secret("next-value-0123456789")}};
  practice.name = "practice";
  practice.domains = {"practice.example"};
  practice.bind.networks = clinic.bind.networks;
  practice.bind.certificates = clinic.bind.certificates;
  practice.bind.originator_org = {"practice.example"};
  practice.bind.tenant_ids = {"77aa0b1c-1111-4222-8333-444455556666"};
  practice.classes.forwarded = policy::Treatment::relay;
  policy::Tenant institute;
  institute.name = "institute";
  institute.domains = {"institute.example"};
  institute.bind.networks = clinic.bind.networks;
  institute.bind.certificates = {"relay.institute.example"};
  institute.bind.ca = "file:institute-ca.pem";
  return {clinic, practice, institute};
}

struct Attack {
  std::map<std::string, std::string> about;
  std::string headers;  // with CRLF
};

Attack read_attack(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  Attack attack;
  std::string line;
  while (std::getline(in, line) && line != "---") {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) attack.about[line.substr(0, colon)] = line.substr(colon + 2);
  }
  while (std::getline(in, line) && !line.empty())
    attack.headers += line + "\r\n";
  return attack;
}

mail::Peer peer_of(const Attack& attack) {
  mail::Peer peer;
  peer.address = attack.about.at("client") == "microsoft" ? "127.0.44.7" : "127.0.55.7";
  const std::string& certificate = attack.about.at("certificate");
  peer.tls.version = mail::TlsVersion::tls1_3;
  if (certificate != "none") peer.tls.names = {certificate};
  const bool of_the_institute = attack.about.contains("authority");
  peer.tls.chain_valid = certificate != "none" && !of_the_institute;
  if (of_the_institute) peer.tls.vouched_by = {"file:institute-ca.pem"};
  return peer;
}

/// As gateway/intake.cpp asks, at MAIL and at the blank line.
mail::Origin origin_of(const Attack& attack) {
  const std::vector<policy::Tenant> all = tenants();
  const mail::Peer peer = peer_of(attack);
  const mail::Origin first = policy::candidates(peer, all);
  const auto* candidates = std::get_if<mail::Candidates>(&first);
  if (candidates == nullptr) return first;
  const std::string& mail = attack.about.at("mail");
  const mail::ReversePath from = mail.empty() ? mail::ReversePath() : mail::Address::parse(mail).value();
  return policy::prove(*candidates, {peer, from, mail::HeaderView(attack.headers)}, all);
}

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(SOURCE_DIR "/tests/attacks/" + folder))
    files.push_back(entry.path());
  return files;
}

BOOST_AUTO_TEST_CASE(no_attack_passes) {
  const auto files = files_in("refused");
  BOOST_TEST(files.size() >= 100U);
  for (const fs::path& file : files)
    BOOST_TEST(std::holds_alternative<mail::Refused>(origin_of(read_attack(file))),
               file.filename().string() + " passes");
}

BOOST_AUTO_TEST_CASE(the_log_names_the_condition_that_the_attack_s_file_names) {
  for (const fs::path& file : files_in("refused")) {
    const Attack attack = read_attack(file);
    const mail::Origin origin = origin_of(attack);
    const auto* refused = std::get_if<mail::Refused>(&origin);
    const std::string reason = refused != nullptr ? refused->condition : "it passes";
    BOOST_TEST(reason == attack.about.at("refused"), file.filename().string() + ": " + reason);
  }
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_an_attack_is_relayed) {
  const auto files = files_in("relayed");
  BOOST_TEST(files.size() >= 10U);
  for (const fs::path& file : files) {
    const mail::Origin origin = origin_of(read_attack(file));
    const auto* refused = std::get_if<mail::Refused>(&origin);
    BOOST_TEST(refused == nullptr, file.filename().string() + ": " + (refused != nullptr ? refused->condition : ""));
  }
}

}  // namespace
