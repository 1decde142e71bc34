// Any bytes as a header section: what it claims of the tenant that it comes from can be read in one way only.
#include "mail/claims.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "fuzz/target.hpp"

using namespace postern;
using namespace postern::mail;
using fuzz::require;

namespace {

constexpr const char* org = "X-OriginatorOrg";
constexpr const char* id = "X-MS-Exchange-CrossTenant-Id";
constexpr const char* relative = "X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp";

bool same(const Claim& a, const Claim& b) {
  return a.state == b.state && a.value == b.value;
}

void check_claim(const HeaderView& view, std::string_view section, const char* name) {
  const Claim claim = claim_of(view, name);
  const auto before = [&](const std::string& field) {
    const std::string text = field + std::string(section);
    return claim_of(HeaderView(text), name);
  };
  require((claim.state == Claim::State::absent) == view.all(name).empty());
  require(same(before("X-Other: " + std::string(name) + ": a\r\n\t" + name + ": b\r\n"), claim));
  if (!claim.usable()) return require(claim.value.empty());
  require(!claim.value.empty() && claim.value.size() <= 255 && section.find(claim.value) != std::string_view::npos);
  require(std::ranges::all_of(claim.value, [](char c) { return c > ' ' && c <= '~'; }));
  // However a second one is written, and although it says the same.
  for (const std::string& again : {std::string(name) + ": " + claim.value, lowered(name) + " \t:" + claim.value,
                                   std::string(name) + ":", std::string(name) + ":\r\n " + claim.value}) {
    require(!before(again + "\r\n").usable());
  }
}

void check_tenant(const HeaderView& view, std::string_view section) {
  const Claim claim = tenant_id_of(view);
  if (!claim.usable()) return;
  require(parse_guid(claim.value) == claim.value);
  const auto beside = [&](const std::string& value) {
    const std::string text = std::string(relative) + ": " + value + "\r\n" + std::string(section);
    return tenant_id_of(HeaderView(text)).usable();
  };
  require(beside("TenantId=" + claim.value + ";Ip=[192.0.2.1];Helo=[x]"));
  const std::string other = (claim.value.front() == '0' ? "1" : "0") + claim.value.substr(1);
  for (const std::string& contradiction : {"TenantId=" + other + ";", claim.value, std::string("TenantId="),
                                           "Helo=[TenantId=" + claim.value + "]", std::string()}) {
    require(!beside(contradiction));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = fuzz::text(data, size);
  const std::string_view section = message.substr(0, header_length(message).value_or(size));
  const HeaderView view(section);
  for (const char* name : {org, id, "X-Clinic-Key"})
    check_claim(view, section, name);
  check_tenant(view, section);
  // The body says nothing.
  if (section.size() < size) {
    const HeaderView whole(message);
    require(same(claim_of(view, org), claim_of(whole, org)) && same(tenant_id_of(view), tenant_id_of(whole)));
    require(entered_from_internet(view) == entered_from_internet(whole));
    require(is_journal_report(view) == is_journal_report(whole));
  }
  return 0;
}
