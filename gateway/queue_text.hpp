// The admin command's answers, for a person's eyes.
#pragma once

#include <string>

#include <boost/json.hpp>

namespace postern::gateway {

[[nodiscard]] std::string format_queue_list(const boost::json::object& answer);
[[nodiscard]] std::string format_queue_done(const boost::json::object& answer);
[[nodiscard]] std::string format_queue_message(const boost::json::object& answer);
[[nodiscard]] std::string format_status(const boost::json::object& answer);

}  // namespace postern::gateway
