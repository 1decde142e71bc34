// Records that the spool could not read and set aside: for whoever looks into the damage.
#pragma once

#include <string>

#include <boost/json.hpp>

#include "spool/spool.hpp"

namespace postern::gateway {

/// To spool.set-aside: {"records": [{"what", "id", "index"?, "octets"}]}; of one "id" with "bytes", in hexadecimal.
/// Envelopes and wrapped keys at most, never content.
[[nodiscard]] boost::json::object answer_set_aside(spool::Spool& spool, const boost::json::object& request);

/// One line a record.
[[nodiscard]] std::string format_set_aside(const boost::json::object& answer);

}  // namespace postern::gateway
