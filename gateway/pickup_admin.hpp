// `postern portal list|show|recall|…`: what an operator does with mail that waits in the portal. Never a link: whoever
// may open this socket is not whom the mail is for.
#pragma once

#include <string>

#include <boost/json.hpp>

#include "gateway/services.hpp"

namespace postern::gateway {

[[nodiscard]] inline bool is_portal_command(const std::string& command) {
  return command.starts_with("portal.");
}
/// `id`: of the message; `recipient`: an address, or none for all of the message's. Listing may go without both.
net::awaitable<boost::json::object> answer_portal(Services& services, boost::json::object request, std::string who);

[[nodiscard]] std::string format_pickups(const boost::json::object& answer);
[[nodiscard]] std::string format_pickup_details(const boost::json::object& answer);
[[nodiscard]] std::string format_pickups_done(const boost::json::object& answer);

}  // namespace postern::gateway
