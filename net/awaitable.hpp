// The coroutine type of the whole gateway. This is the one Asio header that a session includes.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace postern::net {

template <class T>
using awaitable = boost::asio::awaitable<T>;

}  // namespace postern::net
