// Any octets as a message: what is shown of it is within its limits, its attachments have plain names and tokens for
// types, and each of them can be had under its index, as large as it says.
#include <algorithm>
#include <set>

#include "base/utf8.hpp"
#include "fuzz/target.hpp"
#include "fuzz/words.hpp"
#include "portal/deposit.hpp"
#include "portal/message_view.hpp"
#include "portal/part_reader.hpp"
#include "portal/shown_text.hpp"

using namespace postern;
using fuzz::require;

FUZZ_WORDS(
    "From To Cc Subject Reply-To Date Content-Type Content-Disposition Content-Transfer-Encoding Content-ID text plain "
    "html multipart mixed alternative related signed report digest message rfc822 boundary charset utf-8 utf-16 "
    "iso-2022-jp windows-1252 format flowed delsp yes start name filename attachment inline base64 quoted-printable "
    "x-uuencode application octet-stream ms-tnef image png")

namespace {

/// UTF-8, and no control characters but those that are allowed.
bool plain(std::string text, std::string_view allowed) {
  std::erase_if(text, [&](char c) { return allowed.contains(c); });
  return is_utf8(text);
}

bool plain(const portal::Correspondent& one) {
  return plain(one.name, "") && plain(one.address, "");
}

bool plain_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.back() == '.' || name.back() == ' ') return false;
  if (name.find_first_of("/\\<>:\"|?*") != std::string_view::npos || !plain(std::string(name), "")) return false;
  std::size_t characters = 0;
  for (; !name.empty(); ++characters) {
    const auto c = decode_utf8(name);
    if (portal::is_deceptive(c.code)) return false;
    name.remove_prefix(c.octets);
  }
  return characters <= 120;
}

bool plain_type(std::string_view type) {
  const bool token = std::ranges::all_of(type, [](char c) { return c > ' ' && c < 0x7f && (c < 'A' || c > 'Z'); });
  return token && std::ranges::count(type, '/') == 1 && type.front() != '/' && type.back() != '/';
}

/// As it is sent to a browser.
std::string by_place(std::string_view bytes, const portal::Place& place) {
  portal::PartReader reader(
      [bytes](std::uint32_t i) -> Result<std::string> {
        return std::string(bytes.substr(i * portal::chunk_size, portal::chunk_size));
      },
      place);
  std::string whole;
  for (std::string piece; !(piece = reader.next()).empty();)
    whole += piece;
  return whole;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  const auto view = portal::read_message(bytes);
  require(plain(view.subject, "") && plain(view.from) && (!view.reply_to || plain(*view.reply_to)));
  require(std::ranges::all_of(view.to, [](const auto& one) { return plain(one); }));
  require(plain(view.text, "\n\t") && plain(view.html, "\n\t"));
  require(view.text.size() <= 2U << 20 && view.html.size() <= 2U << 20 && view.attachments.size() <= 1'000);
  std::set<std::size_t> indexes;
  for (const auto& attachment : view.attachments) {
    require(plain_name(attachment.name) && plain_type(attachment.type) && attachment.index == indexes.size());
    indexes.insert(attachment.index);
    const auto content = portal::part_content(bytes, attachment.index);
    require(content && content->size() == attachment.size);
    if (attachment.place) require(by_place(bytes, *attachment.place) == *content);
  }
  for (const auto& [id, index] : view.inline_images)
    require(indexes.contains(index));
  require(!portal::part_content(bytes, 1'000));
  return 0;
}
