// The files of portal/web/, in the program. CMake writes them as literals: what #embed takes in, ccache does not
// notice.
#include "portal/pages.hpp"
#include "portal/pages_factors.hpp"

namespace postern::portal {

std::string_view style_sheet() {
  static constexpr std::string_view text =
#include "portal_web/style.css.inc"
      ;
  return text;
}

std::string_view icon() {
  static constexpr std::string_view text =
#include "portal_web/icon.svg.inc"
      ;
  return text;
}

std::string_view passkey_script() {
  static constexpr std::string_view text =
#include "portal_web/passkey.js.inc"
      ;
  return text;
}

}  // namespace postern::portal
