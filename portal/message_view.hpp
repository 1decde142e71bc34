// A message as it is shown to its recipient: what GMime reads of the bytes that were deposited.
//
//   const MessageView view = read_message(bytes);       // never fails: what cannot be read is an attachment
//   view.attachments[2].name                            // and part_content(bytes, 2) gives its octets
//
// Limits: 50 parts deep (what lies deeper is one attachment), 1,000 parts (the message itself, downloaded, has the
// rest), 2 MiB of shown text and 2 MiB of shown HTML (a part that is cut is attached whole); `cut` says that there was
// more. All text is UTF-8 with no control characters but line feeds and tabs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::portal {

struct Correspondent {
  std::string name;     // display name, decoded; may be empty
  std::string address;  // "ann@clinic.example", Unicode as written
};

/// Where a part's octets stand in the message's, and how they are coded there (RFC 2045 §6).
enum class Coding { none, base64, quoted_printable, uuencode };
struct Place {
  std::uint64_t at = 0, size = 0;
  Coding coding = Coding::none;
};

struct AttachmentView {
  std::size_t index = 0;  // for part_content: its place in `attachments`
  std::string
      name;  // a plain file name: no path, no control or bidirectional characters, never empty, at most 120 characters
  std::string type;        // "application/pdf": lower case, a token "/" a token; else "application/octet-stream"
  std::uint64_t size = 0;  // octets, decoded
  std::optional<Place> place = {};  // of what is one part; a message in the message is not
};

struct MessageView {
  std::string subject;
  Correspondent from;
  std::optional<Correspondent> reply_to;  // where it differs from `from`
  std::vector<Correspondent> to, cc;
  std::optional<Time> date;
  std::string text;  // of the best text/plain alternative; the words of the HTML where there is none
  std::string html;  // as it came, UTF-8, NOT safe to show: see safe_html
  /// Images that HTML can name as "cid:…": content id without brackets, and the index of the attachment. No SVG.
  std::vector<std::pair<std::string, std::size_t>> inline_images;
  std::vector<AttachmentView> attachments;  // inline images are among them
  bool cut = false;
};

[[nodiscard]] MessageView read_message(std::string_view bytes);

/// The decoded octets of attachment `index` of the same bytes. Errc::not_found.
[[nodiscard]] Result<std::string> part_content(std::string_view bytes, std::size_t index);

}  // namespace postern::portal
