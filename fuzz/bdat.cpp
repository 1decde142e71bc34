// Any bytes as the chunks of BDAT, cut as the first octet says, with either answer to a bare LF: against the plain
// reading of tests/smtp/reference_decoder.hpp.
#include "fuzz/body.hpp"
#include "smtp/bdat_decoder.hpp"
#include "tests/smtp/reference_decoder.hpp"

using namespace postern;
using fuzz::require;

namespace {

void check(std::string_view in, std::uint8_t cuts, smtp::BareLf bare_lf) {
  smtp::BdatDecoder decoder(bare_lf, fuzz::longest_line);
  std::string body;
  fuzz::in_pieces(in, cuts, [&](std::string_view chunk) {
    std::vector<std::string_view> pieces;
    decoder.feed(chunk, pieces);
    body += fuzz::joined(pieces);
    return true;
  });
  std::vector<std::string_view> last;
  decoder.finish(last);
  body += fuzz::joined(last);
  fuzz::require_clean_lines(body);

  const test::ReferenceChunks plain = test::read_chunks(in, bare_lf == smtp::BareLf::normalise);
  require(decoder.fault() == plain.fault);
  if (plain.fault != mail::LineFault::none) return;
  require(body == plain.body && (body.empty() || body.ends_with("\r\n")));
  require(decoder.bare_lf_mended() == plain.mended && decoder.final_line_ended() == plain.ended_line);
  require(bare_lf == smtp::BareLf::normalise || decoder.bare_lf_mended() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view in = fuzz::text(data, size).substr(1);
  check(in, data[0], smtp::BareLf::refuse);
  check(in, data[0], smtp::BareLf::normalise);
  return 0;
}
