// dkim = [{ domain, selector, key }] of a tenant: the keys that its mail is signed with.
#pragma once

#include "base/settings.hpp"
#include "gateway/config.hpp"

namespace postern::gateway {

/// Also what takes the tenant's domains to see, so those must have been read.
[[nodiscard]] std::vector<DkimConfig> read_dkim(Reading& in, const Node& node, const policy::Tenant& tenant);

}  // namespace postern::gateway
