// What a visitor typed and attached, as a MIME entity (RFC 2045): ready to stand below the header that posternd writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace postern::portal {

struct ReplyFile {
  std::string name;  // a safe file name
  std::string type;  // as the browser calls it; what is no plain media type is an octet stream
  std::string_view content;
};

/// Content-* fields, an empty line, the body. `text`: UTF-8, its lines end with LF.
[[nodiscard]] std::string reply_entity(std::string_view text, const std::vector<ReplyFile>& files, Random& random);

/// "Re: …", once.
[[nodiscard]] std::string reply_subject(std::string_view subject);

}  // namespace postern::portal
