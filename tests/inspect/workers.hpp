// Inspectors behind a worker, for tests: the real postern-inspect, or one that misbehaves.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "inspect/worker_channel.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {

[[nodiscard]] WorkerOptions real_worker();
[[nodiscard]] WorkerOptions evil_worker();

[[nodiscard]] std::unique_ptr<Inspector> start_inspector(const WorkerOptions& options, InspectLimits limits = {});
/// Requires that there are some.
[[nodiscard]] mail::Facts facts_of(Inspector& inspector, const std::string& message);

/// Descriptors that this process has open.
[[nodiscard]] std::size_t open_descriptors();
/// Processes whose parent it is, zombies too.
[[nodiscard]] std::vector<int> children_of(int process);
[[nodiscard]] std::vector<int> child_process_ids();  // of this one
[[nodiscard]] std::size_t child_processes();

}  // namespace postern::inspect
