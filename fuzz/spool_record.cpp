// Records as a damaged disk gives them. The first byte chooses the type. What decodes must encode to
// something that decodes to the same bytes again.
#include <cstdlib>
#include <string_view>

#include "spool/records.hpp"

namespace {

using namespace postern;

template <class Record>
std::string bytes_of(const Record& record) {
  Writer out;
  encode(out, record);
  return out.take();
}

template <class Record>
void check(const Result<Record>& first, Result<Record> (*decode)(std::string_view)) {
  if (!first) return;
  const std::string bytes = bytes_of(*first);
  const auto second = decode(bytes);
  if (!second || bytes_of(*second) != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view record(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    check(spool::decode_message(record), &spool::decode_message);
  } else {
    check(spool::decode_recipient(record), &spool::decode_recipient);
  }
  return 0;
}
