#include "crypto/openpgp_key.hpp"

#include <algorithm>
#include <span>

#include "base/ascii.hpp"
#include "base/hex.hpp"
#include "crypto/openpgp_packets.hpp"
#include "crypto/rnp.hpp"
#include "mail/address.hpp"

namespace postern::crypto {
namespace {

constexpr unsigned least_bits = 2048;     // NIST SP 800-57 part 1: 112 bits of strength
constexpr unsigned most_bits = 8192;      // a signature of more takes long to verify, and nobody makes such keys
constexpr unsigned most_exponent = 64;    // bits; an exponent as long as the modulus makes a verification take seconds
constexpr std::size_t longest_id = 1000;  // octets of a user id

using Packets = std::span<const Packet>;

std::string algorithm_name(unsigned number) {
  switch (number) {
    case 1:
    case 2:
    case 3: return "RSA";
    case 16:
    case 20: return "ElGamal";
    case 17: return "DSA";
    case 18: return "ECDH";
    case 19: return "ECDSA";
    case 22: return "EdDSA";
    default: return "algorithm " + std::to_string(number);
  }
}

/// What a key packet says that already rules it out; empty: librnp may read it.
std::string refuse_packet(const KeyPacket& key) {
  if (key.version == 5 || key.version == 6)
    return "it is of version " + std::to_string(key.version) + ", and the OpenPGP library here reads version 4 only";
  if (key.version != 4)
    return "it is of version " + std::to_string(key.version) + ", whose fingerprint can be forged: version 4 is needed";
  const std::string name = algorithm_name(key.algorithm);
  if (name.starts_with("algorithm")) return name + " is not known to the OpenPGP library here";
  if (key.algorithm == 20) return "ElGamal keys that also sign are unsafe (RFC 4880 §13.8)";
  const bool curve = key.algorithm == 18 || key.algorithm == 19 || key.algorithm == 22;
  if (!curve && key.bits < least_bits) return name + " of " + std::to_string(key.bits) + " bits is too short";
  if (!curve && key.bits > most_bits) return name + " of " + std::to_string(key.bits) + " bits is too long";
  if (key.exponent_bits > most_exponent) return "its RSA exponent is unreasonably long";
  return {};
}

std::string hex_fingerprint(std::string_view body) {
  return format_hex(fingerprint_v4(body));
}

// ---- what of a key is kept

bool is_certification(unsigned type) {  // RFC 4880 §5.2.1
  return (type >= 0x10 && type <= 0x13) || type == 0x30;
}

/// A signature that some other key made over a user id tells us nothing: its key is not here.
bool is_someone_elses(const SignaturePacket& signature, std::string_view primary) {
  if (!is_certification(signature.type)) return false;
  return std::ranges::none_of(signature.issuers, [&](const std::string& issuer) { return primary.ends_with(issuer); });
}

struct Tidied {
  std::string bytes;
  std::size_t packets = 0;
  std::vector<OpenpgpPart> left_out;  // subkeys
};

class Tidier {
 public:
  explicit Tidier(const Packet& primary) : primary_(fingerprint_v4(primary.body)) { keep(primary); }

  void take(const Packet& one) {
    if (one.tag == packet::signature) return take_signature(one);
    keeping_ = one.tag == packet::user_id ? one.body.size() <= longest_id
                                          : one.tag == packet::public_subkey && keeps_subkey(one);
    if (keeping_) keep(one);
  }
  Tidied finish() { return std::move(tidied_); }

 private:
  void take_signature(const Packet& one) {
    const SignaturePacket signature = read_signature_packet(one.body);
    if (!keeping_ || (signature.version != 3 && signature.version != 4)) return;
    if (!is_someone_elses(signature, primary_)) keep(one);
  }
  bool keeps_subkey(const Packet& one) {
    const KeyPacket key = read_key_packet(one.body);
    OpenpgpPart part;
    part.unusable = refuse_packet(key);
    if (part.unusable.empty()) return true;
    part.fingerprint = key.version == 4 ? hex_fingerprint(one.body) : "";
    part.algorithm = algorithm_name(key.algorithm);
    part.bits = key.bits;
    tidied_.left_out.push_back(std::move(part));
    return false;
  }
  void keep(const Packet& one) {
    tidied_.bytes += one.whole;
    ++tidied_.packets;
  }

