// keys authority: our own small authority for senders' certificates.
#include <iostream>

#include "base/privileges.hpp"
#include "gateway/load_config.hpp"
#include "gateway/main/key_store_command.hpp"
#include "gateway/sender_authority.hpp"

namespace postern::gateway {
namespace {

crypto::SenderKey key_kind(const AuthorityOptions& own) {
  return own.key == "rsa" ? crypto::SenderKey::rsa : crypto::SenderKey::p256;
}

int tell_authority(const Options& options, const crypto::Certificate& certificate) {
  if (options.as_json) {
    print_json({{"ok", true},
                {"fingerprint", certificate.fingerprint()},
                {"subject", certificate.subject()},
                {"not_after", format_rfc3339(certificate.not_after())}});
  } else {
    std::cout << certificate.subject() << "\nsha256 " << certificate.fingerprint() << "\nuntil "
              << format_rfc3339(certificate.not_after()) << "\n";
  }
  return exit_ok;
}

}  // namespace

int run_authority_create(const Options& options, const AuthorityOptions& own) {
  forbid_dumps();
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  const auto kek = load_kek(*config, folder_of(options.config));
  if (!kek) return complain(kek.error().text, exit_secrets);
  crypto::SenderCaSettings settings{own.name, key_kind(own), {}};
  if (!own.domain.empty()) {
    const auto domain = mail::Domain::parse(own.domain);
    if (!domain) return complain("--domain: " + domain.error().text, exit_usage);
    settings.domains.push_back(*domain);
  }
  SystemRandom random;
  const auto made = make_authority(config->state / "authority", *kek, settings, SystemClock().now(), random);
  return made ? tell_authority(options, *made) : complain_of(made.error());
}

int run_authority_show(const Options& options) {
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  const auto found = find_authority(config->state / "authority");
  return found ? tell_authority(options, *found) : complain_of(found.error());
}

int run_authority_issue(const Options& options, const AuthorityOptions& own) {
  const auto address = mail::Address::parse(own.address);
  if (!address) return complain(own.address + ": " + address.error().text, exit_usage);
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  return with_store(options, true, [&](crypto::KeyStore& store) {
    const auto kek = load_kek(*config, folder_of(options.config));
    if (!kek) return complain(kek.error().text, exit_secrets);
    SystemRandom random;
    const auto identity =
        issue_identity(config->state / "authority", *kek, *address, key_kind(own), SystemClock().now(), random);
    if (!identity) return complain_of(identity.error());
    if (const auto stored = store.add_identity(*identity); !stored) return complain_of(stored.error());
    const auto certificate = crypto::Certificate::parse_der(identity->bytes);
    return certificate ? tell_authority(options, *certificate) : complain_of(certificate.error());
  });
}

}  // namespace postern::gateway
