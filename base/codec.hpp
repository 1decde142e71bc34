// The byte form of everything that is stored or crosses to another process: LEB128 integers and
// length-prefixed byte strings, in the order in which a type's encode function writes them.
// A Reader never throws and never reads out of bounds: after the first error every read gives zero or empty
// and `ok()` is false, so a decode function checks once, at its end. Treat what it gives as hostile until then.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

class Writer {
 public:
  void u64(std::uint64_t value);
  void boolean(bool value) { u64(value ? 1 : 0); }
  void bytes(std::string_view value);
  template <class E>
  void enumerator(E value) {
    u64(static_cast<std::uint64_t>(value));
  }
  /// A vector or set of strings.
  template <class Texts>
  void texts(const Texts& all) {
    u64(all.size());
    for (const std::string& text : all)
      bytes(text);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  [[nodiscard]] std::uint64_t u64();
  [[nodiscard]] bool boolean();
  [[nodiscard]] std::string bytes(std::size_t limit = SIZE_MAX);  // longer than limit is an error
  /// A count of things that follow; each takes at least one byte, so a lie costs no memory.
  [[nodiscard]] std::size_t count(std::size_t limit);
  template <class E>
  [[nodiscard]] E enumerator(E last) {
    const std::uint64_t value = u64();
    if (value > static_cast<std::uint64_t>(last)) return failed_ = true, E{};
    return static_cast<E>(value);
  }
  /// What Writer::texts wrote.
  template <class Texts>
  [[nodiscard]] Texts texts(std::size_t most, std::size_t longest) {
    Texts all;
    for (std::size_t left = count(most); left > 0 && ok(); --left)
      all.insert(all.end(), bytes(longest));
    return all;
  }
  void reject() { failed_ = true; }
  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] bool finished() const { return !failed_ && in_.empty(); }

 private:
  std::string_view in_;
  bool failed_ = false;
};

}  // namespace postern