  std::string primary_;
  bool keeping_ = true;  // signatures belong to the packet before them
  Tidied tidied_;
};

Tidied tidy(Packets key) {
  Tidier tidier(key.front());
  for (const Packet& one : key.subspan(1))
    tidier.take(one);
  return tidier.finish();
}

// ---- what librnp says

Time time_of(std::uint32_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

std::optional<Time> revoked_at(rnp_key_handle_t key) {
  if (!rnp::ask<bool>(rnp_key_is_revoked, key)) return std::nullopt;
  const rnp::Signature signature(rnp::ask<rnp_signature_handle_t>(rnp_key_get_revocation_signature, key));
  return time_of(signature ? rnp::ask<std::uint32_t>(rnp_signature_get_creation, signature.get()) : 0);
}

bool allows(rnp_key_handle_t key, const char* usage) {
  bool answer = false;
  return rnp_key_allows_usage(key, usage, &answer) == RNP_SUCCESS && answer;
}

/// `valid` is librnp's word for now; what has only expired, or been revoked, was bound all the same.
bool is_bound(rnp_key_handle_t key) {
  return rnp::ask<bool>(rnp_key_is_valid, key) || rnp::ask<bool>(rnp_key_is_expired, key) ||
         rnp::ask<bool>(rnp_key_is_revoked, key);
}

OpenpgpPart read_part(rnp_key_handle_t key) {
  OpenpgpPart part;
  part.fingerprint = rnp::fingerprint(key);
  part.algorithm = rnp::ask_text(rnp_key_get_alg, key);
  part.bits = rnp::ask<std::uint32_t>(rnp_key_get_bits, key);
  part.created = time_of(rnp::ask<std::uint32_t>(rnp_key_get_creation, key));
  if (const auto seconds = rnp::ask<std::uint32_t>(rnp_key_get_expiration, key))
    part.expires = part.created + std::chrono::seconds(seconds);
  part.revoked = revoked_at(key);
  part.signs = allows(key, "sign");
  part.encrypts = allows(key, "encrypt");
  return part;
}

/// The address of "Ann <ann@clinic.example>" or "ann@clinic.example".
std::optional<std::string> address_of(std::string_view user_id) {
  const std::size_t open = user_id.rfind('<');
  if (open != std::string_view::npos) {
    const std::size_t close = user_id.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    user_id = user_id.substr(open + 1, close - open - 1);
  }
  const auto address = mail::Address::parse(trimmed(user_id));
  if (!address) return std::nullopt;
  return lowered(address->str());
}

void read_user_ids(rnp_key_handle_t key, OpenpgpKey& into) {
  const auto count = rnp::ask<std::size_t>(rnp_key_get_uid_count, key);
  for (std::size_t i = 0; i < count; ++i) {
    rnp_uid_handle_t handle = nullptr;
    if (rnp_key_get_uid_handle_at(key, i, &handle) != RNP_SUCCESS) continue;
    const rnp::UserId id(handle);
    char* text = nullptr;
    if (!rnp::ask<bool>(rnp_uid_is_valid, handle) || rnp_key_get_uid_at(key, i, &text) != RNP_SUCCESS) continue;
    into.user_ids.push_back(rnp::take(text));
    const auto address = address_of(into.user_ids.back());
    if (address && std::ranges::find(into.addresses, *address) == into.addresses.end())
      into.addresses.push_back(*address);
  }
}

void read_subkeys(rnp_key_handle_t key, OpenpgpKey& into) {
  const bool primary_holds = rnp::ask<bool>(rnp_key_is_valid, key);
  const auto count = rnp::ask<std::size_t>(rnp_key_get_subkey_count, key);
  for (std::size_t i = 0; i < count; ++i) {
    rnp_key_handle_t handle = nullptr;
    if (rnp_key_get_subkey_at(key, i, &handle) != RNP_SUCCESS) continue;
    const rnp::Key subkey(handle);
    OpenpgpPart part = read_part(handle);
    // Below a primary key that has expired or been revoked, librnp calls no subkey valid.
    if (primary_holds && !is_bound(handle)) part.unusable = "its signature by the primary key does not hold";
    into.subkeys.push_back(std::move(part));
  }
}

std::string named(std::string_view fingerprint) {
  return "OpenPGP key " + (fingerprint.empty() ? std::string("without a fingerprint") : std::string(fingerprint));
}

Result<OpenpgpKey> read_key(std::string bytes, const std::string& fingerprint) {
  const rnp::Context context = rnp::make_context();
  const rnp::Input input = rnp::read_memory(bytes);
  const rnp_result_t loaded = rnp_load_keys(context.get(), "GPG", input.get(), RNP_LOAD_SAVE_PUBLIC_KEYS);
  const rnp::Key handle = rnp::find_key(context.get(), fingerprint);
  if (loaded != RNP_SUCCESS || !handle)
    return rnp::failed(Errc::invalid, named(fingerprint) + " cannot be read: it is damaged", loaded);
  OpenpgpKey key;
  key.bytes = std::move(bytes);
  key.primary = read_part(handle.get());
  if (!is_bound(handle.get())) key.primary.unusable = "it has no signature of its own that holds";
  read_user_ids(handle.get(), key);
  read_subkeys(handle.get(), key);
  return key;
}

Result<OpenpgpKey> read_key(Packets packets, const OpenpgpLimits& limits) {
  const Packet& first = packets.front();
  if (first.tag != packet::public_key)
    return fail(Errc::denied, "a secret key is in the file: only its public part belongs here");
  const KeyPacket primary = read_key_packet(first.body);
  const std::string fingerprint = primary.version == 4 ? hex_fingerprint(first.body) : "";
  if (const std::string why = refuse_packet(primary); !why.empty())
    return fail(Errc::invalid, named(fingerprint) + " is refused: " + why);
  Tidied tidied = tidy(packets);
  if (tidied.packets > limits.kept)
    return fail(Errc::limit, named(fingerprint) + " has more than " + std::to_string(limits.kept) + " packets");
  auto key = read_key(std::move(tidied.bytes), fingerprint);
  if (key) key->subkeys.insert(key->subkeys.end(), tidied.left_out.begin(), tidied.left_out.end());
  return key;
}

// ---- files

bool begins_key(const Packet& one) {
  return one.tag == packet::public_key || one.tag == packet::secret_key;
}

constexpr std::string_view block_begins = "-----BEGIN PGP ";

/// The block without its armour headers (RFC 4880 §6.2): librnp writes those that it does not know to standard error.
std::string without_headers(std::string_view block) {
  std::string bare;
  bool in_headers = true;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t end = std::min(block.find('\n', at), block.size() - 1) + 1;
    const std::string_view line = block.substr(at, end - at);
    if (at == 0 || !in_headers) bare += line;
    if (at != 0 && in_headers && trimmed(line, " \t\r\n").empty()) bare += "\n", in_headers = false;
    at = end;
  }
  return bare;
}

/// The packets of every armoured block, one behind the other.
Result<std::string> remove_armour(std::string_view text) {
  std::string all;
  for (std::size_t at = text.find(block_begins); at != std::string_view::npos;) {
    const std::size_t next = text.find(block_begins, at + 1);
    const std::string block = without_headers(text.substr(at, next == std::string_view::npos ? next : next - at));
    const rnp::Input input = rnp::read_memory(block);
    const rnp::Output output = rnp::write_memory(text.size() + 1);
    if (const rnp_result_t done = rnp_dearmor(input.get(), output.get()); done != RNP_SUCCESS)
      return rnp::failed(Errc::invalid, "the ASCII armour is damaged", done);
    all += rnp::take(output.get());
    at = next;
  }
  return all;
}

Result<std::string> binary(std::string_view file) {
  if (file.empty()) return fail(Errc::invalid, "there is no OpenPGP key: the file is empty");
  if ((static_cast<unsigned char>(file.front()) & 0x80) != 0) return std::string(file);  // RFC 4880 §4.2
  return remove_armour(file);
}

// ---- may it be used?

/// Why `part` does not hold at `now`; empty: it does.
std::string flaw(const OpenpgpPart& part, Time now) {
  if (!part.unusable.empty()) return part.unusable;
  if (part.revoked) return "it was revoked " + format_rfc3339(*part.revoked);
  if (part.created > now) return "it is not valid before " + format_rfc3339(part.created);
  if (part.expires && *part.expires <= now) return "it expired " + format_rfc3339(*part.expires);
  return {};
}

const OpenpgpPart* newest_usable(const std::vector<OpenpgpPart>& subkeys, Time now) {
  const OpenpgpPart* newest = nullptr;
  for (const OpenpgpPart& one : subkeys) {
    if (one.encrypts && flaw(one, now).empty() && (newest == nullptr || one.created > newest->created)) newest = &one;
  }
  return newest;
}

std::string why_none(const OpenpgpKey& key, Time now) {
  std::string why;
  for (const OpenpgpPart& one : key.subkeys) {
    if (!one.encrypts && one.unusable.empty()) continue;
    why += (why.empty() ? "; " : ", ") + ("subkey " + (one.fingerprint.empty() ? one.algorithm : one.fingerprint)) +
           ": " + flaw(one, now);
  }
  return why.empty() ? "; it has none for encryption" : why;
}

}  // namespace

Result<OpenpgpKeyFile> parse_openpgp_keys(std::string_view file, const OpenpgpLimits& limits) {
  if (file.size() > limits.octets)
    return fail(Errc::limit, "a file of OpenPGP keys of more than " + std::to_string(limits.octets) + " octets");
  const auto bytes = binary(file);
  if (!bytes) return fail(bytes.error());
  const auto packets = split_packets(*bytes, limits.packets);
  if (!packets) return fail(packets.error());
  OpenpgpKeyFile read;
  auto at = std::ranges::find_if(*packets, begins_key);
  if (at == packets->end()) return fail(Errc::invalid, "there is no OpenPGP key in the file");
  while (at != packets->end()) {
    if (read.keys.size() + read.refused.size() == limits.keys)
      return fail(Errc::limit, "more than " + std::to_string(limits.keys) + " OpenPGP keys in the file");
    const auto next = std::find_if(at + 1, packets->end(), begins_key);
    if (auto key = read_key(Packets(at, next), limits))
      read.keys.push_back(*std::move(key));
    else
      read.refused.push_back(std::move(key.error().text));
    at = next;
  }
  return read;
}

Result<OpenpgpKey> parse_openpgp_key(std::string_view bytes) {
  auto file = parse_openpgp_keys(bytes);
  if (!file) return fail(file.error());
  if (file->keys.size() + file->refused.size() != 1) return fail(Errc::invalid, "more than one OpenPGP key");
  if (!file->refused.empty()) return fail(Errc::invalid, std::move(file->refused.front()));
  return std::move(file->keys.front());
}

Result<OpenpgpPart> encryption_part(const OpenpgpKey& key, Time now) {
  const std::string name = named(key.primary.fingerprint);
  if (const std::string why = flaw(key.primary, now); !why.empty())
    return fail(Errc::invalid, name + " cannot be used: " + why);
  if (const OpenpgpPart* subkey = newest_usable(key.subkeys, now)) return *subkey;
  if (key.primary.encrypts) return key.primary;
  return fail(Errc::invalid, name + " cannot be encrypted to" + why_none(key, now));
}

std::string only_with(const OpenpgpKey& key, const OpenpgpPart& part) {
  std::string bytes;
  bool keeping = true;
  const auto packets = split_packets(key.bytes, SIZE_MAX);
  for (const Packet& one : packets.value()) {
    if (one.tag == packet::public_subkey) keeping = hex_fingerprint(one.body) == part.fingerprint;
    if (keeping) bytes += one.whole;
  }
  return bytes;
}

std::optional<Time> usable_until(const OpenpgpKey& key, Time now) {
  // The part of now may end before the key does, and another may take its place: the last end of them counts.
  std::optional<Time> last = key.primary.encrypts ? key.primary.expires : std::optional(Time{});
  for (const OpenpgpPart& one : key.subkeys) {
    if (!one.encrypts || !flaw(one, now).empty()) continue;
    if (!one.expires) last.reset();
    if (last && *one.expires > *last) last = one.expires;
  }
  if (key.primary.expires && (!last || *last > *key.primary.expires)) return key.primary.expires;
  return last;
}

}  // namespace postern::crypto
