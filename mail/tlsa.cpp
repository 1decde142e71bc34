#include "mail/tlsa.hpp"

#include <array>
#include <charconv>

#include "base/hex.hpp"

namespace postern::mail {
namespace {

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t end = std::min(text.find(' ', begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

template <class N>
bool read_number(std::string_view digits, int radix, N& into) {
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), into, radix);
  return !digits.empty() && parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
}

}  // namespace

Result<TlsaRecord> parse_tlsa(std::string_view text) {
  constexpr std::size_t longest = 65'535;
  const auto malformed = [] { return fail(Errc::invalid, "that is no TLSA record"); };
  TlsaRecord record;
  for (std::uint8_t* field : {&record.usage, &record.selector, &record.matching}) {
    if (!read_number(next_word(text), 10, *field)) return malformed();
  }
  for (std::string_view digits = next_word(text); !digits.empty();
       digits = next_word(text)) {  // zone files may break it
    if (digits.size() % 2 != 0 || record.data.size() + digits.size() / 2 > longest) return malformed();
    for (std::size_t at = 0; at < digits.size(); at += 2) {
      std::uint8_t octet = 0;
      if (!read_number(digits.substr(at, 2), 16, octet)) return malformed();
      record.data.push_back(static_cast<char>(octet));
    }
  }
  return record;
}

std::string format_tlsa(const TlsaRecord& record) {
  return std::to_string(record.usage) + " " + std::to_string(record.selector) + " " + std::to_string(record.matching) +
         " " + format_hex(record.data);
}

bool has_usable_form(const TlsaRecord& record) {
  constexpr std::size_t sha256_size = 32, sha512_size = 64;
  // RFC 7672 §3.1.3: PKIX-TA(0) and PKIX-EE(1) need a list of authorities that both sides trust, which mail has not.
  if (record.usage != 2 && record.usage != 3) return false;
  if (record.selector > 1) return false;
  switch (record.matching) {
    case 0: return !record.data.empty();
    case 1: return record.data.size() == sha256_size;
    case 2: return record.data.size() == sha512_size;
    default: return false;
  }
}

}  // namespace postern::mail
