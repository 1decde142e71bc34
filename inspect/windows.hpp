// The octets of a long part, a window at a time: whatever its length, a few MiB of it are in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mail/transfer_decoding.hpp"

namespace postern::inspect {

/// Where a piece of `text` ends that has at most `most` octets, less than all of it or all: behind a line end where
/// there is one in its second half, else behind a blank, else between two characters of UTF-8. No trailing octet of a
/// multi-byte charset that keeps ASCII is a line end or a blank.
[[nodiscard]] std::size_t piece_end(std::string_view text, std::size_t most);

enum class TransferEncoding { identity, base64, quoted_printable };

class Windows {
 public:
  /// `encoded` stays where it is meanwhile.
  Windows(std::string_view encoded, TransferEncoding encoding);

  /// The next one, nothing at the end. Cut by `piece_end`. Valid until the next call.
  [[nodiscard]] std::optional<std::string_view> next();

  static constexpr std::size_t size = 1U << 20;  // octets, about

 private:
  void fill();

  std::string_view left_;
  std::variant<std::monostate, mail::Base64Decoder, mail::QuotedPrintableDecoder> decoder_;
  std::string buffer_;
  std::size_t taken_ = 0;  // of the buffer, by the window before
  bool ended_ = false;
};

/// What there is to know before a part is read: one pass over its windows.
struct Survey {
  std::uint64_t size = 0;  // octets, decoded
  bool looks_like_text = true;
  bool utf16 = false;  // says its byte order mark
};
[[nodiscard]] Survey survey(std::string_view encoded, TransferEncoding encoding);

}  // namespace postern::inspect
