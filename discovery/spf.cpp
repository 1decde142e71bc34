#include "discovery/spf.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>

#include <arpa/inet.h>

#include "base/ascii.hpp"

namespace postern::discovery {
namespace {

constexpr std::string_view version = "v=spf1";
// Nobody's mail comes from a network as wide as this; who writes so, or forges it, means everybody.
constexpr unsigned widest_v4 = 8, widest_v6 = 24;
constexpr std::size_t longest_name = 253, most_networks = 1000;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid, "the SPF record " + std::move(what));
}

void clear_behind(std::array<std::uint8_t, 16>& octets, unsigned bits) {
  for (unsigned i = 0; i < octets.size(); ++i) {
    const unsigned kept = bits > 8 * i ? std::min(bits - 8 * i, 8U) : 0;
    octets.at(i) &= static_cast<std::uint8_t>(0xFF00U >> kept);
  }
}

/// §5.6: an address, and a prefix length or none. Bits behind the prefix are allowed there and mean nothing.
Result<std::string> parse_network(std::string_view text, int family) {
  const unsigned most = family == AF_INET ? 32 : 128, widest = family == AF_INET ? widest_v4 : widest_v6;
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(family, std::string(text.substr(0, slash)).c_str(), octets.data()) != 1)
    return wrong("holds what is no network");
  unsigned bits = most;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool plain = error == std::errc{} && end == digits.data() + digits.size();
    if (!plain || bits > most || (digits.size() > 1 && digits.front() == '0'))
      return wrong("holds a prefix length that is none");
  }
  if (bits < widest) return wrong("holds a network wider than any sender's");
  clear_behind(octets, bits);
  std::array<char, INET6_ADDRSTRLEN> written{};
  inet_ntop(family, octets.data(), written.data(), written.size());
  return std::string(written.data()) + "/" + std::to_string(bits);
}

/// A name as it may be asked for; a macro (§7) would make it another for each mail.
Result<std::string> parse_name(std::string_view text) {
  std::string name = lowered(text);
  if (name.ends_with('.')) name.pop_back();
  const auto fits = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  const bool plain = !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, fits) &&
                     name.front() != '.' && name.find("..") == std::string::npos;
  if (!plain) return wrong("refers to what is no plain name");
  return name;
}

/// One term (§4.6.1): true where nothing behind it counts.
Result<bool> take(std::string_view term, SpfRecord& into) {
  const std::string lower = lowered(term);
  constexpr std::string_view redirect = "redirect=", include = "include:", v4 = "ip4:", v6 = "ip6:";
  if (lower.starts_with(redirect)) {
    auto name = parse_name(term.substr(redirect.size()));
    if (!name) return fail(name.error());
    if (!into.redirect.empty()) return wrong("redirects twice");  // §6
    into.redirect = std::move(*name);
    return false;
  }
  // §6: modifiers that nobody knows are nothing; "exp" is a text for people.
  const std::size_t mark = lower.find_first_of(":/=");
  if (mark != std::string::npos && lower[mark] == '=') return false;
  const char qualifier = lower.front();
  const bool qualified = std::string_view("+-~?").find(qualifier) != std::string_view::npos;
  const std::string_view mechanism = std::string_view(lower).substr(qualified ? 1 : 0);
  if (mechanism == "all") {
    if (!qualified || qualifier == '+') return wrong("lets everybody send");
    return true;
  }
  if (qualified && qualifier != '+') return wrong("takes something away, which a list of networks cannot");
  if (mechanism.starts_with(include)) {
    auto name = parse_name(mechanism.substr(include.size()));
    if (!name) return fail(name.error());
    into.includes.push_back(std::move(*name));
    return false;
  }
  const bool is_v4 = mechanism.starts_with(v4);
  if (!is_v4 && !mechanism.starts_with(v6)) return wrong("holds what is no network and no other record");
  auto network = parse_network(mechanism.substr(v4.size()), is_v4 ? AF_INET : AF_INET6);
  if (!network) return fail(network.error());
  into.networks.push_back(std::move(*network));
  return false;
}

bool claims_spf(std::string_view text) {
  // §4.5: "v=spf10" is another version.
  return text.size() >= version.size() && lowered(text.substr(0, version.size())) == version &&
         (text.size() == version.size() || text[version.size()] == ' ');
}

}  // namespace

Result<SpfRecord> parse_spf(std::string_view text) {
  if (!claims_spf(text)) return wrong("is none");
  text.remove_prefix(version.size());
  SpfRecord record;
  while (!(text = trimmed(text, " ")).empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto last = take(text.substr(0, end), record);
    if (!last) return fail(last.error());
    text.remove_prefix(end);
    if (!*last) continue;
    record.redirect.clear();  // §5.1
    break;
  }
  return record;
}

Result<SpfRecord> parse_spf_records(const std::vector<std::string>& records) {
  const auto count = std::ranges::count_if(records, claims_spf);
  if (count != 1) return wrong(count == 0 ? "is not there" : "is there twice");  // §4.5
  return parse_spf(*std::ranges::find_if(records, claims_spf));
}

net::awaitable<Result<SpfNetworks>> find_spf_networks(Resolver& resolver, std::string domain) {
  SpfNetworks found;
  std::deque<std::string> to_ask = {std::move(domain)};
  for (unsigned asked = 0; !to_ask.empty(); ++asked) {
    if (asked > most_spf_lookups) co_return wrong("takes more than 10 look-ups");
    const std::string name = std::move(to_ask.front());
    to_ask.pop_front();
    const DnsAnswer answer = co_await resolver.resolve(name, RecordType::txt);
    if (!answer.answered())
      co_return fail(Errc::unavailable, "the look-up of TXT " + name + " failed: " + answer.reason);
    const auto record = parse_spf_records(texts_of(answer));
    if (!record) co_return fail(Errc::invalid, name + ": " + record.error().text);
    found.ttl = asked == 0 ? answer.ttl : std::min(found.ttl, answer.ttl);
    for (const std::string& network : record->networks) {
      if (std::ranges::find(found.networks, network) == found.networks.end()) found.networks.push_back(network);
    }
    if (found.networks.size() > most_networks) co_return wrong("holds more networks than anybody's");
    to_ask.insert(to_ask.end(), record->includes.begin(), record->includes.end());
    if (!record->redirect.empty()) to_ask.push_back(record->redirect);
  }
  if (found.networks.empty()) co_return wrong("holds no network");
  co_return found;
}

}  // namespace postern::discovery
