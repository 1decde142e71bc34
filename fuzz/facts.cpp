// Any bytes as a worker's facts. The first byte chooses the message that they are about; what is believed of them must
// be readable again, must not change when it is held against the message once more, and must leave no part unmentioned.
#include "mail/facts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/believe.hpp"

using namespace postern;

static constexpr std::size_t probes = 4;
static constexpr inspect::InspectLimits limits{.depth = 8, .parts = 100};

static std::string_view message(std::uint8_t number) {
  static constexpr std::array<std::string_view, 4> messages = {
      "Subject: x\r\n\r\ntext\r\n",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: application/pdf\r\n\r\n"
      "two\r\n--b--\r\n",
      "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
      "Content-Type: multipart/mixed\r\n\r\ntwo\r\n--b--\r\n",
      "Content-Type: multipart/mixed\r\n\r\nno boundary\r\n"};
  return messages[number % messages.size()];
}

static bool mentioned(const mail::Facts& facts, const inspect::SkeletonPart& part) {
  return std::ranges::any_of(facts.parts, [&](const mail::Part& one) {
    // The part itself, or something around it of which the facts say that it was not inspected.
    const bool around = one.path == "0" || part.path.starts_with(one.path + ".");
    return (one.path == part.path && (one.uninspectable || !part.broken)) || (around && one.uninspectable);
  });
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view about = message(data[0]);
  const auto facts = mail::decode_facts({reinterpret_cast<const char*>(data) + 1, size - 1}, probes, {.parts = 100});
  if (!facts) return 0;
  const inspect::Skeleton skeleton = inspect::read_skeleton(about, limits);
  const mail::Facts believed = inspect::believe(*facts, skeleton, about.size(), limits.parts);
  const auto again = mail::decode_facts(mail::encode_facts(believed), probes);
  if (!again || *again != believed) std::abort();
  if (inspect::believe(believed, skeleton, about.size(), limits.parts).parts.size() != believed.parts.size() &&
      believed.parts.size() > 1)
    std::abort();
  const bool too_many = facts->parts.size() >= limits.parts;
  if (!too_many && !std::ranges::all_of(skeleton.parts, [&](const auto& part) { return mentioned(believed, part); }))
    std::abort();
  return 0;
}
