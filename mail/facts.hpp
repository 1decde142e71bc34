// What inspection found in a message. No value, no text: positions, counts and keyed hashes.
// Facts cross from a worker that read hostile bytes, so `decode_facts` is a parser of hostile input:
// it checks every limit, and that each finding names a probe and a part that exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::mail {

/// Why a part could not be read. Ordered as policy files name them: format_uninspectable gives "too-deep".
enum class Uninspectable { encrypted, corrupt, too_deep, too_large, timeout, crashed, unsupported };

[[nodiscard]] std::string_view format_uninspectable(Uninspectable reason);
[[nodiscard]] Result<Uninspectable> parse_uninspectable(std::string_view text);

struct Part {
  std::string path;        // "1.2.1" as in IMAP (RFC 9051 §6.4.5); "0" is the header section
  std::string media_type;  // "text/plain", lower case, at most 127 octets
  std::uint64_t size = 0;  // decoded octets
  bool attachment = false;
  std::optional<Uninspectable> uninspectable;
  bool operator==(const Part&) const = default;
};

struct Finding {
  std::uint32_t probe = 0;   // index into the ProbeSet
  std::uint32_t part = 0;    // index into Facts::parts
  std::uint32_t at = 0;      // offset in the part's decoded UTF-8 text, octets
  std::uint32_t length = 0;  // octets
  std::uint64_t value = 0;   // keyed hash of the matched text, to count distinct values
  bool operator==(const Finding&) const = default;
};

struct Facts {
  std::vector<Part> parts;        // never empty for an inspected message: parts[0] is the header section
  std::vector<Finding> findings;  // by probe, part, position; at most 1,000 per probe and part
  std::uint64_t size = 0;         // of the message, octets
  bool operator==(const Facts&) const = default;

  /// What a message that could not be inspected at all looks like: one part, uninspectable for `reason`.
  [[nodiscard]] static Facts uninspected(std::uint64_t size, Uninspectable reason);
};

struct FactsLimits {
  std::size_t parts = 10'000;
  std::size_t findings = 100'000;
};

[[nodiscard]] std::string encode_facts(const Facts& facts);
[[nodiscard]] Result<Facts> decode_facts(std::string_view bytes, std::size_t probe_count, FactsLimits limits = {});

}  // namespace postern::mail
