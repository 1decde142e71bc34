// A TXT record as SPF: what is read of it are networks of some size and names that can be asked for, and it reads the
// same when it is written again.
#include "discovery/spf.hpp"

#include <algorithm>

#include "base/network.hpp"
#include "fuzz/target.hpp"

using namespace postern;
using namespace postern::discovery;
using fuzz::require;

namespace {

bool same(const SpfRecord& a, const SpfRecord& b) {
  return a.networks == b.networks && a.includes == b.includes && a.redirect == b.redirect;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::none_of(name, [](char c) {
    return c <= ' ' || c > '~' || c == '%' || c == '/' || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const auto record = parse_spf(text);
  if (!record) return 0;
  std::string again = "v=spf1";
  for (const std::string& written : record->networks) {
    const auto network = Network::parse(written);
    require(network.has_value());
    // Not everybody: one of these is always outside.
    require(!network->contains("9.9.9.9") || !network->contains("192.0.2.1"));
    require(!network->contains("2620:fe::fe") || !network->contains("2001:db8::1"));
    again += (written.find(':') == std::string::npos ? " ip4:" : " ip6:") + written;
  }
  for (const std::string& name : record->includes) {
    require(is_name(name));
    again += " include:" + name;
  }
  require(record->redirect.empty() || is_name(record->redirect));
  if (!record->redirect.empty()) again += " redirect=" + record->redirect;
  const auto second = parse_spf(again);
  require(second.has_value() && same(*second, *record));
  // Behind its end nothing counts, and one word that is none spoils it.
  const auto ended = parse_spf(again + " -all ip4:0.0.0.0/0 +all");
  require(ended.has_value() && ended->networks == record->networks && ended->redirect.empty());
  require(!parse_spf(again + " +all").has_value() && !parse_spf(again + " ptr").has_value());
  return 0;
}
