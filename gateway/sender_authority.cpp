#include "gateway/sender_authority.hpp"

#include "crypto/identity_seal.hpp"
#include "crypto/key_export.hpp"
#include "gateway/load_config.hpp"
#include "gateway/private_file.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

fs::path certificate_in(const fs::path& folder) {
  return folder / "authority.crt";
}
fs::path key_in(const fs::path& folder) {
  return folder / "authority.key";
}

Result<crypto::Identity> load_authority(const fs::path& folder, const Secret& kek) {
  auto certificate = find_authority(folder);
  if (!certificate) return fail(certificate.error());
  const auto sealed = read_text_file(key_in(folder));
  if (!sealed) return fail(sealed.error());
  const auto pem = crypto::open_identity(crypto::identity_key(kek), certificate->fingerprint(), *sealed);
  if (!pem) return fail(pem.error().code, "the authority's private key: " + pem.error().text);
  auto key = crypto::PrivateKey::parse(*pem);
  if (!key) return fail(key.error());
  return crypto::Identity{std::move(*certificate), std::move(*key)};
}

}  // namespace

Result<crypto::Certificate> find_authority(const fs::path& folder) {
  if (!fs::exists(certificate_in(folder)))
    return fail(Errc::not_found, "there is no authority in " + folder.string() + " yet");
  const auto pem = read_text_file(certificate_in(folder));
  if (!pem) return fail(pem.error());
  auto certificates = crypto::Certificate::parse_pem(*pem);
  if (!certificates) return fail(certificates.error());
  return std::move(certificates->front());
}

Result<crypto::Certificate> make_authority(const fs::path& folder, const Secret& kek,
                                           const crypto::SenderCaSettings& settings, Time now, Random& random) {
  if (fs::exists(certificate_in(folder)))
    return fail(Errc::denied, "there is an authority in " + folder.string() + " already, and partners have pinned it");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Errc::io, "cannot make " + folder.string() + ": " + error.message());
  const auto made = crypto::make_sender_ca(settings, now, random);
  if (!made) return fail(made.error());
  const auto pem = made->key.pem();
  if (!pem) return fail(pem.error());
  const std::string sealed =
      crypto::seal_identity(crypto::identity_key(kek), made->certificate.fingerprint(), *pem, random);
  // The certificate last: while it is not there, nothing was made.
  fs::remove(key_in(folder), error);
  if (auto written = write_private_file(key_in(folder), sealed); !written) return fail(written.error());
  if (auto written =
          write_private_file(certificate_in(folder), crypto::format_certificate_pem(made->certificate.der()));
      !written)
    return fail(written.error());
  return made->certificate;
}

Result<crypto::SigningIdentity> issue_identity(const fs::path& folder, const Secret& kek, const mail::Address& address,
                                               crypto::SenderKey key, Time now, Random& random) {
  const auto authority = load_authority(folder, kek);
  if (!authority) return fail(authority.error());
  const auto issued = crypto::issue_sender(*authority, address, key, now, random);
  if (!issued) return fail(issued.error());
  auto pem = issued->key.pem();
  if (!pem) return fail(pem.error());
  crypto::SigningIdentity identity;
  identity.kind = crypto::KeyKind::certificate;
  identity.fingerprint = issued->certificate.fingerprint();
  identity.addresses = {address.str()};
  identity.bytes = issued->certificate.der();
  identity.key = std::move(*pem);
  identity.source = "issued by " + authority->certificate.subject();
  identity.added = now;
  identity.not_before = issued->certificate.not_before();
  identity.not_after = issued->certificate.not_after();
  return identity;
}

}  // namespace postern::gateway
