// Records as a damaged disk gives them. The first byte chooses the type. What decodes must encode to the same record
// again.
#include <algorithm>

#include "base/ascii.hpp"
#include "fuzz/target.hpp"
#include "spool/records.hpp"

namespace {

using namespace postern;

template <class Record>
std::string bytes_of(const Record& record) {
  Writer out;
  encode(out, record);
  return out.take();
}

std::string version_2() {
  Writer out;
  out.u64((1ULL << 40) + spool::record_version);
  return out.take();
}

std::string sorted(std::string text) {
  std::ranges::sort(text);
  return text;
}

/// How many labels are spelt in the alphabet of the DNS (RFC 5890 §2.3.2.1).
std::size_t a_labels(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("xn--"); at != std::string_view::npos; at = text.find("xn--", at + 1))
    ++count;
  return count;
}

/// Nothing is lost on the way: the form is the same, but for what has more than one (a number with leading zeros,
/// another case or alphabet of a domain, another order of a set), which is longer, or differs in case or order.
void check_nothing_lost(std::string_view record, std::string_view again) {
  const std::string mark = version_2();
  if (!record.starts_with(mark) || a_labels(record) != a_labels(again)) return;
  fuzz::require(again.size() <= record.size());
  fuzz::require(again.size() < record.size() || sorted(lowered(again)) == sorted(lowered(record)));
}

template <class Record>
void check(std::string_view record, Result<Record> (*decode)(std::string_view)) {
  const Result<Record> first = decode(record);
  if (!first) return;
  const std::string bytes = bytes_of(*first);
  const auto second = decode(bytes);
  fuzz::require(second.has_value() && bytes_of(*second) == bytes);
  check_nothing_lost(record, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view record = fuzz::text(data, size).substr(1);
  if (data[0] % 2 == 0) {
    check(record, &spool::decode_message);
  } else {
    check(record, &spool::decode_recipient);
  }
  return 0;
}
