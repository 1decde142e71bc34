// Any bytes behind DATA, cut as the first octet says: against the plain reading of tests/smtp/reference_decoder.hpp,
// and what comes out, sent on with its dots stuffed, comes out the same.
#include "fuzz/body.hpp"
#include "smtp/data_decoder.hpp"
#include "tests/smtp/reference_decoder.hpp"

using namespace postern;
using fuzz::require;

namespace {

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool ended = false;
  mail::LineFault fault = mail::LineFault::none;
};

Decoded decode(std::string_view in, std::uint8_t cuts) {
  smtp::DataDecoder decoder(fuzz::longest_line);
  Decoded result;
  fuzz::in_pieces(in, cuts, [&](std::string_view piece) {
    std::vector<std::string_view> pieces;
    result.used += decoder.feed(piece, pieces);
    result.body += fuzz::joined(pieces);
    return !decoder.ended();
  });
  result.ended = decoder.ended();
  result.fault = decoder.fault();
  return result;
}

void check_plain_reading(const Decoded& decoded, std::string_view in) {
  const test::ReferenceBody plain = test::read_data(in, fuzz::longest_line);
  require(decoded.used == plain.used && decoded.ended == plain.ended && decoded.fault == plain.fault);
  // After a fault the body is of no use, and how much of it was given out before depends on the cuts.
  require(plain.fault == mail::LineFault::none ? decoded.body == plain.body : plain.body.starts_with(decoded.body));
}

/// RFC 5321 §4.5.2: what our client sends is what the next server reads.
void check_sent_on(const std::string& body, std::uint8_t cuts) {
  mail::DotStuffer stuffer;
  std::string wire;
  fuzz::in_pieces(body, static_cast<std::uint8_t>(~cuts), [&](std::string_view piece) {
    stuffer.append(piece, wire);
    return true;
  });
  wire += stuffer.end();
  const Decoded next = decode(wire + "RSET\r\n", cuts);
  const bool whole_lines = body.empty() || body.ends_with("\r\n");
  require(next.ended && next.used == wire.size() && next.fault == mail::LineFault::none);
  require(next.body == (whole_lines ? body : body + "\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view in = fuzz::text(data, size).substr(1);
  const Decoded decoded = decode(in, data[0]);
  fuzz::require_clean_lines(decoded.body);
  check_plain_reading(decoded, in);
  if (decoded.ended && decoded.fault == mail::LineFault::none) check_sent_on(decoded.body, data[0]);
  return 0;
}
