// Half of the mutations of a text that people write put another word in a word's place: one of its own, or one that the
// format knows. Octets changed at random seldom get past its parser.
//
//   FUZZ_WORDS("to from")
#pragma once

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"

#ifdef POSTERN_LIBFUZZER  // fuzz/CMakeLists.txt; a replay mutates nothing

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace postern::fuzz {

inline std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view of_words = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@:/";
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_of(of_words); at != std::string_view::npos;
       at = text.find_first_of(of_words, at)) {
    const std::size_t end = std::min(text.find_first_not_of(of_words, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

inline std::size_t mutate_words(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed,
                                std::string_view known) {
  std::minstd_rand random(seed);
  const auto one_of = [&random](const auto& list) { return list[random() % list.size()]; };
  const std::string text(fuzz::text(data, size));
  const auto words = words_of(text);
  if (words.empty() || random() % 2 == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string_view old = one_of(words);
  const std::string_view other = one_of(random() % 2 == 0 ? words : words_of(known));
  const auto at = static_cast<std::size_t>(old.data() - text.data());
  const std::string changed = text.substr(0, at) + std::string(other) + text.substr(at + old.size());
  const std::size_t length = std::min(changed.size(), most);
  std::memcpy(data, changed.data(), length);
  return length;
}

}  // namespace postern::fuzz

#define FUZZ_WORDS(words)                                                                                \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, \
                                                 unsigned seed);                                         \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, \
                                                 unsigned seed) {                                        \
    return postern::fuzz::mutate_words(data, size, most, seed, words);                                   \
  }
#else
#define FUZZ_WORDS(words)
#endif
