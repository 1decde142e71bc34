#include "inspect/findings.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <openssl/hmac.h>

#include "base/ascii.hpp"
#include "inspect/windows.hpp"

namespace postern::inspect {
namespace {

/// Below FactsLimits::findings, and what is left between the two keeps one finding for every probe.
constexpr std::size_t many_findings = 90'000;
constexpr std::size_t most_text = 1ULL << 30;  // Vectorscan and Finding count in 32 bits

std::uint64_t hash_value(const std::string& key, std::string_view value) {
  const std::string lower = lowered(value);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(lower.data()),
       lower.size(), digest.data(), nullptr);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sizeof hash; ++i)
    hash = hash << 8 | digest[i];
  return hash;
}

/// What was matched. Where its beginning is unknown, the octets before its end stand for it: too many distinct values
/// rather than too few.
std::string_view matched(std::string_view text, const Match& match) {
  if (match.length > 0) return text.substr(match.at, match.length);
  const std::size_t from = match.at - std::min<std::size_t>(match.at, 32);
  return text.substr(from, match.at - from);
}

/// Where the next window begins: matches from there on are left to it.
std::size_t next_window(std::string_view window) {
  return window.size() <= Findings::overlap ? 0 : piece_end(window, window.size() - Findings::overlap);
}

}  // namespace

Findings::Findings(const Matcher& text, const std::string& key, std::size_t probe_count, Scratch& scratch)
    : text_(text), key_(key), scratch_(scratch), found_(probe_count), counts_(probe_count) {}

void Findings::header(const Matcher& matcher, std::string_view text) {
  std::vector<Match> matches;
  if (text.size() > most_text || !matcher.scan(text, scratch_, matches)) {
    failed_ = true;
    return;
  }
  for (const Match& match : matches)
    keep(match, hash_value(key_, matched(text, match)), 0, 0);
}

void Findings::begin(std::size_t part) {
  part_ = part;
  seen_.clear();
  earlier_.clear();
  std::ranges::fill(counts_, 0);
  offset_ = scanned_ = 0;
  window_.clear();
}

void Findings::take(std::size_t part, std::string text, bool more) {
  if (part != part_) begin(part);
  if (window_.empty()) {
    window_ = std::move(text);
  } else {
    window_ += text;
  }
  if (window_.size() > most_text - std::min(most_text, offset_)) {
    not_counted_whole_.insert(part);
    window_.clear();
    return;
  }
  std::vector<Match> matches;
  if (!text_.scan(window_, scratch_, matches)) failed_ = true;
  const std::size_t next = more ? next_window(window_) : window_.size() + 1;
  for (const Match& match : matches) {
    const bool from_here = match.length > 0 ? match.at < next : match.at > scanned_;
    if (from_here) found(match, hash_value(key_, matched(window_, match)));
  }
  offset_ += next;
  window_.erase(0, next);
  scanned_ = window_.size();
  if (!more) earlier_ = seen_;
}

/// What an earlier reading of the part showed as well counts once.
void Findings::found(const Match& match, std::uint64_t value) {
  if (earlier_.contains({match.probe, value}) || counts_[match.probe] >= most_findings) return;
  ++counts_[match.probe];
  seen_.insert({match.probe, value});
  keep(match, value, part_, offset_);
}

void Findings::keep(const Match& match, std::uint64_t value, std::size_t part, std::size_t offset) {
  if (findings_.size() >= many_findings) {
    not_counted_whole_.insert(part);
    if (found_[match.probe]) return;
  }
  found_[match.probe] = true;
  findings_.push_back({match.probe, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(offset + match.at),
                       static_cast<std::uint32_t>(match.length), value});
}

Result<mail::Facts> Findings::facts(std::uint64_t message_size, std::vector<mail::Part> parts) && {
  if (failed_) return fail(Errc::unavailable, "the scanner failed on a part");
  for (const std::size_t part : not_counted_whole_)
    parts[part].uninspectable = mail::Uninspectable::too_large;
  std::ranges::sort(findings_, {}, [](const mail::Finding& f) { return std::tie(f.probe, f.part, f.at); });
  mail::Facts facts;
  facts.size = message_size;
  facts.parts = std::move(parts);
  facts.findings = std::move(findings_);
  return facts;
}

}  // namespace postern::inspect
