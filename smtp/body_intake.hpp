// Bodies from the wire through their decoder to the gate, DATA's and BDAT's. Whatever is wrong with one, it is read to
// its end, so that the reply finds its place; one that does not end closes the connection.
#pragma once

#include <cstdint>

#include "smtp/bdat_decoder.hpp"
#include "smtp/body_gate.hpp"
#include "smtp/server_wire.hpp"

namespace postern::smtp {

/// From behind 354 to CRLF.CRLF.
net::awaitable<void> read_data(ServerWire& wire, std::size_t longest_line, BodyGate& gate);

/// A message that comes in chunks, between its first BDAT and its last (RFC 3030).
class Chunks {
 public:
  Chunks(const ServerOptions& options, BodyGate gate)
      : decoder_(options.bdat_bare_lf, options.limits.body_line), gate_(std::move(gate)) {}
  net::awaitable<void> read(ServerWire& wire, std::uint64_t size, bool last);
  [[nodiscard]] BodyNotes notes() const { return {true, decoder_.bare_lf_mended(), decoder_.final_line_ended()}; }
  [[nodiscard]] BodyGate& gate() { return gate_; }

 private:
  BdatDecoder decoder_;
  BodyGate gate_;
};

/// The octets of a chunk that was refused.
net::awaitable<void> drop_chunk(ServerWire& wire, std::uint64_t size);

}  // namespace postern::smtp
