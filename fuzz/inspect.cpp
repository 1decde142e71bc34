// Any bytes as a message: the facts must be readable by their own hostile parser.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/inspector.hpp"
#include "mail/facts.hpp"

using namespace postern;

static const mail::ProbeSet& probes() {
  static const mail::ProbeSet set = {
      {.name = "number", .header = {}, .patterns = {"[0-9]{3,}"}},
      {.name = "word", .header = {}, .patterns = {"a", "e\xc3\xa9"}, .literal = true, .whole_words = true},
      {.name = "tag", .target = mail::ProbeTarget::header, .header = "subject", .patterns = {"[a]"}, .literal = true}};
  return set;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto inspector = inspect::make_inspector(probes(), {.depth = 8, .parts = 100}, "key");
  const auto bytes = (*inspector)->inspect(std::string(reinterpret_cast<const char*>(data), size));
  if (!bytes || !mail::decode_facts(*bytes, probes().size())) std::abort();
  return 0;
}
