// Any bytes as the answer to one question of each type.
#include <cstdint>
#include <string_view>

#include "discovery/wire.hpp"

using namespace postern::discovery;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const auto query = encode_query("a.example", RecordType::mx, 7, true);
  (void)answers_query(*query, bytes);
  for (const RecordType type : {RecordType::a, RecordType::mx, RecordType::txt, RecordType::aaaa, RecordType::tlsa}) {
    (void)decode_answer(bytes, "a.example", type);
  }
  return 0;
}
