// Any bytes as the answer to one question of each type; what a TLSA record says is read as DANE reads it.
#include <cstdint>
#include <string_view>

#include "discovery/dane.hpp"
#include "discovery/wire.hpp"

using namespace postern::discovery;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const auto query = encode_query("a.example", RecordType::mx, 7, true);
  (void)answers_query(*query, bytes);
  for (const RecordType type :
       {RecordType::a, RecordType::cname, RecordType::mx, RecordType::txt, RecordType::aaaa, RecordType::tlsa}) {
    const auto answer = decode_answer(bytes, "a.example", type);
    if (!answer || type != RecordType::tlsa) continue;
    DnsAnswer secure{DnsStatus::secure, true, answer->records, answer->canonical, answer->ttl, {}, {}, {}};
    const postern::mail::Dane dane =
        judge_tlsa({"a.example", "a.example", DnsStatus::secure, true, {}, 25}, "a.example", secure);
    // Records that are there promise something, and only what can be matched is matched.
    if (!answer->records.empty() && dane.state == postern::mail::DaneState::absent) __builtin_trap();
    for (const auto& record : dane.records) {
      if (record.usage < 2 || record.usage > 3) __builtin_trap();
      if (postern::mail::parse_tlsa(postern::mail::format_tlsa(record)) != record) __builtin_trap();
    }
  }
  return 0;
}
