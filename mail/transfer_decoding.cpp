#include "mail/transfer_decoding.hpp"

#include <algorithm>
#include <cstdint>

namespace postern::mail {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void Base64Decoder::feed(std::string_view in, std::string& out) {
  for (const char c : in) {
    if (c == '=') finish(out);
    const int value = base64_value(c);
    if (value < 0) continue;
    bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
    if (++count_ < 4) continue;
    out.push_back(static_cast<char>(bits_ >> 16));
    out.push_back(static_cast<char>(bits_ >> 8));
    out.push_back(static_cast<char>(bits_));
    bits_ = count_ = 0;
  }
}

void Base64Decoder::finish(std::string& out) {
  if (count_ >= 2) out.push_back(static_cast<char>(bits_ >> (count_ == 2 ? 4 : 10)));
  if (count_ == 3) out.push_back(static_cast<char>(bits_ >> 2));
  bits_ = count_ = 0;
}

void QuotedPrintableDecoder::feed(std::string_view in, std::string& out) {
  while (!in.empty()) {
    if (state_ != State::text) {
      after_equals(in.front(), out);
      in.remove_prefix(1);
      continue;
    }
    const std::size_t plain = std::min(in.find('='), in.size());
    out += in.substr(0, plain);
    in.remove_prefix(plain);
    if (in.empty()) return;
    held_ = "=";
    state_ = State::equals;
    in.remove_prefix(1);
  }
}

/// "=XX" is an octet; "=[blanks][CR]LF" a line that goes on; in anything else the '=' stands for itself.
void QuotedPrintableDecoder::after_equals(char c, std::string& out) {
  const bool blank = c == ' ' || c == '\t', digit = hex_value(c) >= 0;
  const bool early = state_ == State::equals || state_ == State::blanks;
  if (state_ == State::one_digit && digit) {
    out.push_back(static_cast<char>(hex_value(held_.back()) << 4 | hex_value(c)));
    state_ = State::text;
  } else if (state_ == State::equals && digit) {
    held_.push_back(c);
    state_ = State::one_digit;
  } else if (early && blank) {
    held_.push_back(c);
    state_ = State::blanks;
  } else if (early && c == '\r') {
    held_.push_back(c);
    state_ = State::cr;
  } else if (state_ != State::one_digit && c == '\n') {
    state_ = State::text;
  } else {
    out += held_;
    state_ = State::text;
    feed({&c, 1}, out);
  }
}

void QuotedPrintableDecoder::finish(std::string& out) {
  if (state_ == State::one_digit) out += held_;  // at the very end the others are a line that goes on
  state_ = State::text;
}

std::string decode_base64(std::string_view in) {
  std::string out;
  out.reserve(in.size() / 4 * 3 + 3);
  Base64Decoder decoder;
  decoder.feed(in, out);
  decoder.finish(out);
  return out;
}

std::string decode_quoted_printable(std::string_view in) {
  std::string out;
  out.reserve(in.size());
  QuotedPrintableDecoder decoder;
  decoder.feed(in, out);
  decoder.finish(out);
  return out;
}

}  // namespace postern::mail
