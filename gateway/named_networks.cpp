#include "gateway/named_networks.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "base/ascii.hpp"
#include "discovery/spf.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view blanks = " \t\r\n";

Result<void> add(NamedNetworks& into, std::string_view range) {
  const auto network = Network::parse(range);
  if (!network) return fail(network.error());
  if (std::ranges::find(into.networks, *network) != into.networks.end()) return {};
  into.networks.push_back(*network);
  into.written.emplace_back(range);
  return {};
}

Result<NamedNetworks> not_empty(NamedNetworks networks) {
  if (networks.networks.empty()) return fail(Errc::invalid, "there is no network in it");
  return networks;
}

/// "25", or a list that holds it: "25,587".
bool is_for_smtp(const json::object& set) {
  const json::value* ports = set.if_contains("tcpPorts");
  if (ports == nullptr || !ports->is_string()) return false;
  std::string_view rest = ports->as_string();
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (trimmed(rest.substr(0, comma), blanks) == "25") return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

Result<NamedNetworks> read_endpoints(std::string_view text) {
  boost::system::error_code error;
  const json::value root = json::parse(text, error);
  if (error || !root.is_array()) return fail(Errc::invalid, "it is no list of Microsoft's endpoints");
  NamedNetworks found;
  for (const json::value& set : root.as_array()) {
    if (!set.is_object() || !is_for_smtp(set.as_object())) continue;
    const json::value* ips = set.as_object().if_contains("ips");
    if (ips == nullptr || !ips->is_array()) continue;
    for (const json::value& ip : ips->as_array()) {
      if (!ip.is_string()) return fail(Errc::invalid, "a range is no text");
      if (auto added = add(found, std::string_view(ip.as_string())); !added) return fail(added.error());
    }
  }
  return not_empty(std::move(found));
}

Result<NamedNetworks> read_spf(std::string_view text) {
  const auto record = discovery::parse_spf(trimmed(text, blanks));
  if (!record) return fail(record.error());
  if (!record->includes.empty() || !record->redirect.empty())
    return fail(Errc::invalid, "the SPF record refers to another: give the record that holds the addresses");
  NamedNetworks found;
  for (const std::string& network : record->networks) {
    if (auto added = add(found, network); !added) return fail(added.error());
  }
  return not_empty(std::move(found));
}

}  // namespace

std::string format_networks_state(const NamedNetworks& networks) {
  const std::string date = networks.as_of.substr(0, networks.as_of.find(';'));
  return std::to_string(networks.networks.size()) + " networks" + (date.empty() ? "" : ", as of " + date);
}

std::string joined_lines(const std::vector<std::string>& networks) {
  std::string lines;
  for (const std::string& one : networks)
    lines += one + "\n";
  return lines;
}

Result<NamedNetworks> parse_named_networks(std::string_view text) {
  constexpr std::string_view date_mark = "# as of:";
  NamedNetworks found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(date_mark)) found.as_of = trimmed(line.substr(date_mark.size()), blanks);
    const std::string_view range = line.substr(0, line.find_first_of("\t #\r"));
    if (range.empty()) continue;
    if (auto added = add(found, range); !added) return fail(added.error());
  }
  return not_empty(std::move(found));
}

Result<NamedNetworks> read_published_networks(std::string_view text) {
  const std::string_view begin = text.substr(std::min(text.find_first_not_of(" \t\r\n\""), text.size()));
  if (begin.starts_with('[')) return read_endpoints(begin);
  if (begin.starts_with("v=spf1")) return read_spf(begin.substr(0, begin.find('"')));
  return parse_named_networks(text);
}

Result<std::string> refreshed_file(std::string_view present, const NamedNetworks& fresh, std::string_view source,
                                   std::string_view today) {
  if (fresh.networks.empty()) return fail(Errc::invalid, "there is no network in it");
  if (const auto old = parse_named_networks(present)) {
    const auto kept = std::ranges::count_if(old->networks, [&](const Network& one) {
      return std::ranges::find(fresh.networks, one) != fresh.networks.end();
    });
    if (2 * static_cast<std::size_t>(kept) < old->networks.size()) {
      return fail(Errc::invalid, "only " + std::to_string(kept) + " of the " + std::to_string(old->networks.size()) +
                                     " present networks are in it: that is hardly the same list");
    }
  }
  std::string out =
      "# what: networks that a tenant's bind may name, one a line\n# source: " + std::string(source) +
      "\n# as of: " + std::string(today) +
      "\n# note: Microsoft's ranges are shared by all its customers: an address in them proves Microsoft, not "
      "the tenant\n";
  return out + joined_lines(fresh.written);
}

}  // namespace postern::gateway
