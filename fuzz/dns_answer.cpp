// Any bytes as the answer to one question of each type, and as the name that is asked for. What a TLSA record says is
// read as DANE reads it, what SMIMEA and OPENPGPKEY records say as a source of keys.
#include <algorithm>

#include "discovery/dane.hpp"
#include "discovery/dns_keys.hpp"
#include "discovery/wire.hpp"
#include "fuzz/target.hpp"

using namespace postern;
using namespace postern::discovery;
using fuzz::require;

namespace {

bool holds_key(RecordType type) {
  return type == RecordType::smimea || type == RecordType::openpgpkey;
}

void check(const WireAnswer& answer, std::size_t size, RecordType type) {
  require(!answer.truncated || answer.records.empty());
  require(answer.records.size() <= size / 11);  // a record takes a name, type, class, TTL and length
  require(answer.ttl <= 0x7fffffff);            // RFC 2181 §8
  for (const DnsRecord& record : answer.records) {
    require(record.type == type && answer.ttl <= record.ttl);
    require(type == RecordType::mx || record.preference == 0);
    require(record.value.size() <= 4 * size);                  // an octet of a name is written as "\ddd" at most
    if (type == RecordType::txt || holds_key(type)) continue;  // any octets
    require(std::ranges::all_of(record.value, [](char c) { return c >= ' ' && c <= '~' && !(c >= 'A' && c <= 'Z'); }));
  }
}

bool same(const DnsRecord& a, const DnsRecord& b) {
  return a.type == b.type && a.ttl == b.ttl && a.preference == b.preference && a.value == b.value;
}

/// Records that are there promise something, and only what can be matched is matched.
void check_dane(const WireAnswer& answer) {
  const DnsAnswer secure{DnsStatus::secure, true, answer.records, answer.canonical, answer.ttl, {}, {}, {}};
  const mail::Dane dane = judge_tlsa({"a.example", "a.example", DnsStatus::secure, true, {}, 25}, "a.example", secure);
  require(answer.records.empty() || dane.state != mail::DaneState::absent);
  for (const mail::TlsaRecord& record : dane.records) {
    require(record.usage == 2 || record.usage == 3);
    require(mail::parse_tlsa(mail::format_tlsa(record)) == record);
  }
}

/// A key is the octets of one record, or their end, and none is there without proof.
void check_keys(const WireAnswer& answer, RecordType type) {
  const auto judge = type == RecordType::smimea ? judge_smimea : judge_openpgpkey;
  const DnsAnswer secure{DnsStatus::secure, true, answer.records, answer.canonical, answer.ttl, {}, {}, {}};
  const KeyAnswer keys = judge(secure);
  require((keys.result == KeyAnswer::Result::found) == !keys.candidates.empty());
  for (const KeyCandidate& candidate : keys.candidates) {
    require(std::ranges::any_of(answer.records,
                                [&](const DnsRecord& record) { return record.value.ends_with(candidate.bytes); }));
  }
  DnsAnswer insecure = secure;
  insecure.status = DnsStatus::insecure;
  require(judge(insecure).candidates.empty());
}

/// RFC 5452 §9.1: our own question, marked as a response, answers itself and no other.
void check_question(std::string_view name) {
  const auto query = encode_query(name, RecordType::mx, 7, true);
  if (!query) return;
  std::string response = *query;
  require(!answers_query(*query, response));
  response[2] = static_cast<char>(response[2] | 0x80);
  require(answers_query(*query, response));
  require(decode_answer(response, name, RecordType::mx).has_value());
  require(!answers_query(*encode_query(name, RecordType::mx, 8, true), response));
  require(!answers_query(*encode_query(name, RecordType::a, 7, true), response));
  if (const auto other = encode_query("x." + std::string(name), RecordType::mx, 7, true))
    require(!answers_query(*other, response));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  static const auto query = encode_query("a.example", RecordType::mx, 7, true);
  (void)answers_query(*query, bytes);
  for (const RecordType type : {RecordType::a, RecordType::cname, RecordType::mx, RecordType::txt, RecordType::aaaa,
                                RecordType::tlsa, RecordType::smimea, RecordType::openpgpkey}) {
    const auto answer = decode_answer(bytes, "a.example", type);
    if (!answer) continue;
    check(*answer, size, type);
    if (type == RecordType::tlsa) check_dane(*answer);
    if (holds_key(type)) check_keys(*answer, type);
    const auto whatever_case = decode_answer(bytes, "A.Example", type);
    require(whatever_case && std::ranges::equal(answer->records, whatever_case->records, same));
  }
  check_question(bytes);
  return 0;
}
