#include "mail/claims.hpp"

#include <algorithm>
#include <vector>

#include "base/ascii.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_claim = 255;

Claim unusable() {
  return {Claim::State::unusable, ""};
}

/// A value that begins behind a fold is one word still; one with a fold inside is not.
bool is_one_word(std::string_view text) {
  return !text.empty() && text.size() <= longest_claim &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// The GUID of "TenantId=…;Ip=[…];Helo=[…]".
std::optional<std::string> attributed_tenant(std::string_view raw) {
  constexpr std::string_view key = "tenantid=";
  const std::string text = unfold(raw);
  if (lowered(text).rfind(key, 0) != 0) return std::nullopt;
  return parse_guid(std::string_view(text).substr(key.size(), text.find(';') - key.size()));
}

}  // namespace

Claim claim_of(const HeaderView& headers, std::string_view name) {
  const std::vector<Field> fields = headers.all(name);
  if (fields.empty()) return {};
  const std::string value = unfold(fields.front().raw);
  // What unfolding put together, a bare CR between two words, is no word.
  const bool literal = fields.front().raw.find(value) != std::string_view::npos;
  if (fields.size() > 1 || !literal || !is_one_word(value)) return unusable();
  return {Claim::State::usable, value};
}

Claim tenant_id_of(const HeaderView& headers) {
  const Claim claim = claim_of(headers, "X-MS-Exchange-CrossTenant-Id");
  if (!claim.usable()) return claim;
  const std::optional<std::string> id = parse_guid(claim.value);
  if (!id) return unusable();
  const auto differs = [&id](const Field& field) { return attributed_tenant(field.raw) != id; };
  const auto relatives = headers.all("X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp");
  return std::ranges::any_of(relatives, differs) ? unusable() : Claim{Claim::State::usable, *id};
}

bool entered_from_internet(const HeaderView& headers) {
  return std::ranges::any_of(headers.all("X-MS-Exchange-CrossTenant-FromEntityHeader"),
                             [](const Field& field) { return equals_ignoring_case(unfold(field.raw), "Internet"); });
}

bool is_journal_report(const HeaderView& headers) {
  return headers.first("X-MS-Journal-Report").has_value();
}

std::optional<std::string> parse_guid(std::string_view text) {
  constexpr std::string_view form = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
  const std::string guid = lowered(text);
  const auto fits = [](char c, char wanted) {
    return wanted == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  return std::ranges::equal(guid, form, fits) ? std::optional(guid) : std::nullopt;
}

}  // namespace postern::mail
