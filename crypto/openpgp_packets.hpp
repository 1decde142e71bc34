// OpenPGP packets as they lie in a file (RFC 4880 §4), before any library looks inside: which there are, how long they
// are, and the few octets that say what to expect of a key or of a signature. Pure, linear in the size of its input.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::crypto {

namespace packet {
inline constexpr unsigned public_key_session = 1, signature = 2, secret_key = 5, public_key = 6, secret_subkey = 7,
                          user_id = 13, public_subkey = 14, user_attribute = 17, sealed_data = 18;
}

struct Packet {
  unsigned tag = 0;
  std::string_view whole, body;
};

/// All of `bytes`, at most `limit` of them. Lengths that are not told (old format) or told in pieces (RFC 4880
/// §4.2.2.4) are for data; in a key they are an Error.
[[nodiscard]] Result<std::vector<Packet>> split_packets(std::string_view bytes, std::size_t limit);
/// The first packets of a message: with tag `tag` each, as many as there are.
[[nodiscard]] std::vector<Packet> leading_packets(std::string_view bytes, unsigned tag);

/// What a public key packet says of its kind.
struct KeyPacket {
  unsigned version = 0;
  unsigned algorithm = 0;  // RFC 4880 §9.1
  unsigned bits = 0;       // of the modulus or prime; 0 for curves
  unsigned exponent_bits = 0;
};
[[nodiscard]] KeyPacket read_key_packet(std::string_view body);
/// RFC 4880 §12.2, of version 4: 20 octets.
[[nodiscard]] std::string fingerprint_v4(std::string_view body);

/// What a signature says of itself (RFC 4880 §5.2), whether or not it holds.
struct SignaturePacket {
  unsigned version = 0;
  unsigned type = 0;
  std::vector<std::string> issuers;  // key ids of 8 octets, or fingerprints of 20 (RFC 9580 §5.2.3.35)
};
[[nodiscard]] SignaturePacket read_signature_packet(std::string_view body);

}  // namespace postern::crypto
