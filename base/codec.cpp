#include "base/codec.hpp"

namespace postern {

void Writer::u64(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void Writer::bytes(std::string_view value) {
  u64(value.size());
  out_.append(value);
}

std::uint64_t Reader::u64() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (failed_ || in_.empty()) break;
    const auto byte = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  failed_ = true;
  return 0;
}

bool Reader::boolean() {
  const std::uint64_t value = u64();
  if (value > 1) failed_ = true;
  return value == 1 && !failed_;
}

std::string Reader::bytes(std::size_t limit) {
  const std::uint64_t size = u64();
  if (failed_ || size > limit || size > in_.size()) {
    failed_ = true;
    return {};
  }
  std::string value(in_.substr(0, size));
  in_.remove_prefix(size);
  return value;
}

std::size_t Reader::count(std::size_t limit) {
  const std::uint64_t value = u64();
  if (failed_ || value > limit || value > in_.size()) {
    failed_ = true;
    return 0;
  }
  return value;
}

}  // namespace postern
