// The name of an attachment as a browser may offer it for saving, whatever the message says.
#pragma once

#include <string>
#include <string_view>

namespace postern::portal {

/// A plain file name of at most 120 characters: no path, no control, invisible or bidirectional characters, nothing
/// that Windows keeps for itself ("CON", "a:b", a dot or blank at the end), no dot at its beginning. One that is too
/// long keeps its extension. `otherwise` where nothing is left.
[[nodiscard]] std::string safe_file_name(std::string_view name, std::string_view otherwise);

/// "document.pdf" for application/pdf; "attachment.bin" for what is not known.
[[nodiscard]] std::string_view usual_file_name(std::string_view media_type);

}  // namespace postern::portal
