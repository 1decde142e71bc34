#include "mail/security.hpp"

namespace postern::mail {

std::string_view format_dane_state(DaneState state) {
  switch (state) {
    case DaneState::absent: return "absent";
    case DaneState::usable: return "usable";
    case DaneState::unusable: return "unusable";
    case DaneState::failed: return "failed";
  }
  return "";
}

}  // namespace postern::mail
