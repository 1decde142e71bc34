#include "inspect/matcher.hpp"

#include <algorithm>
#include <unordered_map>

#include <hs.h>

#include "base/ascii.hpp"
#include "base/hex.hpp"
#include "inspect/inspector.hpp"
#include "inspect/text.hpp"
#include "mail/charset.hpp"

namespace postern::inspect {
namespace {

unsigned regex_flags(bool caseless) {
  return HS_FLAG_UTF8 | HS_FLAG_MULTILINE | HS_FLAG_SOM_LEFTMOST | (caseless ? HS_FLAG_CASELESS : 0U);
}

std::string compile_one(const std::string& expression, unsigned flags) {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  std::string text;
  if (hs_compile(expression.c_str(), flags, HS_MODE_BLOCK, nullptr, &database, &error) != HS_SUCCESS) {
    text = error != nullptr && error->message != nullptr ? error->message : "out of memory";
    if (error != nullptr) hs_free_compile_error(error);
  }
  if (database != nullptr) hs_free_database(database);
  return text;
}

struct Usable {
  unsigned flags = 0;
  std::string fault;  // empty: `flags` work
};

/// With the start of match if the pattern is small enough for that, else without.
Usable usable_flags(const std::string& expression, bool caseless) {
  if (expression.find('\0') != std::string::npos) return {0, "The pattern holds a NUL character."};
  const unsigned flags = regex_flags(caseless);
  std::string fault = compile_one(expression, flags);
  if (fault.empty()) return {flags, {}};
  const unsigned without_start = flags & ~static_cast<unsigned>(HS_FLAG_SOM_LEFTMOST);
  if (compile_one(expression, without_start).empty()) return {without_start, {}};
  return {flags, std::move(fault)};
}

std::string blanks_as_spaces(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n') c = ' ';
  }
  return text;
}

/// A word with letters beyond ASCII as an expression, so that their case is folded too.
std::string escape(std::string_view word) {
  std::string out;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_word(byte) || byte >= 0x80) {
      out.push_back(c);
    } else {
      out += "\\x" + format_hex(std::string_view(&c, 1));
    }
  }
  return out;
}

bool touches_word(std::string_view text, std::size_t from, std::size_t to) {
  if (to < text.size() && is_word(mail::code_point_at(text, to).value)) return true;
  if (from == 0) return false;
  std::size_t before = from - 1;
  while (before > 0 && from - before < 4 && (static_cast<unsigned char>(text[before]) & 0xc0) == 0x80)
    --before;
  return is_word(mail::code_point_at(text, before).value);
}

}  // namespace

std::string pattern_fault(std::string_view expression) {
  if (expression.empty()) return "The pattern is empty.";
  return usable_flags(std::string(expression), true).fault;
}

Scratch::~Scratch() {
  if (raw != nullptr) hs_free_scratch(raw);
}

bool Scratch::clone_from(const Scratch& prototype) {
  return prototype.raw == nullptr || hs_clone_scratch(prototype.raw, &raw) == HS_SUCCESS;
}

std::unique_ptr<Scratch> ScratchPool::take() {
  const std::lock_guard lock(mutex_);
  if (!idle_.empty()) {
    std::unique_ptr<Scratch> scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  auto scratch = std::make_unique<Scratch>();
  return scratch->clone_from(prototype_) ? std::move(scratch) : nullptr;
}

void ScratchPool::put_back(std::unique_ptr<Scratch> scratch) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

struct Matcher::Expressions {
  Kind kind = Kind::expressions;
  std::vector<std::string> texts;
  std::vector<unsigned> flags;
  std::vector<Pattern> patterns;

  void add(std::string text, unsigned flag, Pattern pattern) {
    texts.push_back(std::move(text));
    flags.push_back(flag);
    patterns.push_back(pattern);
  }
};

/// Gathers the matches of one scan.
struct Matcher::Collector {
  Collector(std::string_view scanned, std::vector<Match>& matches, std::size_t probes)
      : text(scanned), out(matches), counts(probes) {}

  static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned, void* context) {
    static_cast<Collector*>(context)->add(id, static_cast<std::size_t>(from), static_cast<std::size_t>(to));
    return 0;
  }

  void add(unsigned id, std::size_t from, std::size_t to) {
    const Pattern& pattern = (*patterns)[id];
    if (pattern.length > 0) from = to - std::min(to, pattern.length);
    if (!starts_known((*flags)[id]) && pattern.length == 0) from = to;
    if (pattern.whole_words && touches_word(text, from, to)) return;
    // Vectorscan reports every end of a match; the longest of those that begin together is the match.
    const auto last = last_of.find(id);
    if (last != last_of.end() && out[last->second].at == from && from != to) {
      out[last->second].length = to - from;
      return;
    }
    if (counts[pattern.probe] >= most_findings) return;
    ++counts[pattern.probe];
    last_of[id] = out.size();
    out.push_back({pattern.probe, from, to - from});
  }
  static bool starts_known(unsigned flag) { return (flag & HS_FLAG_SOM_LEFTMOST) != 0; }

  std::string_view text;
  std::vector<Match>& out;
  std::vector<std::size_t> counts;
  std::unordered_map<unsigned, std::size_t> last_of;
  const std::vector<Pattern>* patterns = nullptr;
  const std::vector<unsigned>* flags = nullptr;
};

