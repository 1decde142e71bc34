// postern.toml: what it says, what is wrong with it, and that its reference and the shipped file follow the
// declarations.
#include "gateway/config.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "portal/colour.hpp"
#include "tests/support/bad_files.hpp"
#include "tests/support/folder.hpp"

namespace {

using namespace postern;
using mail::Method;
using mail::TlsLevel;

gateway::Config good() {
  const std::string path = SOURCE_DIR "/tests/cases/config-good.toml";
  auto config = gateway::parse_config(test::read_file(path), path);
  if (!config) BOOST_FAIL(format_diagnostic(config.error().front()));
  return *config;
}

policy::DeliverySettings settings_for(const std::string& recipient) {
  return good().settings_for("clinic", *mail::Address::parse(recipient));
}

BOOST_AUTO_TEST_CASE(every_bad_file_gets_the_complaint_that_is_written_beside_it) {
  const unsigned seen =
      test::check_bad_files(SOURCE_DIR "/tests/cases/config-bad", [](const std::filesystem::path& path) {
        // A name of its own, so that the complaints do not hold where this tree lies.
        const auto config = gateway::parse_config(test::read_file(path), "/nowhere/bad.toml");
        return config ? Diagnostics{} : config.error();
      });
  BOOST_TEST(seen >= 30U);
}

BOOST_AUTO_TEST_CASE(times_are_those_of_the_nearest_scope_and_else_delivery_s) {
  const auto schedule_for = [](const std::string& recipient) {
    return good().schedule_for("clinic", *mail::Address::parse(recipient));
  };
  const auto claims = schedule_for("x@claims.insurer.example"), other = schedule_for("x@lab.example");
  BOOST_TEST((claims.first_retry == std::chrono::seconds(10)));
  BOOST_TEST((claims.longest_retry == std::chrono::minutes(1)));
  BOOST_TEST((claims.delay_notice == std::chrono::hours(1)));
  BOOST_TEST((other.first_retry == std::chrono::minutes(1)));
  BOOST_TEST((good().eight_bit == gateway::EightBit::bounce));
}

BOOST_AUTO_TEST_CASE(how_a_recipient_proves_who_they_are_is_said_by_the_nearest_scope_and_is_a_code_where_none_does) {
  const std::string text = test::read_file(SOURCE_DIR "/tests/cases/config-good.toml");
  const auto proof = [](const std::string& file, const std::string& recipient) {
    return gateway::parse_config(file, "good.toml")
        ->pickup_settings_for("clinic", *mail::Address::parse(recipient))
        .proof;
  };
  using spool::PickupProof;
  const std::string scoped = text +
                             "\n[partner.\"proof.example\"]\nsettings.portal.proof = \"passphrase\"\n"
                             "[partner.\"near@proof.example\"]\nsettings.portal.proof = \"code\"\n";
  BOOST_TEST((proof(text, "a@proof.example") == PickupProof::code));
  BOOST_TEST((proof(scoped, "a@proof.example") == PickupProof::passphrase));
  BOOST_TEST((proof(scoped, "near@proof.example") == PickupProof::code));
  BOOST_TEST((proof(scoped, "a@other.example") == PickupProof::code));
}

BOOST_AUTO_TEST_CASE(the_portals_settings_are_scoped_and_a_button_can_be_read) {
  const std::string text = test::read_file(SOURCE_DIR "/tests/cases/config-good.toml") +
                           "\n[partner.\"quiet.example\"]\nsettings.portal = { replies = false, receipt = \"never\", "
                           "remind = \"0s\", tell_sender = true }\n"
                           "[portal]\nsocket = \"/run/x\"\nurl = \"https://secure.example\"\n"
                           "[tenant.spa]\ndomains = [\"spa.example\"]\nbind = { networks = [\"192.0.2.7\"] }\n"
                           "portal = { from = \"a@spa.example\", name = \"Spa\", colour = \"#ffe000\", domain = "
                           "\"Secure.Spa.example\" }\n";
  const auto config = gateway::parse_config(text, "good.toml");
  BOOST_REQUIRE_MESSAGE(config, (config ? "" : format_diagnostic(config.error().front())));
  const auto settings = [&](const char* recipient) {
    return config->pickup_settings_for("clinic", *mail::Address::parse(recipient));
  };
  BOOST_TEST(settings("a@lab.example").replies);
  BOOST_TEST((settings("a@lab.example").receipt == gateway::Receipt::asked));
  BOOST_TEST((settings("a@lab.example").remind == std::chrono::hours(24 * 5)));
  BOOST_TEST(!settings("a@lab.example").tell_sender);
  BOOST_TEST(!settings("a@quiet.example").replies);
  BOOST_TEST((settings("a@quiet.example").receipt == gateway::Receipt::never));
  BOOST_TEST((settings("a@quiet.example").remind == Duration()));
  BOOST_TEST(settings("a@quiet.example").tell_sender);
  const auto& portal = config->tenant("spa")->portal;
  BOOST_TEST(portal->domain->str() == "secure.spa.example");
  BOOST_TEST(portal->colour != "#ffe000");  // white on it could not be read
  const auto yellow = portal::parse_colour(portal->colour);
  BOOST_TEST((*yellow)[2] == 0.0);
}

BOOST_AUTO_TEST_CASE(a_logo_of_notices_is_a_small_png_beside_the_configuration) {
  const test::Folder folder;
  const std::string png = "\x89PNG\r\n\x1a\n";
  const auto logo = [&](const std::string& octets) -> std::string {
    std::ofstream(folder.path() / "logo", std::ios::binary) << octets;
    const auto config = gateway::parse_config(
        test::read_file(SOURCE_DIR "/tests/cases/config-good.toml") +
            "\n[portal]\nsocket = \"/run/x\"\nurl = \"https://secure.example\"\n[tenant.spa]\ndomains = "
            "[\"spa.example\"]\nbind = { networks = [\"192.0.2.7\"] }\n"
            "portal = { from = \"a@spa.example\", name = \"Spa\", logo = \"logo\" }\n",
        (folder.path() / "good.toml").string());
    return config ? config->tenant("spa")->portal->logo : format_diagnostic(config.error().front());
  };
  BOOST_TEST(logo(png + "x") == png + "x");
  BOOST_TEST(logo("<svg></svg>").find("mail clients show no SVG") != std::string::npos);
  BOOST_TEST(logo(png + std::string(64U << 10, 'x')).find("at most 64 KiB") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_listener_for_returns_takes_small_mail) {
  std::string text = test::read_file(SOURCE_DIR "/tests/cases/config-good.toml");
  text += "\n[[listener]]\nname = \"mx\"\naddress = [\"127.0.0.1:2526\"]\nstarttls = \"off\"\nrole = \"returns\"\n";
  const auto config = gateway::parse_config(text, "good.toml");
  BOOST_REQUIRE_MESSAGE(config, (config ? "" : format_diagnostic(config.error().front())));
  BOOST_TEST((config->listeners.back().role == gateway::ListenerRole::returns));
  BOOST_TEST(config->listeners.back().limits.size == 1U << 20);
  BOOST_TEST((config->listeners.front().role == gateway::ListenerRole::senders));
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_keys_but_where_a_scope_says_so_and_each_for_his_kind) {
  using discovery::KeyOrigin;
  const auto sources = [](const std::string& recipient, Method method) {
    return good().seal_settings_for("clinic", *mail::Address::parse(recipient), method).sources;
  };
  BOOST_TEST((sources("a@keys.example", Method::smime) == std::vector{KeyOrigin::smimea}));
  BOOST_TEST((sources("a@keys.example", Method::openpgp) == std::vector{KeyOrigin::wkd}));
  BOOST_TEST(sources("a@lab.example", Method::smime).empty());
}

BOOST_AUTO_TEST_CASE(directories_are_what_is_written) {
  const std::vector<gateway::DirectoryConfig> directories = good().keys.directories;
  BOOST_TEST_REQUIRE(directories.size() == 2U);
  const discovery::LdapDirectory &lab = directories[0].directory, &insurer = directories[1].directory;
  BOOST_TEST((lab.server.start_tls && lab.server.host == "directory.lab.example" && lab.server.port == 3389));
  BOOST_TEST((lab.proves && lab.bind_dn == "cn=postern,dc=lab,dc=example" && lab.filter == "(mail={address})"));
  BOOST_TEST(lab.domains == (std::vector<std::string>{"lab.example", ".lab.example"}),
             boost::test_tools::per_element());
  BOOST_TEST(directories[0].ca->string().ends_with("/lab-directory.pem"));
  BOOST_TEST((!insurer.server.start_tls && insurer.server.port == 636 && !insurer.proves && insurer.bind_dn.empty()));
  BOOST_TEST((!directories[1].ca && !directories[1].password));
}

BOOST_AUTO_TEST_CASE(the_shipped_file_is_right) {
  const std::string path = SOURCE_DIR "/conf/postern.toml";
  const auto config = gateway::parse_config(test::read_file(path), path);
  if (!config) BOOST_FAIL(format_diagnostic(config.error().front()));
  BOOST_TEST(config->tenants.front().tenant.bind.networks.size() >= 6U);  // @microsoft365
}

BOOST_AUTO_TEST_CASE(the_reference_in_the_documentation_is_generated_from_the_declarations) {
  const std::string page = test::read_file(SOURCE_DIR "/docs/configuration.md");
  BOOST_TEST((page.find(gateway::configuration_reference()) != std::string::npos),
             "docs/configuration.md lags behind: put `postern reference` under its last heading");
}

BOOST_AUTO_TEST_CASE(a_relay_is_not_the_recipient_but_where_onward_is_attested) {
  const gateway::Config config = good();
  const auto* relay = std::get_if<mail::Relay>(&config.tenant("clinic")->route);
  BOOST_REQUIRE(relay != nullptr);
  BOOST_TEST(relay->port == 587);
  BOOST_TEST(relay->onward_enforced);
}

BOOST_AUTO_TEST_CASE(floors_only_tighten_from_the_widest_scope_to_the_narrowest) {
  BOOST_TEST((settings_for("a@any.example").protect_tls.level ==
              TlsLevel::verified));  // the default, above the file's `encrypted`
  BOOST_TEST((settings_for("a@any.example").protect_tls.version == mail::TlsVersion::tls1_3));
  BOOST_TEST((settings_for("a@lab.example").protect_tls.level == TlsLevel::secure));
  BOOST_TEST((settings_for("a@x.insurer.example").deliver_tls.level == TlsLevel::encrypted));
}

BOOST_AUTO_TEST_CASE(a_partner_s_pins_names_and_groups_are_demands_and_never_in_the_clear) {
  const mail::TlsRequirement pinned = settings_for("a@pinned.example").deliver_tls;
  BOOST_TEST((pinned.level == TlsLevel::encrypted));
  std::string digits;
  for (int i = 0; i < 32; ++i)
    digits += "ab";
  BOOST_TEST(pinned.pins == std::set<std::string>{"key:sha256:" + digits}, boost::test_tools::per_element());
  BOOST_TEST(pinned.groups == (std::set<std::string>{"P-384", "X25519"}), boost::test_tools::per_element());
  BOOST_TEST((settings_for("a@dane.example").protect_tls.level == TlsLevel::dane));
  const mail::TlsRequirement named = settings_for("a@named.example").protect_tls;
  BOOST_TEST(named.names == std::set<std::string>{"mail.hoster.example"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_demanded_of_a_mail_host_is_met_from_its_parents_down) {
  const gateway::Config config = good();
  const auto floor = [&](const std::string& host, mail::Action action) { return config.host_floor(host, action); };
  BOOST_TEST((floor("mx1.hoster.example", mail::Action::protect).level == TlsLevel::dane));
  BOOST_TEST((floor("mx1.hoster.example", mail::Action::protect).version == mail::TlsVersion::tls1_3));
  BOOST_TEST((floor("mx1.hoster.example", mail::Action::deliver).level == TlsLevel::encrypted));
  BOOST_TEST((floor("mx2.hoster.example", mail::Action::protect).version == mail::TlsVersion::tls1_3));
  BOOST_TEST((floor("mx2.hoster.example", mail::Action::deliver) == mail::TlsRequirement{}));
  BOOST_TEST((floor("mx1.nothoster.example", mail::Action::protect) == mail::TlsRequirement{}));
}

// RFC 7672 §2.1.3: the AD bit of a resolver across a network is anybody's.
BOOST_AUTO_TEST_CASE(a_resolver_is_believed_about_dnssec_on_loopback_or_where_the_configuration_says_so) {
  gateway::Config config = good();
  const auto at = [&](const std::string& address, std::optional<bool> said) {
    config.resolver.address = address;
    config.resolver_trust_ad = said;
    return config.trusts_ad();
  };
  BOOST_TEST(at("127.0.0.1", {}));
  BOOST_TEST(at("127.0.0.53", {}));
  BOOST_TEST(at("::1", {}));
  BOOST_TEST(!at("192.0.2.1", {}));
  BOOST_TEST(!at("2001:db8::1", {}));
  BOOST_TEST(at("192.0.2.1", true));
  BOOST_TEST(!at("127.0.0.1", false));
}

BOOST_AUTO_TEST_CASE(methods_are_the_senders_order_and_what_the_receiver_allows) {
  BOOST_TEST((settings_for("a@any.example").methods == std::vector{Method::tls, Method::portal}));
  BOOST_TEST((settings_for("a@x.insurer.example").methods == std::vector{Method::portal}));
  BOOST_TEST((settings_for("a@insurer.example").methods == std::vector{Method::portal}));
  BOOST_TEST((settings_for("a@claims.insurer.example").methods == std::vector{Method::tls}));  // the nearer scope
  BOOST_TEST((settings_for("a@notinsurer.example").methods == std::vector{Method::tls, Method::portal}));
}

}  // namespace
