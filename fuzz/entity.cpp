// Messages as they are cut for sealing: put together again they have the same body and every field, and nothing that
// was a line of the header section is lost. What is said to be protected, and a protected header, keep their promises.
#include "mail/entity.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "fuzz/target.hpp"
#include "mail/header_protection.hpp"
#include "mail/headers.hpp"
#include "mail/media_type.hpp"
#include "mail/protected_mail.hpp"

using namespace postern;
using namespace postern::mail;
using fuzz::require;

namespace {

constexpr std::string_view default_type = "Content-Type: text/plain; charset=us-ascii\r\n";

/// The fields as they stand, sorted; without MIME-Version, which the sealed message gets anew.
std::vector<std::string> fields_of(std::string_view section) {
  std::vector<std::string> all;
  for (const Field& field : HeaderView(section).fields()) {
    std::string whole(section.substr(field.at, field.size));
    if (!whole.ends_with("\r\n")) whole += "\r\n";  // the last line of a header that does not end
    if (!equals_ignoring_case(field.name, "MIME-Version")) all.push_back(std::move(whole));
  }
  std::ranges::sort(all);
  return all;
}

std::size_t size_of(const std::vector<std::string>& all) {
  std::size_t size = 0;
  for (const std::string& one : all)
    size += one.size();
  return size;
}

/// Octets of the section that are in no field.
std::size_t stray(std::string_view section) {
  std::size_t size = section.size();
  for (const Field& field : HeaderView(section).fields())
    size -= field.size;
  return size;
}

void check_cut(std::string_view message, const Entity& cut) {
  const auto length = header_length(message);
  const std::string_view section = length ? message.substr(0, *length - 2) : message;
  const std::string_view body = length ? message.substr(*length) : std::string_view();
  const auto inner_length = header_length(cut.inner);
  require(inner_length && cut.inner.substr(*inner_length) == body);
  require(cut.outer.empty() || cut.outer.ends_with("\r\n"));
  require(cut.outer.find("\r\n\r\n") == std::string::npos && !cut.outer.starts_with("\r\n"));

  const std::string joined = cut.outer + cut.inner.substr(0, *inner_length - 2);
  std::vector<std::string> before = fields_of(section), after = fields_of(joined);
  if (!HeaderView(section).first("Content-Type"))
    before.insert(std::ranges::upper_bound(before, default_type), std::string(default_type));
  require(before == after);
  const std::size_t strays = stray(section), strays_after = joined.size() - size_of(after);
  require(strays_after == strays || strays_after == strays + 2);  // a last line without its end gets one
}

void check_protection(const Entity& cut) {
  const auto covered = protect_header(cut, Cover::cipher, HideSubject::yes);
  if (!covered) return;
  const auto length = header_length(covered->inner);
  require(length.has_value());
  const HeaderView inner(std::string_view(covered->inner).substr(0, *length));
  require(!inner.malformed() && inner.all("Content-Type").size() == 1);
  const auto media = parse_media_type(inner.first("Content-Type")->raw);
  require(media && media->parameter("hp") == "cipher");
  require(covered->inner.ends_with(cut.inner.substr(*header_length(cut.inner) - 2)));
  for (const Field& field : HeaderView(covered->outer).all("Subject"))
    require(field.raw == " [...]\r\n");
  require(HeaderView(covered->outer).all("Comments").empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = fuzz::text(data, size);
  const Entity cut = cut_entity(message);
  check_cut(message, cut);
  check_protection(cut);
  const ProtectedMail found = recognise_protection(message);
  if (found.kind == Protected::smime_encrypted || found.kind == Protected::pgp_encrypted) {
    const HeaderView headers(message.substr(0, *header_length(message)));
    require(headers.all("Content-Type").size() == 1);
  }
  return 0;
}
