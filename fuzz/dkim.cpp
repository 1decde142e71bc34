// A key record, a NUL, a message. Whatever they are: the canonical form of a body does not depend on its pieces, and is
// its own; a signature that somebody claims is judged without a fault; ours holds, and no longer once something is
// added.
#include "crypto/dkim.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "crypto/dkim_verify.hpp"
#include "fuzz/target.hpp"

using namespace postern;
using namespace postern::crypto;
using fuzz::require;

namespace {

std::string canonical(std::string_view body, std::size_t cut, Canonical form) {
  std::string out;
  const CanonicalBody::Sink sink = [&](std::string_view octets) { out += octets; };
  CanonicalBody canonical(form);
  canonical.append(body.substr(0, cut), sink);
  canonical.append(body.substr(cut), sink);
  canonical.finish(sink);
  return out;
}

void check_body(std::string_view body, std::size_t cut) {
  for (const Canonical form : {Canonical::simple, Canonical::relaxed}) {
    const std::string whole = canonical(body, body.size(), form);
    require(canonical(body, std::min(cut, body.size()), form) == whole);
    require(canonical(whole, whole.size() / 2, form) == whole);
    require(whole.empty() || whole == "\r\n" || (whole.ends_with("\r\n") && !whole.ends_with("\r\n\r\n")));
    require(form == Canonical::simple || whole.find(" \r\n") == std::string::npos);
  }
}

void check_fields(std::string_view section) {
  const mail::HeaderView headers(section);
  for (const mail::Field& field : headers.fields()) {
    const std::string once = canonical_field(section.substr(field.at, field.size), Canonical::relaxed);
    require(canonical_field(once, Canonical::relaxed) == once);
    require(once.find("  ") == std::string::npos && once.find('\t') == std::string::npos);
  }
}

const DkimKey& our_key() {
  static const DkimKey key = [] {
    const std::string seed(32, 'k');
    EVP_PKEY* made = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                  reinterpret_cast<const unsigned char*>(seed.data()), seed.size());
    return DkimKey::make(mail::Domain::parse("clinic.example").value(), "f1", PrivateKey(made)).value();
  }();
  return key;
}

FindDkimKey finds(std::string record) {
  return [record = std::move(record)](const std::string&) -> Result<std::optional<std::string>> { return record; };
}

DkimResult first_result(const std::string& message) {
  const mail::HeaderView headers(message);
  const mail::Field field = headers.first("DKIM-Signature").value();
  return verify_dkim(message, field, finds(our_key().record()), Time{}).result;
}

void check_ours(std::string_view message, std::size_t length) {
  const std::string_view section = message.substr(0, length);
  if (mail::HeaderView(section).malformed()) return;  // no such message is taken
  DkimBodyHash hash;
  hash.update(message.substr(length));
  const auto fields = sign_dkim(section, hash.finish(), {our_key()}, Time(std::chrono::seconds(1'764'228'981)));
  if (!fields) return;
  const std::string signed_message = *fields + std::string(message);
  require(first_result(signed_message) == DkimResult::pass);
  require(first_result("Received: from a by b\r\n\t; now\r\n" + signed_message) == DkimResult::pass);
  require(first_result("Subject: another\r\n" + signed_message) == DkimResult::header_changed);
  require(first_result(signed_message + "another line") == DkimResult::body_changed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text(data, size);
  const std::size_t nul = std::min(input.find('\0'), input.size());
  const std::string record(input.substr(0, nul));
  const std::string_view message = input.substr(std::min(nul + 1, input.size()));
  check_body(message, size / 3);

  const auto length = mail::header_length(message);
  const std::string_view section = message.substr(0, length.value_or(message.size()));
  check_fields(section);
  const mail::HeaderView headers(section);
  const auto signatures = headers.all("DKIM-Signature");
  for (std::size_t i = 0; i < std::min<std::size_t>(signatures.size(), 4); ++i)
    require(verify_dkim(message, signatures[i], finds(record), Time{}).result != DkimResult::key_not_available);
  if (signatures.size() <= 4) {
    const auto everybody = [](const mail::Domain&) { return true; };
    const std::string kept = without_broken_signatures(message, everybody, finds(record), Time{});
    require(kept.size() <= section.size());
  }
  if (length) check_ours(message, *length);
  return 0;
}
