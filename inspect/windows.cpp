#include "inspect/windows.hpp"

#include <algorithm>

#include "inspect/media.hpp"
#include "mail/transfer_decoding.hpp"

namespace postern::inspect {
namespace {

constexpr std::size_t piece = 64U << 10;  // decoded at a time

bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::size_t piece_end(std::string_view text, std::size_t most) {
  for (const char end : {'\n', ' '}) {
    const std::size_t at = text.rfind(end, most - 1);
    if (at != std::string_view::npos && at >= most / 2) return at + 1;
  }
  std::size_t at = std::min(most, text.size() - 1);  // at the end of all, the last character may go on
  for (int i = 0; i < 3 && continues_a_character(text[at]); ++i)
    --at;
  return at;
}

Windows::Windows(std::string_view encoded, TransferEncoding encoding) : left_(encoded) {
  if (encoding != TransferEncoding::identity) buffer_.reserve(size + piece);
  if (encoding == TransferEncoding::base64) decoder_.emplace<mail::Base64Decoder>();
  if (encoding == TransferEncoding::quoted_printable) decoder_.emplace<mail::QuotedPrintableDecoder>();
}

void Windows::fill() {
  buffer_.erase(0, std::exchange(taken_, 0));
  while (buffer_.size() < size && !ended_) {
    const std::string_view in = left_.substr(0, piece);
    left_.remove_prefix(in.size());
    ended_ = left_.empty();
    if (auto* base64 = std::get_if<mail::Base64Decoder>(&decoder_)) {
      base64->feed(in, buffer_);
      if (ended_) base64->finish(buffer_);
    } else if (auto* quoted = std::get_if<mail::QuotedPrintableDecoder>(&decoder_)) {
      quoted->feed(in, buffer_);
      if (ended_) quoted->finish(buffer_);
    }
  }
}

std::optional<std::string_view> Windows::next() {
  if (std::holds_alternative<std::monostate>(decoder_)) {
    if (left_.empty()) return std::nullopt;
    const std::string_view window =
        left_.substr(0, left_.size() <= size ? left_.size() : piece_end(left_.substr(0, size), size));
    left_.remove_prefix(window.size());
    return window;
  }
  fill();
  if (buffer_.empty()) return std::nullopt;
  taken_ = ended_ ? buffer_.size() : piece_end(buffer_, buffer_.size());
  return std::string_view(buffer_).substr(0, taken_);
}

Survey survey(std::string_view encoded, TransferEncoding encoding) {
  Survey found;
  Windows windows(encoded, encoding);
  while (const auto window = windows.next()) {
    if (found.size == 0) found.utf16 = window->starts_with("\xff\xfe") || window->starts_with("\xfe\xff");
    found.size += window->size();
    found.looks_like_text = found.looks_like_text && looks_like_text(*window);
  }
  return found;
}

}  // namespace postern::inspect
