// "v=1; a=rsa-sha256; d=clinic.example": the tag lists of signatures and key records (RFC 6376 §3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::crypto {

class DkimTags {
 public:
  /// `text` must outlive it.
  [[nodiscard]] static Result<DkimTags> parse(std::string_view text);
  /// As written, without the blanks and folds around it.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

 private:
  struct Tag {
    std::string_view name, value;
  };
  std::vector<Tag> tags_;
};

/// The words of a list that is separated by `separator`, without the blanks and folds around them.
[[nodiscard]] std::vector<std::string_view> dkim_words(std::string_view text, char separator);

/// Base64 that may be folded anywhere (RFC 6376 §3.2).
[[nodiscard]] std::optional<std::string> dkim_base64(std::string_view text);

/// Digits only, no more than fit.
[[nodiscard]] std::optional<std::uint64_t> dkim_number(std::string_view text);

}  // namespace postern::crypto
