// Any bytes as a body, cut at places that the input chooses, against the plain reading of
// tests/smtp/reference_decoder.hpp.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/bdat_decoder.hpp"
#include "smtp/data_decoder.hpp"
#include "tests/smtp/reference_decoder.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

constexpr std::size_t longest_line = 1000;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Pieces as long as the digits of `cuts` say, in turn.
template <class Take>
void in_pieces(std::string_view in, std::uint8_t cuts, Take take) {
  for (bool big = false; !in.empty(); big = !big) {
    const std::size_t length = std::min<std::size_t>(in.size(), 1U + (big ? cuts >> 4U : cuts & 15U));
    const std::string piece(in.substr(0, length));  // of its own: a view that outlives it is found
    if (!take(std::string_view(piece))) return;
    in.remove_prefix(length);
  }
}

void as_data(std::string_view in, std::uint8_t cuts) {
  DataDecoder decoder(longest_line);
  std::string body;
  std::size_t used = 0;
  std::vector<std::string_view> pieces;
  in_pieces(in, cuts, [&](std::string_view piece) {
    pieces.clear();
    used += decoder.feed(piece, pieces);
    for (const std::string_view view : pieces)
      body += view;
    return !decoder.ended();
  });
  const test::ReferenceBody plain = test::read_data(in, longest_line);
  require(used == plain.used && decoder.ended() == plain.ended && decoder.fault() == plain.fault);
  require(plain.fault == mail::LineFault::none ? body == plain.body : plain.body.starts_with(body));
}

void as_chunks(std::string_view in, std::uint8_t cuts, BareLf bare_lf) {
  BdatDecoder decoder(bare_lf, longest_line);
  std::string body;
  std::vector<std::string_view> pieces;
  const auto take = [&] {
    for (const std::string_view view : pieces)
      body += view;
    pieces.clear();
  };
  in_pieces(in, cuts, [&](std::string_view piece) {
    decoder.feed(piece, pieces);
    take();
    return true;
  });
  decoder.finish(pieces);
  take();
  const test::ReferenceChunks plain = test::read_chunks(in, bare_lf == BareLf::normalise);
  require(decoder.fault() == plain.fault);
  if (plain.fault == mail::LineFault::none) {
    require(body == plain.body && decoder.bare_lf_mended() == plain.mended &&
            decoder.final_line_ended() == plain.ended_line);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view in(reinterpret_cast<const char*>(data) + 1, size - 1);
  as_data(in, data[0]);
  as_chunks(in, data[0], BareLf::refuse);
  as_chunks(in, data[0], BareLf::normalise);
  return 0;
}
