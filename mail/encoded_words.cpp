#include "mail/encoded_words.hpp"

#include <algorithm>
#include <optional>

#include "mail/charset.hpp"
#include "mail/headers.hpp"
#include "mail/transfer_decoding.hpp"

namespace postern::mail {
namespace {

struct Word {
  std::string_view charset;
  std::string octets;
  std::size_t size = 0;  // of the whole "=?…?="
};

/// `in` begins with "=?".
std::optional<Word> word_at(std::string_view in) {
  constexpr std::size_t longest_charset = 64;
  const std::size_t charset_end = in.substr(0, longest_charset).find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= in.size()) return std::nullopt;
  const char encoding = static_cast<char>(in[charset_end + 1] | 0x20);
  if ((encoding != 'b' && encoding != 'q') || in[charset_end + 2] != '?') return std::nullopt;
  const std::size_t start = charset_end + 3;
  const std::size_t end = in.find("?=", start);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view charset = in.substr(2, charset_end - 2);
  Word word{charset.substr(0, charset.find('*')), {}, end + 2};  // RFC 2231 §5: "charset*language"
  std::string text(in.substr(start, end - start));
  if (encoding == 'q') std::replace(text.begin(), text.end(), '_', ' ');
  word.octets = encoding == 'b' ? decode_base64(text) : decode_quoted_printable(text);
  return word;
}

}  // namespace

std::string decode_encoded_words(std::string_view raw) {
  std::string out, octets;
  std::string_view charset;  // of the words that wait in `octets`
  const auto flush = [&] {
    out += to_utf8(octets, charset);
    octets.clear();
    charset = {};
  };
  bool words_end = true;  // false once a word was not closed: no later one is, and none is searched for again
  std::size_t plain = 0;  // where the text that is not yet in `out` begins
  for (std::size_t at = raw.find("=?"); at != std::string_view::npos && words_end; at = raw.find("=?", at)) {
    words_end = raw.find("?=", at + 2) != std::string_view::npos;
    const auto word = words_end ? word_at(raw.substr(at)) : std::nullopt;
    if (!word) {
      at += 2;
      continue;
    }
    const std::string_view between = raw.substr(plain, at - plain);
    const bool adjacent = !charset.empty() && between.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (!adjacent || !equals_ignoring_case(charset, word->charset)) flush();
    if (!adjacent) out += to_utf8(between, "");
    charset = word->charset;
    octets += word->octets;
    at += word->size;
    plain = at;
  }
  flush();
  return out + to_utf8(raw.substr(plain), "");
}

}  // namespace postern::mail
