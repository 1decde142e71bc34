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

std::string_view format_sts_state(StsState state) {
  switch (state) {
    case StsState::absent: return "absent";
    case StsState::unfetched: return "unfetched";
    case StsState::known: return "known";
    case StsState::failed: return "failed";
  }
  return "";
}

std::string format_sts_policy(const StsPolicy& policy) {
  constexpr std::size_t longest = 500;
  std::string text(format_sts_mode(policy.mode));
  for (const std::string& pattern : policy.mx) {
    text += (&pattern == &policy.mx.front() ? ", " : " ") + pattern;
    if (text.size() < longest) continue;
    text += " …";
    break;
  }
  return text + ", " + std::to_string(policy.max_age.count()) + " s";
}

}  // namespace postern::mail
