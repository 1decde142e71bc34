// Inline PGP: an encrypted text as the text of a mail. For readers that know nothing else, on request only: it has no
// place for attachments or HTML, and nothing in it is told apart from what a stranger could write around it.
//
//   const auto plain = inline_text(cut.inner);            // or what would be lost
//   format_inline_pgp(*engine.seal(plain->text, keys, signer), plain->charset);
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::crypto {

struct InlineText {
  std::string text;  // its transfer encoding undone
  std::string charset;
};

/// Of an entity that is one text/plain part and no attachment. Errc::invalid says what inline PGP would lose.
[[nodiscard]] Result<InlineText> inline_text(std::string_view entity);
/// A MIME entity. The charset is that of the text inside: readers show the one in the other's place.
[[nodiscard]] std::string format_inline_pgp(std::string_view armoured, std::string_view charset);

}  // namespace postern::crypto
