// The only file that includes Boost.Beast, and of that only the parser: the bytes are a Stream's.
#include "net/http.hpp"

#include <array>
#include <optional>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace postern::net {
namespace {

namespace http = boost::beast::http;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t longest_header = 16U << 10;
constexpr std::size_t piece = 4096;

std::string request_of(const HttpsGet& wanted) {
  return "GET " + wanted.target + " HTTP/1.1\r\nHost: " + wanted.host +
         "\r\nUser-Agent: Postern\r\nAccept: text/plain\r\nConnection: close\r\n\r\n";
}

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

awaitable<Result<HttpAnswer>> exchange(Stream& stream, std::shared_ptr<const TlsClient> client,
                                       const HttpsGet& wanted) {
  const TlsSession session = co_await stream.start_tls(*client, wanted.host);
  if (std::string why = wanted.refuse(session); !why.empty()) co_return fail(Errc::unavailable, std::move(why));
  const std::string request = request_of(wanted);
  co_await stream.write(request);
  Reply reply(wanted.longest);
  std::array<char, piece> buffer{};
  for (;;) {
    const std::size_t got = co_await stream.read_some(buffer);
    if (got == 0) co_return fail(Errc::unavailable, "the answer breaks off");
    const Result<bool> whole = reply.take({buffer.data(), got});
    if (!whole) co_return fail(whole.error());
    if (*whole) co_return reply.answer();
  }
}

}  // namespace

awaitable<Result<HttpAnswer>> https_get(Dialer& dialer, std::shared_ptr<const TlsClient> client, HttpsGet wanted) {
  const auto until = SteadyClock::now() + wanted.patience;
  std::unique_ptr<Stream> stream;
  Result<HttpAnswer> answer = fail(Errc::unavailable, "");
  try {
    stream = co_await dialer.dial(wanted.at, wanted.patience);
    // Once, and for all that follows: who sends an octet now and then gains no time by it.
    stream->expires_after(std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()));
    answer = co_await exchange(*stream, std::move(client), wanted);
  } catch (const TimedOut&) {
    answer = fail(Errc::unavailable, "no answer in time");
  } catch (const Broken& broken) {
    answer =
        fail(Errc::unavailable, std::string(stream ? "the connection failed: " : "no connection: ") + broken.what());
  }
  if (stream) stream->close();
  co_return answer;
}

}  // namespace postern::net
