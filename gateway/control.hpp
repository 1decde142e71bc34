// The control socket's requests: one JSON object with "command", answered by one JSON object with "ok".
//
//   {"command":"status"}   {"command":"reload"}   {"command":"queue.show","id":"…"}
//   {"command":"spool.set-aside","id":"…"}    the records of one message, or which there are
//   {"command":"queue.list","after":"…","limit":100, …}      the messages that a filter fits (queue_filter.hpp)
//   {"command":"queue.hold|release|retry|delete|reroute", …}   "to" of a reroute; "all": true instead of a filter
#pragma once

#include <functional>
#include <string>

#include <boost/json.hpp>

#include "gateway/queue_change.hpp"
#include "gateway/services.hpp"
#include "net/local_socket.hpp"

namespace postern::gateway {

/// To queue.list; for the admin command too, while the daemon is down.
[[nodiscard]] boost::json::object answer_list(spool::Spool& spool, const boost::json::object& request, Time now);

class Control {
 public:
  struct Hooks {
    std::function<boost::json::object()> status;
    /// Loads the policy again; the complaints where it is wrong and the running one stays.
    std::function<Diagnostics()> reload;
  };
  Control(Services& services, Hooks hooks) : services_(services), hooks_(std::move(hooks)) {}

  net::awaitable<std::string> handle(net::LocalPeer peer, std::string request);

 private:
  net::awaitable<boost::json::object> dispatch(net::LocalPeer peer, const boost::json::object& request);
  net::awaitable<boost::json::object> act(net::LocalPeer peer, QueueAction action, const boost::json::object& request);
  net::awaitable<boost::json::object> list(const boost::json::object& request);
  net::awaitable<boost::json::object> show(const std::string& id);
  net::awaitable<boost::json::object> reload();

  Services& services_;
  Hooks hooks_;
};

}  // namespace postern::gateway
