#include "portal/file_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "portal/shown_text.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t most_characters = 120, longest_extension = 20;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string first_characters(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && most-- == 0) break;
  }
  return std::string(text.substr(0, at));
}

/// Windows opens a device for these, with any extension.
bool is_reserved(std::string_view name) {
  const std::string stem = lowered(trimmed(name.substr(0, name.find('.'))));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul" || stem == "conin$" || stem == "conout$")
    return true;
  if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
  const std::string_view number = std::string_view(stem).substr(3);
  return (number.size() == 1 && is_digit(number[0])) || number == "¹" || number == "²" || number == "³";
}

std::string_view without_dots_at_the_end(std::string_view name) {
  return name.substr(0, name.find_last_not_of(" .") + 1);
}

std::string shortened(const std::string& name) {
  if (characters(name) <= most_characters) return name;
  const std::size_t dot = name.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : name.substr(dot);
  if (characters(extension) > longest_extension) return first_characters(name, most_characters);
  const std::string stem = first_characters(name.substr(0, dot), most_characters - characters(extension));
  return std::string(without_dots_at_the_end(stem)) + extension;
}

}  // namespace

std::string safe_file_name(std::string_view raw, std::string_view otherwise) {
  constexpr std::size_t most = 4'000;  // of what is looked at
  std::string name = shown_line(first_octets(raw, most), most);
  while (!name.empty() && (name.back() == '/' || name.back() == '\\'))
    name.pop_back();
  if (const std::size_t path = name.find_last_of("/\\"); path != std::string::npos) name.erase(0, path + 1);
  std::ranges::replace_if(name, [](char c) { return std::string_view("<>:\"|?*").contains(c); }, '_');
  name = without_dots_at_the_end(trimmed(name));
  if (name.starts_with('.')) name.insert(0, 1, '_');
  name = without_dots_at_the_end(shortened(name));
  if (name.empty()) return std::string(otherwise);
  if (is_reserved(name)) name = shortened("_" + name);
  return name;
}

std::string_view usual_file_name(std::string_view media_type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> names = {{
      {"text/plain", "text.txt"},
      {"text/html", "page.html"},
      {"text/calendar", "invitation.ics"},
      {"text/csv", "table.csv"},
      {"message/rfc822", "message.eml"},
      {"application/pdf", "document.pdf"},
      {"application/pgp-signature", "signature.asc"},
      {"application/pkcs7-signature", "smime.p7s"},
      {"application/x-pkcs7-signature", "smime.p7s"},
      {"application/ms-tnef", "winmail.dat"},
      {"image/png", "image.png"},
      {"image/jpeg", "image.jpg"},
      {"image/gif", "image.gif"},
      {"image/webp", "image.webp"},
  }};
  const auto* const found = std::ranges::find(names, media_type, &std::pair<std::string_view, std::string_view>::first);
  return found == names.end() ? "attachment.bin" : found->second;
}

}  // namespace postern::portal
