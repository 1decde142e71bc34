#include "mail/facts.hpp"

#include <algorithm>
#include <array>

#include "base/codec.hpp"

namespace postern::mail {
namespace {

constexpr std::uint64_t format_version = 1;
constexpr std::size_t longest_path = 255, longest_media_type = 127;

constexpr std::array reasons = {
    std::pair{Uninspectable::encrypted, "encrypted"},     std::pair{Uninspectable::corrupt, "corrupt"},
    std::pair{Uninspectable::too_deep, "too-deep"},       std::pair{Uninspectable::too_large, "too-large"},
    std::pair{Uninspectable::timeout, "timeout"},         std::pair{Uninspectable::crashed, "crashed"},
    std::pair{Uninspectable::unsupported, "unsupported"},
};

std::uint32_t decode_u32(Reader& in) {
  const std::uint64_t value = in.u64();
  if (value > UINT32_MAX) in.reject();
  return static_cast<std::uint32_t>(value);
}

bool plain_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

Part decode_part(Reader& in) {
  Part part;
  part.path = in.bytes(longest_path);
  part.media_type = in.bytes(longest_media_type);
  // They end up in explanations: a worker that lies must not write to a terminal through them.
  if (!plain_text(part.path) || !plain_text(part.media_type)) in.reject();
  part.size = in.u64();
  part.attachment = in.boolean();
  if (in.boolean()) part.uninspectable = in.enumerator(Uninspectable::unsupported);
  return part;
}

Finding decode_finding(Reader& in, std::size_t probe_count, std::size_t part_count) {
  Finding finding;
  finding.probe = decode_u32(in);
  finding.part = decode_u32(in);
  if (finding.probe >= probe_count || finding.part >= part_count) in.reject();
  finding.at = decode_u32(in);
  finding.length = decode_u32(in);
  if (finding.length > UINT32_MAX - finding.at) in.reject();
  finding.value = in.u64();
  return finding;
}

}  // namespace

std::string_view format_uninspectable(Uninspectable reason) {
  return std::ranges::find(reasons, reason, &std::pair<Uninspectable, const char*>::first)->second;
}

Result<Uninspectable> parse_uninspectable(std::string_view text) {
  const auto found = std::ranges::find(reasons, text, [](const auto& pair) { return std::string_view(pair.second); });
  if (found == reasons.end()) return fail(Errc::invalid, "not a reason for which a part cannot be inspected");
  return found->first;
}

Facts Facts::uninspected(std::uint64_t size, Uninspectable reason) {
  Facts facts;
  facts.size = size;
  facts.parts.push_back({"0", "message/rfc822", size, false, reason});
  return facts;
}

std::string encode_facts(const Facts& facts) {
  Writer out;
  out.u64(format_version);
  out.u64(facts.size);
  out.u64(facts.parts.size());
  for (const Part& part : facts.parts) {
    out.bytes(part.path);
    out.bytes(part.media_type);
    out.u64(part.size);
    out.boolean(part.attachment);
    out.boolean(part.uninspectable.has_value());
    if (part.uninspectable) out.enumerator(*part.uninspectable);
  }
  out.u64(facts.findings.size());
  for (const Finding& finding : facts.findings) {
    out.u64(finding.probe);
    out.u64(finding.part);
    out.u64(finding.at);
    out.u64(finding.length);
    out.u64(finding.value);
  }
  return out.take();
}

Result<Facts> decode_facts(std::string_view bytes, std::size_t probe_count, FactsLimits limits) {
  Reader in(bytes);
  if (in.u64() != format_version) return fail(Errc::corrupt, "facts of another version");
  Facts facts;
  facts.size = in.u64();
  for (std::size_t left = in.count(limits.parts); left > 0 && in.ok(); --left)
    facts.parts.push_back(decode_part(in));
  for (std::size_t left = in.count(limits.findings); left > 0 && in.ok(); --left) {
    facts.findings.push_back(decode_finding(in, probe_count, facts.parts.size()));
  }
  if (!in.finished() || facts.parts.empty()) return fail(Errc::corrupt, "damaged facts");
  return facts;
}

}  // namespace postern::mail
