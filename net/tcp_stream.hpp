// The Stream over a TCP socket, for net/ alone.
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "net/stream.hpp"

namespace postern::net {

[[nodiscard]] std::unique_ptr<Stream> make_tcp_stream(boost::asio::ip::tcp::socket socket);

}  // namespace postern::net
