// Every page of the portal in every state, for the tests of the pages and for a browser (interop/portal_pages/).
#pragma once

#include <string>
#include <vector>

#include "portal/pages.hpp"

namespace postern::test {

struct PageSample {
  std::string name;  // "code-wrong"
  std::string html;
};
/// Paths in them are "/<language>/<name>.html".
[[nodiscard]] std::vector<PageSample> page_samples(const portal::Look& look);
[[nodiscard]] std::string language_code(portal::Language language);

inline constexpr portal::Language all_languages[] = {portal::Language::en, portal::Language::de, portal::Language::fr,
                                                     portal::Language::es};

/// 28 November 2026, 17:36:21 UTC
[[nodiscard]] Time sample_time();
[[nodiscard]] portal::Brand clinic();
[[nodiscard]] portal::MessageView sample_message();
/// As the server would fill it for a message with an HTML body.
[[nodiscard]] portal::MessagePage page_of(const portal::MessageView& message, const std::string& folder);

}  // namespace postern::test
