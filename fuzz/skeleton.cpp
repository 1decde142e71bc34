// Any bytes as a message: its skeleton is bounded, and what the inspector says of it can be held against it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/believe.hpp"
#include "inspect/inspector.hpp"
#include "mail/facts.hpp"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr inspect::InspectLimits limits{.depth = 8, .parts = 100};
  static const auto inspector = inspect::make_inspector({}, limits, "key");
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const inspect::Skeleton skeleton = inspect::read_skeleton(message, limits);
  if (skeleton.parts.size() > limits.parts + 1) std::abort();
  const auto facts = mail::decode_facts(*(*inspector)->inspect(std::string(message)), 0);
  const mail::Facts believed = inspect::believe(*facts, skeleton, size, limits.parts);
  if (believed.parts.size() < facts->parts.size() || !mail::decode_facts(mail::encode_facts(believed), 0)) std::abort();
  return 0;
}
