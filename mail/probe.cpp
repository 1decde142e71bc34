#include "mail/probe.hpp"

namespace postern::mail {
namespace {

constexpr std::uint64_t format_version = 1;
constexpr std::size_t most_probes = 10'000, most_patterns = 1'000'000, longest_text = 64U << 10;

Probe decode_probe(Reader& in) {
  Probe probe;
  probe.name = in.bytes(longest_text);
  probe.target = in.enumerator(ProbeTarget::header);
  probe.header = in.bytes(longest_text);
  for (std::size_t left = in.count(most_patterns); left > 0; --left)
    probe.patterns.push_back(in.bytes(longest_text));
  probe.literal = in.boolean();
  probe.caseless = in.boolean();
  probe.whole_words = in.boolean();
  return probe;
}

}  // namespace

std::string encode_probes(const ProbeSet& probes) {
  Writer out;
  out.u64(format_version);
  out.u64(probes.size());
  for (const Probe& probe : probes) {
    out.bytes(probe.name);
    out.enumerator(probe.target);
    out.bytes(probe.header);
    out.u64(probe.patterns.size());
    for (const std::string& pattern : probe.patterns)
      out.bytes(pattern);
    out.boolean(probe.literal);
    out.boolean(probe.caseless);
    out.boolean(probe.whole_words);
  }
  return out.take();
}

Result<ProbeSet> decode_probes(std::string_view bytes) {
  Reader in(bytes);
  if (in.u64() != format_version) return fail(Errc::corrupt, "a probe set of another version");
  ProbeSet probes;
  for (std::size_t left = in.count(most_probes); left > 0 && in.ok(); --left)
    probes.push_back(decode_probe(in));
  if (!in.finished()) return fail(Errc::corrupt, "a damaged probe set");
  return probes;
}

}  // namespace postern::mail
