// A QR code (ISO/IEC 18004) as a drawing in the page: dark on white with its quiet zone, by day and by night. Pure.
#pragma once

#include <optional>
#include <string>

#include "portal/markup.hpp"

namespace postern::portal {

/// `label` is what a screen reader says. Nothing where the text is too long for one, or has a NUL.
[[nodiscard]] std::optional<Markup> qr_code(const std::string& text, const Markup& label);

}  // namespace postern::portal
