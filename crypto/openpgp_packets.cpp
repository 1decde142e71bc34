#include "crypto/openpgp_packets.hpp"

#include <array>
#include <optional>

#include <openssl/evp.h>

namespace postern::crypto {
namespace {

std::uint8_t octet(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// Big-endian, of 1 to 4 octets; nothing where they are not all there. They are taken off.
std::optional<std::size_t> take_number(std::string_view& bytes, std::size_t octets) {
  if (bytes.size() < octets) return std::nullopt;
  std::size_t number = 0;
  for (std::size_t i = 0; i < octets; ++i)
    number = number << 8 | octet(bytes, i);
  bytes.remove_prefix(octets);
  return number;
}

/// RFC 4880 §4.2.2 and §5.2.3.1: one, two or five octets.
std::optional<std::size_t> take_length(std::string_view& bytes, bool of_subpacket) {
  const auto first = take_number(bytes, 1);
  if (!first || *first < 192) return first;
  if (*first == 255) return take_number(bytes, 4);
  if (*first >= 224 && !of_subpacket) return std::nullopt;  // partial
  const auto second = take_number(bytes, 1);
  if (!second) return std::nullopt;
  return (*first - 192) * 256 + *second + 192;
}

std::optional<std::size_t> take_packet_length(std::string_view& bytes, std::uint8_t head) {
  if ((head & 0x40) != 0) return take_length(bytes, false);
  const unsigned kind = head & 3;
  return kind == 3 ? std::nullopt : take_number(bytes, std::size_t{1} << kind);
}

std::optional<Packet> take_packet(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  std::string_view rest = bytes;
  const std::uint8_t head = octet(rest, 0);
  if ((head & 0x80) == 0) return std::nullopt;
  rest.remove_prefix(1);
  const auto length = take_packet_length(rest, head);
  if (!length || *length > rest.size()) return std::nullopt;
  Packet one;
  one.tag = (head & 0x40) != 0 ? head & 0x3fU : head >> 2 & 0x0fU;
  one.body = rest.substr(0, *length);
  one.whole = bytes.substr(0, bytes.size() - rest.size() + *length);
  bytes.remove_prefix(one.whole.size());
  return one;
}

/// The bits of an MPI (RFC 4880 §3.2), which is taken off; 0 where it is not all there.
unsigned take_mpi(std::string_view& bytes) {
  const std::size_t bits = take_number(bytes, 2).value_or(0);
  const std::size_t octets = (bits + 7) / 8;
  if (bytes.size() < octets) return bytes = {}, 0;
  bytes.remove_prefix(octets);
  return static_cast<unsigned>(bits);
}

void read_issuers(std::string_view area, std::vector<std::string>& into) {
  while (!area.empty()) {
    const auto length = take_length(area, true);
    if (!length || *length == 0 || *length > area.size()) return;
    const std::string_view one = area.substr(0, *length);
    area.remove_prefix(*length);
    const unsigned kind = octet(one, 0) & 0x7fU;
    if (kind == 16 && one.size() == 9) into.emplace_back(one.substr(1));
    if (kind == 33 && one.size() == 22 && octet(one, 1) == 4) into.emplace_back(one.substr(2));
  }
}

}  // namespace

Result<std::vector<Packet>> split_packets(std::string_view bytes, std::size_t limit) {
  std::vector<Packet> all;
  while (!bytes.empty()) {
    if (all.size() == limit) return fail(Errc::limit, "more than " + std::to_string(limit) + " OpenPGP packets");
    const auto one = take_packet(bytes);
    if (!one) return fail(Errc::invalid, "not OpenPGP, or cut off");
    all.push_back(*one);
  }
  return all;
}

std::vector<Packet> leading_packets(std::string_view bytes, unsigned tag) {
  std::vector<Packet> all;
  for (auto one = take_packet(bytes); one && one->tag == tag; one = take_packet(bytes))
    all.push_back(*one);
  return all;
}

KeyPacket read_key_packet(std::string_view body) {
  KeyPacket key;
  if (body.empty()) return key;
  key.version = octet(body, 0);
  if (key.version != 4 || body.size() < 6) return key;
  key.algorithm = octet(body, 5);
  body.remove_prefix(6);
  const bool has_modulus = key.algorithm <= 3 || key.algorithm == 16 || key.algorithm == 17;
  if (has_modulus) key.bits = take_mpi(body);
  if (key.algorithm <= 3) key.exponent_bits = take_mpi(body);
  return key;
}

std::string fingerprint_v4(std::string_view body) {
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  std::string text = {'\x99', static_cast<char>(body.size() >> 8), static_cast<char>(body.size())};
  text += body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, sha1, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(digest.data()), 20};
}

SignaturePacket read_signature_packet(std::string_view body) {
  SignaturePacket one;
  if (body.size() < 6) return one;
  one.version = octet(body, 0);
  if (one.version == 3 && body.size() >= 15) {  // RFC 4880 §5.2.2
    one.type = octet(body, 2);
    one.issuers.emplace_back(body.substr(7, 8));
  }
  if (one.version != 4) return one;
  one.type = octet(body, 1);
  body.remove_prefix(4);
  for (int area = 0; area < 2; ++area) {  // hashed, then not hashed
    const auto length = take_number(body, 2);
    if (!length || *length > body.size()) return one;
    read_issuers(body.substr(0, *length), one.issuers);
    body.remove_prefix(*length);
  }
  return one;
}

}  // namespace postern::crypto
