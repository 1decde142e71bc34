// Transfer decoding (RFC 2045 §6.7, §6.8) that never sees less than a mail client: what a strict decoder
// would reject is read as leniently as the most lenient client does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mail {

/// Skips what is not in the alphabet and carries on after padding, as clients do with joined base64 blocks.
[[nodiscard]] std::string decode_base64(std::string_view in);
/// An '=' that begins no valid escape stands for itself.
[[nodiscard]] std::string decode_quoted_printable(std::string_view in);

/// The same in pieces: wherever the input is cut, the same octets come out.
class Base64Decoder {
 public:
  void feed(std::string_view in, std::string& out);
  void finish(std::string& out);

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;  // characters in `bits_`
};

class QuotedPrintableDecoder {
 public:
  void feed(std::string_view in, std::string& out);
  void finish(std::string& out);

 private:
  enum class State { text, equals, one_digit, blanks, cr };
  void after_equals(char c, std::string& out);

  State state_ = State::text;
  std::string held_;  // from an '=' on whose meaning is not known yet
};

}  // namespace postern::mail
