// Which header fields our signatures cover, and how often each is named in h=.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "mail/headers.hpp"

namespace postern::crypto {

/// The names for h=. A name once more than there are such fields says that there are no more (RFC 6376 §8.15): whoever
/// adds one breaks the signature. Errc::limit: so many fields of these names that no signature could list them.
[[nodiscard]] Result<std::vector<std::string>> dkim_fields_to_sign(const mail::HeaderView& headers);

}  // namespace postern::crypto
