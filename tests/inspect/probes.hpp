// The probes that the cases under tests/cases/inspect ask, and short words for what comes back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "inspect/inspector.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {

[[nodiscard]] mail::ProbeSet case_probes();
[[nodiscard]] mail::Facts inspect_with(const mail::ProbeSet& probes, std::string_view message,
                                       InspectLimits limits = {});
/// LF or CRLF in, CRLF out: inside Postern a message has CRLF.
[[nodiscard]] std::string with_crlf(std::string_view text);
[[nodiscard]] std::string read_file(const std::string& path);
/// "part 1 text/plain\n…found ssn 1 2\n": parts in order, then counts by probe name and part.
[[nodiscard]] std::string describe(const mail::Facts& facts, const mail::ProbeSet& probes);
[[nodiscard]] std::size_t count(const mail::Facts& facts, std::uint32_t probe);

}  // namespace postern::inspect
