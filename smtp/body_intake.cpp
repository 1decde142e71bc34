#include "smtp/body_intake.hpp"

#include "smtp/data_decoder.hpp"
#include "smtp/replies.hpp"

namespace postern::smtp {
namespace {

void came(ServerWire& wire, BodyGate& gate, std::size_t octets) {
  wire.took(octets);
  gate.came(octets);
  if (gate.endless()) wire.close();
}

}  // namespace

net::awaitable<void> read_data(ServerWire& wire, std::size_t longest_line, BodyGate& gate) {
  DataDecoder decoder(longest_line);
  std::vector<std::string_view> pieces;
  while (!decoder.ended() && wire.open()) {
    const std::string_view block = co_await wire.body(UINT64_MAX);
    pieces.clear();
    const std::size_t used = decoder.feed(block, pieces);
    co_await gate.pass(pieces);
    // At once, and not after the end: what is refused may not go on for ever.
    if (decoder.fault() != mail::LineFault::none) gate.refuse(replies::bad_lines(decoder.fault()));
    came(wire, gate, used);
  }
}

net::awaitable<void> Chunks::read(ServerWire& wire, std::uint64_t size, bool last) {
  std::vector<std::string_view> pieces;
  for (std::uint64_t left = size; left > 0 && wire.open();) {
    const std::string_view block = co_await wire.body(left);
    pieces.clear();
    decoder_.feed(block, pieces);
    co_await gate_.pass(pieces);
    left -= block.size();
    came(wire, gate_, block.size());
  }
  if (last) {
    pieces.clear();
    decoder_.finish(pieces);
    co_await gate_.pass(pieces);
  }
  if (decoder_.fault() != mail::LineFault::none) gate_.refuse(replies::bad_lines(decoder_.fault()));
}

net::awaitable<void> drop_chunk(ServerWire& wire, std::uint64_t size) {
  for (std::uint64_t left = size; left > 0;) {
    const std::string_view block = co_await wire.body(left);
    wire.took(block.size());
    left -= block.size();
  }
}

}  // namespace postern::smtp
