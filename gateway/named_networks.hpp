// A file of networks that a binding names: "@microsoft365" is the list that is shipped, "@FILE" one of your own. One
// network a line; what follows a blank or '#' is a remark, and "# as of: …" is the date of the list.
//
//   auto named = parse_named_networks(text);                       // as such a file holds them
//   auto fresh = read_published_networks(text);                    // Microsoft's JSON, an SPF record, or such a file
//   auto next  = refresh(*named, *fresh);                          // never to nothing, or to a stump
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/network.hpp"

namespace postern::gateway {

struct NamedNetworks {
  std::vector<Network> networks;
  std::vector<std::string> written;  // as they were written, in the same order
  std::string as_of;                 // empty: the file does not say
};

/// "6 networks, as of 2026-11-01"
[[nodiscard]] std::string format_networks_state(const NamedNetworks& networks);

/// A network a line, as such a file holds them.
[[nodiscard]] std::string joined_lines(const std::vector<std::string>& networks);

/// A file without a network is an error: it would let nobody in or, with other mistakes, everybody.
[[nodiscard]] Result<NamedNetworks> parse_named_networks(std::string_view text);

/// The published forms: Microsoft's endpoint list (https://endpoints.office.com, JSON; the ranges for port 25 are
/// taken), an SPF record ("v=spf1 ip4:… ip6:… -all"; one that includes others is not the whole list, and an error), or
/// a file as above.
[[nodiscard]] Result<NamedNetworks> read_published_networks(std::string_view text);

/// What the file should hold from now on. A list that lost more than half of its networks is an error: more likely the
/// look-up failed than Microsoft shrank.
[[nodiscard]] Result<std::string> refreshed_file(std::string_view present, const NamedNetworks& fresh,
                                                 std::string_view source, std::string_view today);

}  // namespace postern::gateway
