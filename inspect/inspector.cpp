#include "inspect/inspector.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <gmime/gmime.h>
#include <openssl/hmac.h>

#include "base/ascii.hpp"
#include "inspect/matcher.hpp"
#include "inspect/parts.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {
namespace {

/// Below FactsLimits::findings, and what is left between the two keeps one finding for every probe.
constexpr std::size_t many_findings = 90'000;
constexpr std::size_t most_text = 1ULL << 30;  // Vectorscan and Finding count in 32 bits

void start_gmime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

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

/// What was matched. Where its beginning is unknown, the octets before its end stand for it: too many
/// distinct values rather than too few.
std::string_view matched(std::string_view text, const Match& match) {
  if (match.length > 0) return text.substr(match.at, match.length);
  const std::size_t from = match.at - std::min<std::size_t>(match.at, 32);
  return text.substr(from, match.at - from);
}

class InProcess final : public Inspector {
 public:
  InProcess(InspectLimits limits, std::string key) : limits_(limits), key_(std::move(key)) {}

  Result<void> compile(const mail::ProbeSet& probes) {
    std::vector<std::uint32_t> text, subject;
    std::map<std::string, std::vector<std::uint32_t>> headers;
    for (std::uint32_t i = 0; i < probes.size(); ++i) {
      switch (probes[i].target) {
        case mail::ProbeTarget::text: text.push_back(i); break;
        case mail::ProbeTarget::subject: subject.push_back(i); break;
        case mail::ProbeTarget::header: headers[probes[i].header].push_back(i); break;
      }
    }
    if (auto done = compile_into(text_, probes, text); !done) return done;
    if (auto done = compile_into(subject_, probes, subject); !done) return done;
    for (const auto& [name, which] : headers) {
      if (auto done = compile_into(headers_[name], probes, which); !done) return done;
    }
    probe_count_ = probes.size();
    return {};
  }

  Result<std::string> inspect(std::string_view message) override {
    std::unique_ptr<Scratch> scratch = scratches_.take();
    if (!scratch) return fail(Errc::unavailable, "no memory for scanning");
    Result<mail::Facts> facts = read(message, *scratch);
    scratches_.put_back(std::move(scratch));
    if (!facts) return fail(facts.error());
    return mail::encode_facts(*facts);
  }

 private:
  struct Gathered {
    mail::Facts facts;
    std::vector<bool> found;  // by probe
  };

  Result<void> compile_into(std::unique_ptr<Matcher>& matcher, const mail::ProbeSet& probes,
                            const std::vector<std::uint32_t>& which) {
    auto compiled = Matcher::compile(probes, which, scratches_.prototype());
    if (!compiled) return fail(compiled.error());
    matcher = std::move(*compiled);
    return {};
  }

  Result<mail::Facts> read(std::string_view message, Scratch& scratch) const {
    const ReadMessage parsed = read_message(message, limits_);
    Gathered gathered;
    gathered.found.resize(probe_count_);
    gathered.facts.size = message.size();
    for (const ReadPart& part : parsed.parts)
      gathered.facts.parts.push_back(part.part);
    if (auto done = scan_header(*subject_, parsed.subject, scratch, gathered); !done) return fail(done.error());
    for (const auto& [name, matcher] : headers_) {
      auto done = scan_header(*matcher, read_header(message, name), scratch, gathered);
      if (!done) return fail(done.error());
    }
    for (std::uint32_t i = 0; i < parsed.parts.size(); ++i) {
      if (auto done = scan_part(parsed.parts[i], i, scratch, gathered); !done) return fail(done.error());
    }
    std::sort(gathered.facts.findings.begin(), gathered.facts.findings.end(),
              [](const mail::Finding& a, const mail::Finding& b) {
                return std::tie(a.probe, a.part, a.at) < std::tie(b.probe, b.part, b.at);
              });
    return std::move(gathered.facts);
  }

  Result<void> scan_header(const Matcher& matcher, std::string_view text, Scratch& scratch, Gathered& into) const {
    std::vector<Match> matches;
    if (text.size() > most_text || !matcher.scan(text, scratch, matches)) return scan_failed();
    for (const Match& match : matches)
      keep(match, text, 0, 0, into);
    return {};
  }

  Result<void> scan_part(const ReadPart& part, std::uint32_t index, Scratch& scratch, Gathered& into) const {
    std::vector<Match> matches;
    std::set<std::pair<std::uint32_t, std::uint64_t>> seen;  // probe and value, in the readings so far
    std::vector<std::size_t> counts(probe_count_);
    std::size_t offset = 0;
    const auto scan = [&](const std::string& text) -> Result<void> {
      if (text.size() > most_text - std::min(most_text, offset)) {
        into.facts.parts[index].uninspectable = mail::Uninspectable::too_large;
        return {};
      }
      if (!text_->scan(text, scratch, matches)) return scan_failed();
      const auto before = seen;
      for (const Match& match : matches) {
        const std::uint64_t value = hash_value(key_, matched(text, match));
        if (before.contains({match.probe, value}) || counts[match.probe] >= most_findings) continue;
        ++counts[match.probe];
        seen.insert({match.probe, value});
        keep(match, value, index, offset, into);
      }
      offset += text.size() + 1;
      return {};
    };
    if (auto done = scan(part.text); !done) return done;
    for (const std::string& text : part.also) {
      if (auto done = scan(text); !done) return done;
    }
    return {};
  }

  void keep(const Match& match, std::string_view text, std::uint32_t part, std::size_t offset, Gathered& into) const {
    keep(match, hash_value(key_, matched(text, match)), part, offset, into);
  }

  static void keep(const Match& match, std::uint64_t value, std::uint32_t part, std::size_t offset, Gathered& into) {
    if (into.facts.findings.size() >= many_findings) {
      into.facts.parts[part].uninspectable = mail::Uninspectable::too_large;  // not all of it was counted
      if (into.found[match.probe]) return;
    }
    into.found[match.probe] = true;
    into.facts.findings.push_back({match.probe, part, static_cast<std::uint32_t>(offset + match.at),
                                   static_cast<std::uint32_t>(match.length), value});
  }

  static std::unexpected<Error> scan_failed() { return fail(Errc::unavailable, "the scanner failed on a part"); }

  InspectLimits limits_;
  std::string key_;
  std::size_t probe_count_ = 0;
  std::unique_ptr<Matcher> text_, subject_;
  std::map<std::string, std::unique_ptr<Matcher>> headers_;
  ScratchPool scratches_;
};

}  // namespace

Result<std::unique_ptr<Inspector>> make_inspector(const mail::ProbeSet& probes, InspectLimits limits,
                                                  std::string value_key) {
  start_gmime();
  auto inspector = std::make_unique<InProcess>(limits, std::move(value_key));
  if (auto compiled = inspector->compile(probes); !compiled) return fail(compiled.error());
  return inspector;
}

}  // namespace postern::inspect
