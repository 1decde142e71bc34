// What policy wants to know about content, as data that can cross to the inspection worker.
// A Probe is one question with a name; Facts answer with where it was found, never with what was found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/codec.hpp"
#include "base/error.hpp"

namespace postern::mail {

enum class ProbeTarget { text, subject, header };  // decoded text parts and Subject; Subject alone; one header field

struct Probe {
  std::string name;  // of the detector, dictionary or trigger; unique in its set
  ProbeTarget target = ProbeTarget::text;
  std::string header;                 // for ProbeTarget::header, its name in lower case
  std::vector<std::string> patterns;  // Vectorscan (PCRE) syntax, or plain words where `literal`
  bool literal = false;
  bool caseless = true;
  bool whole_words = false;  // a match must not touch a letter or digit on either side
  bool operator==(const Probe&) const = default;
};

using ProbeSet = std::vector<Probe>;

[[nodiscard]] std::string encode_probes(const ProbeSet& probes);
[[nodiscard]] Result<ProbeSet> decode_probes(std::string_view bytes);

}  // namespace postern::mail
