#include "discovery/wire.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/ascii.hpp"

// Last: it defines bool, true and false as macros.
#include <ldns/ldns.h>
#undef bool
#undef true
#undef false

namespace postern::discovery {
namespace {

constexpr std::uint16_t udp_size = 1232;
constexpr std::size_t header_size = 12;

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

/// Lower case, without the final dot; "" is the root.
std::string name_of(const ldns_rdf* name) {
  char* text = name == nullptr ? nullptr : ldns_rdf2str(name);
  std::string out = text == nullptr ? std::string() : lowered(text);
  LDNS_FREE(text);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string text_of(const ldns_rdf* field) {
  char* text = field == nullptr ? nullptr : ldns_rdf2str(field);
  std::string out = text == nullptr ? std::string() : text;
  LDNS_FREE(text);
  return out;
}

/// The strings of a TXT record joined, as all users of TXT records do (RFC 7208 §3.3).
std::string joined_strings(const ldns_rr* record) {
  std::string out;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    const std::size_t size = ldns_rdf_size(field);
    if (size > 1) out.append(reinterpret_cast<const char*>(ldns_rdf_data(field)) + 1, size - 1);
  }
  return out;
}

std::string joined_fields(const ldns_rr* record) {
  std::string out;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    if (i > 0) out.push_back(' ');
    out += lowered(text_of(ldns_rr_rdf(record, i)));
  }
  return out;
}

/// As it came: the fields of these types are neither names nor strings.
std::string octets_of(const ldns_rr* record) {
  std::string out;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    out.append(reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field));
  }
  return out;
}

std::uint32_t ttl_of(const ldns_rr* record) {
  const std::uint32_t ttl = ldns_rr_ttl(record);
  return ttl > 0x7fffffff ? 0 : ttl;  // RFC 2181 §8
}

std::optional<DnsRecord> record_of(const ldns_rr* rr, RecordType type) {
  DnsRecord record;
  record.type = type;
  record.ttl = ttl_of(rr);
  const std::size_t fields = ldns_rr_rd_count(rr);
  switch (type) {
    case RecordType::a:
    case RecordType::aaaa:
      if (fields != 1) return std::nullopt;
      record.value = lowered(text_of(ldns_rr_rdf(rr, 0)));
      break;
    case RecordType::mx:
      if (fields != 2) return std::nullopt;
      record.preference = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0));
      record.value = name_of(ldns_rr_rdf(rr, 1));
      break;
    case RecordType::cname:
      if (fields != 1) return std::nullopt;
      record.value = name_of(ldns_rr_rdf(rr, 0));
      break;
    case RecordType::txt: record.value = joined_strings(rr); break;
    case RecordType::tlsa: record.value = joined_fields(rr); break;
    case RecordType::smimea:
    case RecordType::openpgpkey: record.value = octets_of(rr); break;
  }
  return record;
}

/// Follows CNAMEs from `name` within `answers` and takes the records of `type` at the end.
Result<void> collect(const ldns_rr_list* answers, std::string name, RecordType type, WireAnswer& into) {
  std::uint32_t ttl = UINT32_MAX;
  const std::size_t count = answers == nullptr ? 0 : ldns_rr_list_rr_count(answers);
  for (unsigned step = 0; step < 16; ++step) {
    std::string target;
    for (std::size_t i = 0; i < count; ++i) {
      const ldns_rr* rr = ldns_rr_list_rr(answers, i);
      if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || name_of(ldns_rr_owner(rr)) != name) continue;
      if (static_cast<int>(ldns_rr_get_type(rr)) == static_cast<int>(type)) {
        auto record = record_of(rr, type);
        if (!record) return fail(Errc::invalid, "the answer holds a malformed record");
        ttl = std::min(ttl, record->ttl);
        into.records.push_back(std::move(*record));
      } else if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && ldns_rr_rd_count(rr) == 1 && target.empty()) {
        target = name_of(ldns_rr_rdf(rr, 0));
        ttl = std::min(ttl, ttl_of(rr));
      }
    }
    if (!into.records.empty() || target.empty()) {
      into.canonical = std::move(name);
      into.ttl = ttl == UINT32_MAX ? 0 : ttl;
      return {};
    }
    name = std::move(target);
  }
  return fail(Errc::invalid, "the answer is a loop of aliases");
}

/// RFC 2308 §5: the lesser of the SOA's own TTL and its MINIMUM field; no SOA: not to be kept.
std::uint32_t negative_ttl(const ldns_pkt* packet) {
  const ldns_rr_list* authority = ldns_pkt_authority(packet);
  const std::size_t count = authority == nullptr ? 0 : ldns_rr_list_rr_count(authority);
  for (std::size_t i = 0; i < count; ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(authority, i);
    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) != 7) continue;
    return std::min(ttl_of(rr), ldns_rdf2native_int32(ldns_rr_rdf(rr, 6)));
  }
  return 0;
}

