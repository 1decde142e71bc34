// With http_server.cpp the only file that includes Boost.Beast, and of that only the parser: the bytes are a Stream's.
#include "net/http.hpp"

#include <functional>
#include <vector>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace postern::net {
namespace {

namespace http = boost::beast::http;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t longest_header = 16U << 10;
constexpr std::size_t piece = 16U << 10;
constexpr std::uint16_t http_port = 80, https_port = 443;

/// Bytes come in, an answer comes out.
class Reply {
 public:
  explicit Reply(std::size_t longest_body) {
    parser_.eager(true);
    parser_.header_limit(longest_header);
    parser_.body_limit(longest_body);
  }

  /// True once it is whole. An Error ends it.
  Result<bool> take(std::string_view bytes) {
    held_ += bytes;
    boost::system::error_code error;
    const std::size_t used = parser_.put(boost::asio::buffer(held_), error);
    held_.erase(0, used);
    if (error == http::error::need_more) error = {};
    if (error == http::error::body_limit || error == http::error::header_limit)
      return fail(Errc::limit, "the answer is too long");
    if (error) return fail(Errc::invalid, "the answer is not HTTP");
    // RFC 9112 §9.8: an answer that ends with the connection may have been cut by anybody on the way.
    if (parser_.is_header_done() && !parser_.chunked() && !parser_.content_length() && !parser_.is_done())
      return fail(Errc::invalid, "the answer does not say where it ends");
    return parser_.is_done();
  }
  [[nodiscard]] HttpAnswer answer() {
    auto message = parser_.release();
    return {message.result_int(), std::string(message[http::field::content_type]), std::move(message.body())};
  }

 private:
  http::response_parser<http::string_body> parser_;
  std::string held_;
};

/// HttpRequest or HttpsRequest; `usual_port` of its scheme need not be said.
template <class Wanted>
std::string request_of(const Wanted& wanted, std::uint16_t usual_port) {
  std::string head = (wanted.post ? "POST " : "GET ") + wanted.target + " HTTP/1.1\r\nHost: " + wanted.host;
  if (wanted.at.port != usual_port) head += ":" + std::to_string(wanted.at.port);
  head += "\r\nUser-Agent: Postern\r\nAccept: */*\r\nConnection: close\r\n";
  if (!wanted.post) return head + "\r\n";
  return head + "Content-Type: " + wanted.post->type +
         "\r\nContent-Length: " + std::to_string(wanted.post->body.size()) + "\r\n\r\n" + wanted.post->body;
}

awaitable<Result<HttpAnswer>> exchange(Stream& stream, std::string request, std::size_t longest) {
  co_await stream.write(request);
  Reply reply(longest);
  std::vector<char> buffer(piece);
  for (;;) {
    const std::size_t got = co_await stream.read_some(buffer);
    if (got == 0) co_return fail(Errc::unavailable, "the answer breaks off");
    const Result<bool> whole = reply.take({buffer.data(), got});
    if (!whole) co_return fail(whole.error());
    if (*whole) co_return reply.answer();
  }
}

awaitable<Result<HttpAnswer>> exchange(Stream& stream, std::shared_ptr<const TlsClient> client, HttpsRequest wanted) {
  const TlsSession session = co_await stream.start_tls(*client, wanted.host);
  if (std::string why = wanted.refuse(session); !why.empty()) co_return fail(Errc::unavailable, std::move(why));
  co_return co_await exchange(stream, request_of(wanted, https_port), wanted.longest);
}

/// `talk`: what is said over the connection.
awaitable<Result<HttpAnswer>> converse(Dialer& dialer, Endpoint at, std::chrono::milliseconds patience,
                                       std::function<awaitable<Result<HttpAnswer>>(Stream&)> talk) {
  const auto until = SteadyClock::now() + patience;
  std::unique_ptr<Stream> stream;
  Result<HttpAnswer> answer = fail(Errc::unavailable, "");
  try {
    stream = co_await dialer.dial(at, patience);
    // Once, and for all that follows: who sends an octet now and then gains no time by it.
    stream->expires_after(std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()));
    answer = co_await talk(*stream);
  } catch (const TimedOut&) {
    answer = fail(Errc::unavailable, "no answer in time");
  } catch (const Broken& broken) {
    answer =
        fail(Errc::unavailable, std::string(stream ? "the connection failed: " : "no connection: ") + broken.what());
  }
  if (stream) stream->close();
  co_return answer;
}

}  // namespace

awaitable<Result<HttpAnswer>> https_fetch(Dialer& dialer, std::shared_ptr<const TlsClient> client,
                                          HttpsRequest wanted) {
  const Endpoint at = wanted.at;
  const auto patience = wanted.patience;
  co_return co_await converse(dialer, at, patience, [&](Stream& stream) { return exchange(stream, client, wanted); });
}

awaitable<Result<HttpAnswer>> http_fetch(Dialer& dialer, HttpRequest wanted) {
  const Endpoint at = wanted.at;
  const auto patience = wanted.patience;
  const std::size_t longest = wanted.longest;
  const std::string request = request_of(wanted, http_port);
  co_return co_await converse(dialer, at, patience, [&](Stream& stream) { return exchange(stream, request, longest); });
}

}  // namespace postern::net
