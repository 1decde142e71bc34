#include "smtp/data_decoder.hpp"

#include <algorithm>

namespace postern::smtp {

void DataDecoder::give(std::string_view piece, std::vector<std::string_view>& pieces) {
  if (piece.empty() || checker_.check(piece) != mail::LineFault::none) return;
  pieces.push_back(piece);
}

std::size_t DataDecoder::feed(std::string_view in, std::vector<std::string_view>& pieces) {
  std::size_t begin = 0;  // of what is not given out yet
  std::size_t i = 0;
  while (i < in.size() && at_ != At::end) {
    const char c = in[i];
    switch (at_) {
      case At::line_start:
        if (c == '.') {
          give(in.substr(begin, i - begin), pieces);
          begin = ++i;  // a first dot is dropped, or is part of the end
          at_ = At::dot;
        } else {
          at_ = At::inside;
        }
        break;
      case At::dot:
        if (c == '\r') {
          at_ = At::dot_cr;
          ++i;
        } else {
          at_ = At::inside;
        }
        break;
      case At::dot_cr:
        if (c == '\n') {
          at_ = At::end;
          begin = ++i;
        } else {
          // ". CR something": the CR belongs to the body, and is a fault there. It may have come in an
          // earlier piece.
          if (begin == i) give("\r", pieces);
          at_ = At::after_cr;
        }
        break;
      case At::inside: {
        const std::size_t cr = in.find('\r', i);
        if (cr == std::string_view::npos) {
          i = in.size();
        } else {
          i = cr + 1;
          at_ = At::after_cr;
        }
        break;
      }
      case At::after_cr:
        if (c == '\n') {
          at_ = At::line_start;
          ++i;
        } else {
          at_ = At::inside;
        }
        break;
      case At::end: break;
    }
  }
  // In dot_cr the CR is not given out before it is known what it is.
  const std::size_t held = at_ == At::dot_cr && i > begin ? 1 : 0;
  if (at_ != At::end) give(in.substr(begin, i - begin - held), pieces);
  return i;
}

}  // namespace postern::smtp
