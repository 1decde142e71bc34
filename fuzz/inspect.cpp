// Any bytes as a message: the facts must be readable by their own hostile parser, and hold what facts.hpp says of them.
#include <algorithm>
#include <tuple>

#include "fuzz/target.hpp"
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

static void check(const mail::Facts& facts, std::size_t message_size) {
  fuzz::require(facts.size == message_size && facts.parts.front().path == "0");
  const auto place = [](const mail::Finding& f) { return std::tie(f.probe, f.part, f.at); };
  fuzz::require(std::ranges::is_sorted(facts.findings, {}, place));
  for (const mail::Part& part : facts.parts)
    fuzz::require(!part.media_type.empty() && !part.path.empty());
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto inspector = inspect::make_inspector(probes(), {.depth = 8, .parts = 100}, "key");
  const auto bytes = (*inspector)->inspect(std::string(fuzz::text(data, size)));
  fuzz::require(bytes.has_value());
  const auto facts = mail::decode_facts(*bytes, probes().size());
  fuzz::require(facts.has_value());
  check(*facts, size);
  return 0;
}
