#include "mail/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <iconv.h>

#include "base/utf8.hpp"

namespace postern::mail {
namespace {

// The range 0x80 to 0x9f of windows-1252; the rest is ISO 8859-1. The five holes stay C1 controls.
constexpr std::array<std::uint16_t, 32> windows_1252 = {0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                                        0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
                                                        0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                        0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

CodePoint single_byte(std::uint8_t byte) {
  if (byte >= 0x80 && byte < 0xa0) return {windows_1252[byte - 0x80U], 1};
  return {byte, 1};
}

std::string make_valid(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t plain = ascii_length(bytes.substr(i));
    out += bytes.substr(i, plain);
    i += plain;
    if (i == bytes.size()) break;
    const CodePoint c = code_point_at(bytes, i);
    append_utf8(out, c.value);
    i += c.size;
  }
  return out;
}

bool plain_charset_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

/// Carries on after an invalid byte, which is read as windows-1252.
std::string convert(iconv_t converter, std::string_view bytes) {
  std::string out;
  std::array<char, 4096> buffer;
  char* in = const_cast<char*>(bytes.data());  // iconv's interface; it does not write there
  std::size_t left = bytes.size();
  while (left > 0) {
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const std::size_t result = iconv(converter, &in, &left, &to, &room);
    const int error = result == static_cast<std::size_t>(-1) ? errno : 0;
    out.append(buffer.data(), buffer.size() - room);
    if (error == 0 || error == E2BIG || left == 0) continue;
    append_utf8(out, single_byte(static_cast<std::uint8_t>(*in)).value);  // EILSEQ, or EINVAL at the end
    ++in;
    --left;
  }
  return make_valid(out);
}

std::string_view byte_order_mark(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe")) return "utf-16";
  if (bytes.starts_with("\xfe\xff")) return "utf-16";
  return {};
}

/// Where the C library's converters are differs by system: next to one of them, once it is loaded.
std::filesystem::path converter_folder() {
  (void)iconv_open("UTF-8", "big5");
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/gconv/") != std::string::npos && line.ends_with(".so"))
      return std::filesystem::path(line.substr(line.find('/'))).parent_path();
  }
  return {};
}

/// The lines "module FROM// TO// FILE COST" of its lists.
std::vector<std::string> charsets_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> lists{folder / "gconv-modules"};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "gconv-modules.d", error))
    lists.push_back(entry.path());
  std::vector<std::string> charsets;
  for (const auto& list : lists) {
    std::ifstream in(list);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string keyword, from;
      if (words >> keyword >> from && keyword == "module") charsets.push_back(from.substr(0, from.find('/')));
    }
  }
  return charsets;
}

/// The C library keeps a converter in memory while one is open, so these are never closed.
std::size_t open_for_good(const std::vector<std::string>& charsets) {
  std::size_t opened = 0;
  for (const std::string& charset : charsets) {
    if (iconv_open("UTF-8", charset.c_str()) != reinterpret_cast<iconv_t>(-1)) ++opened;
  }
  return opened;
}

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const std::uint8_t first = byte_at(text, at);
  if (first < 0x80) return {first, 1};  // nearly always: without a call
  const Utf8Character character = decode_utf8(text.substr(at));
  return character.octets > 0 ? CodePoint{character.code, character.octets} : single_byte(first);
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  std::string name = lowered(charset);
  if (const std::string_view mark = byte_order_mark(bytes); !mark.empty()) name = mark;
  const bool ascii_or_utf8 = name == "utf-8" || name == "utf8" || name == "us-ascii" || name == "ascii";
  const bool latin = name == "iso-8859-1" || name == "windows-1252";
  // Bytes that are valid UTF-8 are read so under a wrong Latin label too: the ASCII in them is the same
  // either way.
  if (ascii_or_utf8 || latin || !plain_charset_name(name)) return make_valid(bytes);
  const iconv_t converter = iconv_open("UTF-8", name.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return make_valid(bytes);
  std::string out = convert(converter, bytes);
  iconv_close(converter);
  return out;
}

std::size_t load_usual_charsets() {
  return open_for_good({"no such charset",  // makes it read its configuration too
                        "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1251", "koi8-r", "gb2312", "gbk",
                        "gb18030", "big5", "shift_jis", "iso-2022-jp", "euc-jp", "euc-kr", "utf-7", "utf-16",
                        "utf-32"});
}

std::size_t load_all_charsets() {
  return open_for_good(charsets_in(converter_folder()));
}

bool keeps_ascii(std::string_view charset) {
  const std::string name = lowered(charset);
  if (name.empty() || name == "gbk" || name == "gb2312" || name == "gb18030" || name == "macintosh") return true;
  for (const std::string_view family : {"us-ascii", "ascii", "utf-8", "utf8", "iso-8859-", "windows-", "cp125", "koi8-",
                                        "big5", "euc-", "shift_jis", "ks_c_5601", "tis-620"}) {
    if (name.starts_with(family)) return true;
  }
  return false;
}

}  // namespace postern::mail
