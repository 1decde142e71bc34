// Texts go in, findings come out: which probe matched where, each value as a keyed hash, counted once for each part.
// A long reading comes in pieces; a match is found whole across their borders where it is no longer than `overlap`.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/matcher.hpp"
#include "inspect/parts.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {

class Findings final : public TextSink {
 public:
  /// `text`: what every reading of a part is held against. `key` keys the hashes.
  Findings(const Matcher& text, const std::string& key, std::size_t probe_count, Scratch& scratch);

  /// A header field's occurrences; the findings are the header section's (part 0).
  void header(const Matcher& matcher, std::string_view text);
  void take(std::size_t part, std::string text, bool more) override;

  /// The findings, sorted, with the parts that they are in; an Error where the scanner failed.
  [[nodiscard]] Result<mail::Facts> facts(std::uint64_t message_size, std::vector<mail::Part> parts) &&;

  static constexpr std::size_t overlap = 64U << 10;  // octets of text

 private:
  using Value = std::pair<std::uint32_t, std::uint64_t>;  // probe, hash
  void begin(std::size_t part);
  void found(const Match& match, std::uint64_t value);
  void keep(const Match& match, std::uint64_t value, std::size_t part, std::size_t offset);

  const Matcher& text_;
  const std::string& key_;
  Scratch& scratch_;
  std::vector<mail::Finding> findings_;
  std::vector<bool> found_;                  // by probe
  std::set<std::size_t> not_counted_whole_;  // parts
  bool failed_ = false;

  // Of the part at hand:
  std::size_t part_ = SIZE_MAX;
  std::set<Value> seen_, earlier_;   // in all its readings; in those before this one
  std::vector<std::size_t> counts_;  // by probe
  std::size_t offset_ = 0;           // of the window, in all readings
  std::string window_;
  std::size_t scanned_ = 0;  // octets of the window that were in the one before too
};

}  // namespace postern::inspect
