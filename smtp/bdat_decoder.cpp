#include "smtp/bdat_decoder.hpp"

namespace postern::smtp {

void BdatDecoder::give(std::string_view piece, std::vector<std::string_view>& pieces) {
  if (piece.empty() || checker_.check(piece) != mail::LineFault::none) return;
  pieces.push_back(piece);
}

void BdatDecoder::feed(std::string_view in, std::vector<std::string_view>& pieces) {
  if (in.empty()) return;
  if (bare_lf_ == BareLf::normalise) {
    std::size_t begin = 0;
    for (std::size_t lf = in.find('\n'); lf != std::string_view::npos; lf = in.find('\n', lf + 1)) {
      const bool bare = lf == 0 ? !after_cr_ : in[lf - 1] != '\r';
      if (!bare) continue;
      give(in.substr(begin, lf - begin), pieces);
      give("\r\n", pieces);
      ++mended_;
      begin = lf + 1;
    }
    give(in.substr(begin), pieces);
  } else {
    give(in, pieces);
  }
  after_cr_ = in.back() == '\r';
}

void BdatDecoder::finish(std::vector<std::string_view>& pieces) {
  if (fault() != mail::LineFault::none || checker_.complete()) return;
  // A CR at the very end has no LF to follow: the checker finds it bare at the next octet.
  give("\r\n", pieces);
  final_line_ended_ = fault() == mail::LineFault::none;
}

}  // namespace postern::smtp