std::uint16_t u16_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 |
                                    static_cast<std::uint8_t>(bytes[at + 1]));
}

int extended_error(const ldns_pkt* packet) {
  const ldns_rdf* data = ldns_pkt_edns_data(packet);
  if (data == nullptr) return -1;
  const std::string_view options(reinterpret_cast<const char*>(ldns_rdf_data(data)), ldns_rdf_size(data));
  for (std::size_t at = 0; at + 4 <= options.size();) {
    const std::size_t size = u16_at(options, at + 2);
    if (u16_at(options, at) == 15 && size >= 2 && at + 6 <= options.size()) return u16_at(options, at + 4);
    at += 4 + size;
  }
  return -1;
}

/// Length of the one question behind the header: name, type, class. Nothing where it is cut or compressed.
std::optional<std::size_t> question_size(std::string_view bytes) {
  std::size_t at = header_size;
  while (at < bytes.size()) {
    const auto label = static_cast<std::uint8_t>(bytes[at]);
    if (label > 63) return std::nullopt;
    at += label + 1U;
    if (label != 0) continue;
    if (at + 4 > bytes.size()) return std::nullopt;
    return at + 4 - header_size;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> encode_query(std::string_view name, RecordType type, std::uint16_t id, bool want_dnssec) {
  // A backslash would begin an escape: no name that mail uses has one.
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  if (name.empty() || name.size() > 253 || !plain) return fail(Errc::invalid, "that is not a host name");
  ldns_rdf* owner = ldns_dname_new_frm_str((std::string(name) + ".").c_str());
  if (owner == nullptr) return fail(Errc::invalid, "that is not a host name");
  const Packet packet(ldns_pkt_query_new(owner, static_cast<ldns_rr_type>(type), LDNS_RR_CLASS_IN, LDNS_RD));
  if (!packet) {
    ldns_rdf_deep_free(owner);
    return fail(Errc::unavailable, "no memory for a DNS question");
  }
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_edns_udp_size(packet.get(), udp_size);
  ldns_pkt_set_edns_do(packet.get(), want_dnssec);
  ldns_pkt_set_ad(packet.get(), want_dnssec);  // RFC 6840 §5.7
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, packet.get(), &size) != LDNS_STATUS_OK) {
    return fail(Errc::invalid, "that is not a host name");
  }
  std::string out(reinterpret_cast<const char*>(bytes), size);
  LDNS_FREE(bytes);
  return out;
}

bool answers_query(std::string_view query, std::string_view answer) {
  if (query.size() < header_size || answer.size() < header_size) return false;
  if (answer.substr(0, 2) != query.substr(0, 2)) return false;
  const auto flags = static_cast<std::uint8_t>(answer[2]);
  if ((flags & 0xf8) != 0x80) return false;  // a response to a standard query
  if (u16_at(answer, 4) != 1) return false;
  const auto asked = question_size(query);
  const auto repeated = question_size(answer);
  if (!asked || asked != repeated) return false;
  return lowered(query.substr(header_size, *asked)) == lowered(answer.substr(header_size, *repeated));
}

Result<WireAnswer> decode_answer(std::string_view bytes, std::string_view name, RecordType type) {
  WireAnswer answer;
  if (bytes.size() < header_size) return fail(Errc::invalid, "the answer is too short");
  // What was cut off need not be well-formed at its end, and nothing of it is used.
  answer.truncated = (static_cast<std::uint8_t>(bytes[2]) & 0x02) != 0;
  if (answer.truncated) return answer;
  ldns_pkt* raw = nullptr;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (ldns_wire2pkt(&raw, data, bytes.size()) != LDNS_STATUS_OK) {
    return fail(Errc::invalid, "the answer is malformed");
  }
  const Packet packet(raw);
  answer.authenticated = ldns_pkt_ad(packet.get()) != 0;
  answer.code = ldns_pkt_get_rcode(packet.get());
  answer.extended_error = extended_error(packet.get());
  if (answer.code != LDNS_RCODE_NOERROR && answer.code != LDNS_RCODE_NXDOMAIN) return answer;
  auto collected = collect(ldns_pkt_answer(packet.get()), lowered(name), type, answer);
  if (!collected) return fail(collected.error());
  if (answer.code == LDNS_RCODE_NXDOMAIN) answer.records.clear();
  if (answer.records.empty()) answer.ttl = negative_ttl(packet.get());
  return answer;
}

std::string format_dns_code(int code) {
  switch (code) {
    case LDNS_RCODE_FORMERR: return "FORMERR";
    case LDNS_RCODE_SERVFAIL: return "SERVFAIL";
    case LDNS_RCODE_NOTIMPL: return "NOTIMP";
    case LDNS_RCODE_REFUSED: return "REFUSED";
    default: return "response code " + std::to_string(code);
  }
}

}  // namespace postern::discovery
