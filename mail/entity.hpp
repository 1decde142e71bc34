// A message cut for sealing: the MIME entity that is signed or encrypted, and the fields that stay outside.
//
//   const Entity cut = cut_entity(message);           // CRLF-normalised bytes, header section and body
//   message again: cut.outer + "MIME-Version: 1.0\r\n" + sealed entity
//
// RFC 8551 §3.1, RFC 3156 §4: what is sealed is the content with its Content-* fields, and nothing else of the header
// section. Every octet of it stays as it was, since the recipient is to read what the sender sent. Nothing is lost:
// lines that are no fields stay outside, in their place, and of doubled fields both go where one would.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

struct Entity {
  std::string outer;  // fields, each with its CRLF; without MIME-Version, Content-* and the blank line
  std::string inner;  // Content-* fields, blank line, body
};

/// A message without Content-Type is text/plain in US-ASCII (RFC 2045 §5.2), and its entity says so: readers of sealed
/// entities do not all know that default.
[[nodiscard]] Entity cut_entity(std::string_view message);

}  // namespace postern::mail