Matcher::~Matcher() {
  for (const Database& database : databases_)
    hs_free_database(database.raw);
}

Result<std::unique_ptr<Matcher>> Matcher::compile(const mail::ProbeSet& probes, const std::vector<std::uint32_t>& which,
                                                  Scratch& prototype) {
  // Compiled apart: thousands of plain words cost little where none is an expression or tracks its start.
  Expressions plain_words, words, expressions;
  plain_words.kind = Kind::plain_words;
  words.kind = Kind::words;
  for (const std::uint32_t index : which) {
    const mail::Probe& probe = probes[index];
    for (const std::string& pattern : probe.patterns) {
      auto added = probe.literal ? add_word(probe, index, pattern, plain_words, words)
                                 : add_expression(probe, index, pattern, expressions);
      if (!added) return fail(added.error());
    }
  }
  std::unique_ptr<Matcher> matcher(new Matcher);
  matcher->probe_count_ = probes.size();
  for (Expressions* each : {&plain_words, &words, &expressions}) {
    if (auto added = matcher->add(std::move(*each), prototype); !added) return fail(added.error());
  }
  return matcher;
}

Result<void> Matcher::add_word(const mail::Probe& probe, std::uint32_t index, const std::string& pattern,
                               Expressions& plain_words, Expressions& words) {
  const std::string word = blanks_as_spaces(normalise(pattern));
  if (word.empty()) return fail(Errc::invalid, "'" + probe.name + "' has an empty word");
  const unsigned caseless = probe.caseless ? HS_FLAG_CASELESS : 0U;
  const Pattern info{index, word.size(), probe.whole_words};
  if (is_ascii(word)) {
    plain_words.add(word, caseless, info);
  } else {
    words.add(escape(word), HS_FLAG_UTF8 | caseless, info);
  }
  return {};
}

Result<void> Matcher::add_expression(const mail::Probe& probe, std::uint32_t index, const std::string& pattern,
                                     Expressions& expressions) {
  Usable usable = usable_flags(pattern, probe.caseless);
  if (!usable.fault.empty()) {
    return fail(Errc::invalid, "'" + probe.name + "' has a pattern that does not compile: " + usable.fault, pattern);
  }
  expressions.add(pattern, usable.flags, {index, 0, probe.whole_words});
  return {};
}

Result<void> Matcher::add(Expressions expressions, Scratch& prototype) {
  if (expressions.texts.empty()) return {};
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> ids;
  for (const std::string& text : expressions.texts) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(text.c_str());
    lengths.push_back(text.size());
  }
  Database database;
  hs_compile_error_t* error = nullptr;
  const auto count = static_cast<unsigned>(texts.size());
  const hs_error_t result =
      expressions.kind == Kind::plain_words
          ? hs_compile_lit_multi(texts.data(), expressions.flags.data(), ids.data(), lengths.data(), count,
                                 HS_MODE_BLOCK, nullptr, &database.raw, &error)
          : hs_compile_multi(texts.data(), expressions.flags.data(), ids.data(), count, HS_MODE_BLOCK, nullptr,
                             &database.raw, &error);
  if (result != HS_SUCCESS) {
    std::string text = error != nullptr && error->message != nullptr ? error->message : "out of memory";
    if (error != nullptr) hs_free_compile_error(error);
    return fail(Errc::invalid, "the patterns do not compile together: " + text);
  }
  database.patterns = std::move(expressions.patterns);
  database.flags = std::move(expressions.flags);
  database.kind = expressions.kind;
  databases_.push_back(std::move(database));
  if (hs_alloc_scratch(databases_.back().raw, &prototype.raw) != HS_SUCCESS) {
    return fail(Errc::unavailable, "no memory for scanning");
  }
  return {};
}

bool Matcher::scan(std::string_view text, Scratch& scratch, std::vector<Match>& out) const {
  out.clear();
  Collector collector(text, out, probe_count_);
  std::string spaced;  // for words: a phrase is the same phrase where its line was wrapped
  for (const Database& database : databases_) {
    collector.patterns = &database.patterns;
    collector.flags = &database.flags;
    collector.last_of.clear();
    const bool words = database.kind != Kind::expressions;
    if (words && spaced.empty()) spaced = blanks_as_spaces(std::string(text));
    if (hs_scan(database.raw, words ? spaced.data() : text.data(), static_cast<unsigned>(text.size()), 0, scratch.raw,
                &Collector::on_match, &collector) != HS_SUCCESS) {
      return false;
    }
  }
  std::sort(out.begin(), out.end(), [](const Match& a, const Match& b) {
    if (a.probe != b.probe) return a.probe < b.probe;
    return a.at != b.at ? a.at < b.at : a.length > b.length;
  });
  const auto same = [](const Match& a, const Match& b) { return a.probe == b.probe && a.at == b.at; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return true;
}

}  // namespace postern::inspect
