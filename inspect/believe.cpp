#include "inspect/believe.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace postern::inspect {
namespace {

using mail::Uninspectable;

/// A text has several readings, each at most a few times its octets; offsets go on through all of them.
constexpr std::uint64_t longest_reading = 64, few_octets = 4096;

constexpr std::string_view header_part = "0";

bool is_path(std::string_view path) {
  if (path.empty() || path.front() == '.' || path.back() == '.') return false;
  return path.find("..") == std::string_view::npos &&
         std::ranges::all_of(path, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::string_view parent_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

bool makes_sense(const mail::Facts& facts, std::uint64_t message_size) {
  if (facts.size != message_size || facts.parts.empty()) return false;
  if (facts.parts[0].path != header_part || facts.parts[0].media_type != "text/rfc822-headers") return false;
  for (std::size_t i = 1; i < facts.parts.size(); ++i) {
    if (!is_path(facts.parts[i].path) || facts.parts[i].path == header_part) return false;
  }
  const std::uint64_t end = message_size * longest_reading + few_octets;
  const auto within = [end](const mail::Finding& f) { return std::uint64_t{f.at} + f.length <= end; };
  const auto key = [](const mail::Finding& f) { return std::tie(f.probe, f.part, f.at); };
  return std::ranges::all_of(facts.findings, within) && std::ranges::is_sorted(facts.findings, {}, key);
}

class Comparison {
 public:
  Comparison(mail::Facts& facts, const Skeleton& skeleton) : facts_(facts), skeleton_(skeleton) {
    for (std::size_t i = 0; i < facts.parts.size(); ++i)
      said_.emplace(facts.parts[i].path, i);
    for (const SkeletonPart& part : skeleton.parts)
      seen_.emplace(part.path, &part);
    for (const std::string& path : skeleton.multiparts)
      multiparts_.emplace(path, true);
  }

  void mark_what_is_not_there() {
    if (!skeleton_.whole) return;
    for (mail::Part& part : facts_.parts) {
      if (!may_be(part)) part.uninspectable = Uninspectable::crashed;
    }
  }

  void add_what_is_missing(std::size_t most_parts) {
    const std::size_t limit = std::min(most_parts, mail::FactsLimits{}.parts);
    const bool cut = facts_.parts.size() >= limit && facts_.parts.back().uninspectable == Uninspectable::too_large;
    for (const SkeletonPart& part : skeleton_.parts) {
      if (accounted_for(part)) continue;
      if (const auto said = said_.find(part.path); said != said_.end()) {
        facts_.parts[said->second].uninspectable = Uninspectable::crashed;  // it is broken, and a fact says it is not
        continue;
      }
      if (cut) continue;  // its last part says that there were more
      if (facts_.parts.size() >= mail::FactsLimits{}.parts) {
        facts_.parts[0].uninspectable = Uninspectable::crashed;
        return;
      }
      facts_.parts.push_back({part.path, part.media_type, 0, false, Uninspectable::crashed});
    }
  }

 private:
  [[nodiscard]] bool may_be(const mail::Part& part) const {
    if (part.path == header_part) return true;
    if (const auto at = seen_.find(part.path); at != seen_.end()) {
      return part.uninspectable || at->second->media_type == part.media_type;
    }
    if (multiparts_.contains(part.path)) return true;
    // Inside of something that the skeleton does not open: a message that is base64, later an archive.
    for (std::string_view up = parent_of(part.path); !up.empty(); up = parent_of(up)) {
      if (const auto at = seen_.find(up); at != seen_.end()) return at->second->leaf;
    }
    return false;
  }

  [[nodiscard]] bool accounted_for(const SkeletonPart& part) const {
    const auto [begin, end] = said_.equal_range(part.path);
    for (auto at = begin; at != end; ++at) {
      if (facts_.parts[at->second].uninspectable || !part.broken) return true;
    }
    for (std::string_view up = parent_of(part.path); !up.empty(); up = parent_of(up)) {
      if (is_uninspectable(up)) return true;
    }
    return facts_.parts[0].uninspectable.has_value();
  }

  [[nodiscard]] bool is_uninspectable(std::string_view path) const {
    const auto [begin, end] = said_.equal_range(std::string(path));
    return std::any_of(begin, end, [&](const auto& one) { return facts_.parts[one.second].uninspectable.has_value(); });
  }

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class V>
  using Map = std::unordered_map<std::string, V, Hash, std::equal_to<>>;

  mail::Facts& facts_;
  const Skeleton& skeleton_;
  std::unordered_multimap<std::string, std::size_t> said_;
  Map<const SkeletonPart*> seen_;
  Map<bool> multiparts_;
};

}  // namespace

mail::Facts believe(mail::Facts facts, const Skeleton& skeleton, std::uint64_t message_size, std::size_t most_parts) {
  if (!makes_sense(facts, message_size)) return mail::Facts::uninspected(message_size, Uninspectable::crashed);
  Comparison comparison(facts, skeleton);
  comparison.mark_what_is_not_there();
  comparison.add_what_is_missing(most_parts);
  return facts;
}

}  // namespace postern::inspect
