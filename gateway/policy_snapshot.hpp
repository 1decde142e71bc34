// The policy in force: rules and the inspector compiled for their probes, swapped as one.
// A message keeps the snapshot that it was inspected with, so a reload never mixes two policies.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "base/current.hpp"
#include "base/diagnostic.hpp"
#include "base/random.hpp"
#include "gateway/config.hpp"
#include "inspect/inspector.hpp"
#include "policy/rules.hpp"

namespace postern::gateway {

struct PolicySnapshot {
  policy::Rules rules;
  std::unique_ptr<inspect::Inspector> inspector;
};
using Policy = std::shared_ptr<const PolicySnapshot>;

/// Reads every *.toml of config.policy_dir, in the order of their names. All that is wrong comes back at once.
[[nodiscard]] std::expected<Policy, Diagnostics> load_policy(const Config& config, const Clock& clock, Random& random);

using PolicyHolder = Current<PolicySnapshot>;

}  // namespace postern::gateway
