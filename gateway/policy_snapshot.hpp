// The policy in force: rules and the inspector compiled for their probes, swapped as one.
// A message keeps the snapshot that it was inspected with, so a reload never mixes two policies.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
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

using MakeInspector = std::function<Result<std::unique_ptr<inspect::Inspector>>(
    const mail::ProbeSet& probes, inspect::InspectLimits limits, std::string value_key)>;

/// Reads every *.toml of config.policy_dir, in the order of their names. All that is wrong comes back at once.
/// `make`: where messages will be read; in this process, or as gateway/isolation.hpp says.
[[nodiscard]] std::expected<Policy, Diagnostics> load_policy(const Config& config, const Clock& clock, Random& random,
                                                             const MakeInspector& make = inspect::make_inspector);

using PolicyHolder = Current<PolicySnapshot>;

}  // namespace postern::gateway
