// RFC 1952.
#pragma once

#include <string>
#include <string_view>

namespace postern::gateway {

[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace postern::gateway
