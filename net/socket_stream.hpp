// The Stream over a socket, for net/ alone. Of a UNIX socket both ends are called "local".
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "net/stream.hpp"

namespace postern::net {

[[nodiscard]] std::unique_ptr<Stream> make_stream(boost::asio::ip::tcp::socket socket);
[[nodiscard]] std::unique_ptr<Stream> make_stream(boost::asio::local::stream_protocol::socket socket);

}  // namespace postern::net
