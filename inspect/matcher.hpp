// Vectorscan behind a small class: the patterns of several probes, and one pass over a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "mail/probe.hpp"

struct hs_database;
struct hs_scratch;

namespace postern::inspect {

inline constexpr std::size_t most_findings = 1'000;  // per probe and part

struct Match {
  std::uint32_t probe = 0;  // index into the ProbeSet
  std::size_t at = 0;
  std::size_t length = 0;  // 0: a pattern too large for Vectorscan to tell where the match began
};

/// One thread's working memory; grows to serve every matcher it was prepared for.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] bool clone_from(const Scratch& prototype);
  hs_scratch* raw = nullptr;
};

/// Scratches that no thread uses at the moment.
class ScratchPool {
 public:
  [[nodiscard]] Scratch& prototype() { return prototype_; }
  [[nodiscard]] std::unique_ptr<Scratch> take();  // null: out of memory
  void put_back(std::unique_ptr<Scratch> scratch);

 private:
  Scratch prototype_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

class Matcher {
 public:
  /// `which`: indexes into `probes` of those to compile together.
  [[nodiscard]] static Result<std::unique_ptr<Matcher>> compile(const mail::ProbeSet& probes,
                                                                const std::vector<std::uint32_t>& which,
                                                                Scratch& prototype);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  /// `text` is normalised UTF-8. Sorted by probe and position; one match, the longest, for a probe and
  /// position. False: Vectorscan failed.
  [[nodiscard]] bool scan(std::string_view text, Scratch& scratch, std::vector<Match>& out) const;

 private:
  enum class Kind { plain_words, words, expressions };
  struct Pattern {
    std::uint32_t probe = 0;
    std::size_t length = 0;  // of a literal
    bool whole_words = false;
  };
  struct Database {
    hs_database* raw = nullptr;
    Kind kind = Kind::expressions;
    std::vector<Pattern> patterns;  // by Vectorscan's id
    std::vector<unsigned> flags;    // likewise
  };
  struct Expressions;
  struct Collector;
  Matcher() = default;
  [[nodiscard]] static Result<void> add_word(const mail::Probe& probe, std::uint32_t index, const std::string& pattern,
                                             Expressions& plain_words, Expressions& words);
  [[nodiscard]] static Result<void> add_expression(const mail::Probe& probe, std::uint32_t index,
                                                   const std::string& pattern, Expressions& expressions);
  [[nodiscard]] Result<void> add(Expressions expressions, Scratch& prototype);

  std::vector<Database> databases_;
  std::size_t probe_count_ = 0;
};

}  // namespace postern::inspect
