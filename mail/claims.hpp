// What the header section of a message claims of the tenant that it comes from. Claims prove nothing by themselves:
// they are worth what the connection is worth that brought them (policy/binding.hpp requires both).
//
//   const Claim org = claim_of(headers, "X-OriginatorOrg");      // absent, usable or not
//   const Claim id  = tenant_id_of(headers);                     // the GUID, where all that name one agree
//
// A claim is usable where it can be read in one way only: one field of that name (in any case, with or without blanks
// before the colon), one word of printable ASCII. It is not decoded, and not put together from several lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/headers.hpp"

namespace postern::mail {

struct Claim {
  enum class State { absent, usable, unusable } state = State::absent;
  std::string value;  // of a usable one

  [[nodiscard]] bool usable() const { return state == State::usable; }
};

[[nodiscard]] Claim claim_of(const HeaderView& headers, std::string_view name);

/// X-MS-Exchange-CrossTenant-Id, in lower case. X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp names a
/// tenant too ("TenantId=…;Ip=[…];Helo=[…]"): where it is there, it must name the same.
[[nodiscard]] Claim tenant_id_of(const HeaderView& headers);

/// Exchange Online says that the message entered it from the Internet (X-MS-Exchange-CrossTenant-FromEntityHeader):
/// whatever From says, nobody of the tenant wrote it.
[[nodiscard]] bool entered_from_internet(const HeaderView& headers);

/// Exchange's mark of a journal report (X-MS-Journal-Report), whatever its value.
[[nodiscard]] bool is_journal_report(const HeaderView& headers);

/// 8-4-4-4-12 hexadecimal digits, made lower case.
[[nodiscard]] std::optional<std::string> parse_guid(std::string_view text);

}  // namespace postern::mail
