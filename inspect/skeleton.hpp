// The gateway's own, cheap view of a message's structure: which parts there are, by IMAP's numbers (RFC 9051 §6.4.5),
// and of which media type. What a worker says of a message is held against it (inspect/believe.hpp), so it shares
// nothing with the parser in the worker: no GMime, no decoding, one pass over the lines, bounded depth and parts.
//
// On honest mail it names exactly the parts that inspect/parts.hpp names. On odd mail the two may differ, and a
// difference makes the part uninspectable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/inspector.hpp"

namespace postern::inspect {

struct SkeletonPart {
  std::string path;  // "0": the header section, here only where the outermost multipart is broken
  std::string media_type;
  bool leaf = true;     // false: a message/rfc822 whose own parts are in the skeleton
  bool broken = false;  // has two types, or is a multipart without parts: a fact must call it uninspectable
};

struct Skeleton {
  std::vector<SkeletonPart> parts;
  std::vector<std::string> multiparts;  // where a fact may stand besides
  bool whole = true;                    // false: there are more parts than the limit
};

[[nodiscard]] Skeleton read_skeleton(std::string_view message, const InspectLimits& limits);

/// Nothing but plain text and HTML, soundly labelled.
[[nodiscard]] bool plain_text_and_html(const Skeleton& skeleton);

}  // namespace postern::inspect
