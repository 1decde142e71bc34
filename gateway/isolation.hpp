// Where messages are read: in postern-inspect, as the configuration says. For the daemon; the admin command reads in
// its own process.
#pragma once

#include "gateway/policy_snapshot.hpp"

namespace postern::gateway {

/// `user`: whom posternd becomes (--user), and so the worker too where nothing else is configured.
[[nodiscard]] MakeInspector isolated(const Config& config, const std::string& user);

/// What would work at start and no more after root was given up.
[[nodiscard]] Result<void> check_isolation(const Config& config, const std::string& user);

}  // namespace postern::gateway
