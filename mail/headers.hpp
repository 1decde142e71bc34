// The header section of a message, as it stands (RFC 5322 §2.2): names and raw values, nothing rewritten.
//
//   HeaderView headers(bytes);             // up to and without the blank line; bytes must outlive it
//   for (const Field& f : headers.all("From")) …
//
// Lenient like a mail client, so that the gateway does not see less than the recipient will: white space before
// the colon is part of no name, and names compare without case.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct Field {
  std::string_view name;  // as written, without white space before the colon
  std::string_view raw;   // everything after the colon, folds and final CRLF included
  std::size_t at = 0;     // offset of the field's first byte
  std::size_t size = 0;   // of the whole field, final CRLF included
};

class HeaderView {
 public:
  explicit HeaderView(std::string_view section);
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  [[nodiscard]] std::vector<Field> all(std::string_view name) const;
  [[nodiscard]] std::optional<Field> first(std::string_view name) const;
  /// A line that is neither a field nor a continuation: the section is malformed there.
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::vector<Field> fields_;
  bool malformed_ = false;
};

/// Length of the header section of CRLF-normalised bytes, the blank line included; nothing where no blank line
/// is there yet. A message that begins with a CRLF has an empty section of length 2. Who reads piece by piece says how
/// many of the octets an earlier call has `seen`: each is looked at once.
[[nodiscard]] std::optional<std::size_t> header_length(std::string_view bytes, std::size_t seen = 0);

/// Unfolded (RFC 5322 §2.2.3) and trimmed.
[[nodiscard]] std::string unfold(std::string_view raw);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

}  // namespace postern::mail
