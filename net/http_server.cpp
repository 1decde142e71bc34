// With http.cpp the only file that includes Boost.Beast, and of that only the parser: the bytes are a Stream's.
#include "net/http_server.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/ascii.hpp"

namespace postern::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t piece = 16U << 10;
constexpr std::size_t stretch = 64U << 10;  // of a body, that has a deadline of its own
constexpr std::size_t longest_target = 4096;
constexpr std::chrono::seconds least_patience{20};
constexpr std::size_t most_ignored = 64U << 20;

/// An answer that ends the connection.
struct Misunderstood {
  unsigned status;
  HttpCall head = {};  // as far as it was read
};

std::string text_of(boost::beast::string_view view) {
  return {view.data(), view.size()};
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

/// RFC 9110 §7.2: a name or an address, and a port that we do not need.
std::optional<std::string> host_of(std::string_view value) {
  const bool literal = value.starts_with('[');
  const std::size_t end = literal ? value.find(']') : value.find(':');
  std::string_view name = value.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? std::string_view() : value.substr(literal ? end + 1 : end);
  if (literal && end == std::string_view::npos) return std::nullopt;
  if (rest.starts_with(':')) rest.remove_prefix(1);
  const auto in_name = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '[' || c == ':'; };
  if (name.empty() || name.size() > 255 || !std::ranges::all_of(name, in_name)) return std::nullopt;
  if (rest.size() > 5 || !std::ranges::all_of(rest, is_digit)) return std::nullopt;
  return lowered(name);
}

/// RFC 9112 §5.2: the parser would make one field of it, and whoever stands before us may have seen two. `octets` begin
/// with a header section, or with a line of one.
bool is_folded(std::string_view octets) {
  octets = octets.substr(0, octets.find("\r\n\r\n"));
  return octets.starts_with(' ') || octets.starts_with('\t') || octets.find("\r\n ") != std::string_view::npos ||
         octets.find("\r\n\t") != std::string_view::npos;
}

class Connection {
 public:
  Connection(Stream& stream, const HttpLimits& limits) : stream_(stream), limits_(limits), buffer_(piece) {}

  /// Nothing at the orderly end of the connection.
  awaitable<std::optional<HttpCall>> next() {
    http::request_parser<http::string_body> parser;
    parser.header_limit(limits_.header);
    parser.body_limit(boost::none);
    stream_.expires_after(limits_.idle);
    if (held_.empty() && !co_await more()) co_return std::nullopt;
    stream_.expires_after(limits_.request);
    // The parser would take a longer one that arrives at once.
    for (std::size_t octets = 0; !parser.is_header_done();) {
      if (is_folded(held_)) throw Misunderstood{400};
      octets += put(parser);
      if (octets + (parser.is_header_done() ? 0 : held_.size()) > limits_.header) throw Misunderstood{431};
      if (!parser.is_header_done() && !co_await more()) co_return std::nullopt;
    }
    HttpCall call = call_of(parser);
    if (!parser.is_done()) {
      const HttpRoom room = limits_.body(call, parser.content_length() ? *parser.content_length() : UINT64_MAX);
      call.room = room.held;
      const std::size_t most = room.most;
      parser.body_limit(most);
      if (parser.content_length() && *parser.content_length() > most) throw Misunderstood{room.refusal, call};
      if (lowered(call.field("expect")) == "100-continue") co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!co_await read_body(parser, time_for(std::min(most, stretch)))) co_return std::nullopt;
    }
    keep_alive_ = parser.get().keep_alive() && ++served_ < limits_.requests;
    call.body = std::move(parser.get().body());
    co_return call;
  }

  awaitable<void> answer(const HttpResult& result, bool head_only) {
    std::string out = "HTTP/1.1 " + std::to_string(result.status) + " " +
                      text_of(http::obsolete_reason(static_cast<http::status>(result.status))) + "\r\n";
    for (const auto& [name, value] : result.fields)
      out += name + ": " + value + "\r\n";
    if (!keep_alive_) out += "Connection: close\r\n";
    const std::uint64_t size = result.body.size() + (result.more ? result.more->size : 0);
    out += "Content-Length: " + std::to_string(size) + "\r\n\r\n";
    std::string_view left = head_only ? std::string_view() : result.body;
    if (left.size() <= piece) out += std::exchange(left, {});
    stream_.expires_after(time_for(out.size()));
    co_await stream_.write(out);
    co_await write_in_stretches(left);
    if (result.more && !head_only) co_await write_pieces(*result.more);
  }

  /// Who is still sending hears no answer before it has sent it all, and none at all where we hang up on it.
  awaitable<void> ignore_the_rest() {
    stream_.expires_after(limits_.idle);
    for (std::size_t ignored = held_.size(); ignored < most_ignored;) {
      held_.clear();
      if (!co_await more()) break;
      ignored += held_.size();
    }
  }

  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  void end_after_this() { keep_alive_ = false; }

 private:
  std::chrono::milliseconds time_for(std::size_t octets) const {
    return least_patience + std::chrono::seconds(octets / limits_.slowest);
  }

  awaitable<void> write_in_stretches(std::string_view left) {
    for (; !left.empty(); left.remove_prefix(std::min(stretch, left.size()))) {
      stream_.expires_after(time_for(stretch));
      co_await stream_.write(left.substr(0, stretch));
    }
  }

  /// RFC 9112 §8: an answer that is shorter than it said is not whole, and whoever reads it knows by the closed
  /// connection.
  awaitable<void> write_pieces(const HttpPieces& pieces) {
    for (std::uint64_t left = pieces.size; left > 0;) {
      const std::string piece = co_await limits_.piece(pieces.next);
      if (piece.empty() || piece.size() > left) {
        keep_alive_ = false;
        co_return;
      }
      co_await write_in_stretches(piece);
      left -= piece.size();
    }
  }

  /// `patience`: for each stretch of it. False: it ends too early.
  template <class Parser>
  awaitable<bool> read_body(Parser& parser, std::chrono::milliseconds patience) {
    parser.eager(true);
    stream_.expires_after(patience);
    for (std::size_t in_stretch = 0;;) {
      put(parser);
      if (parser.is_done()) co_return true;
      // What is left is none of the body but what stands around chunks, and of that the parser would take any length.
      if (held_.size() > limits_.header) throw Misunderstood{431};
      const std::size_t before = held_.size();
      if (!co_await more()) co_return false;
      in_stretch += held_.size() - before;
      if (in_stretch < stretch) continue;
      in_stretch = 0;
      stream_.expires_after(patience);
    }
  }

  awaitable<bool> more() {
    const std::size_t got = co_await stream_.read_some(buffer_);
    held_.append(buffer_.data(), got);
    co_return got > 0;
  }

  /// How many octets it took.
  template <class Parser>
  std::size_t put(Parser& parser) {
    boost::system::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(held_), error);
    held_.erase(0, used);
    if (!error || error == http::error::need_more) return used;
    if (error == http::error::header_limit) throw Misunderstood{431};
    if (error == http::error::body_limit) throw Misunderstood{413};
    throw Misunderstood{400};
  }

  template <class Parser>
  HttpCall call_of(const Parser& parser) {
    const auto& message = parser.get();
    HttpCall call;
    call.method = text_of(message.method_string());
    const std::string target = text_of(message.target());
    if (message.version() != 11) throw Misunderstood{505};
    if (target.empty() || target.front() != '/' || target.size() > longest_target || !is_visible(target))
      throw Misunderstood{400};
    const std::size_t question = target.find('?');
    call.path = target.substr(0, question);
    if (question != std::string::npos) call.query = target.substr(question + 1);
    unsigned hosts = 0, lengths = 0, codings = 0;
    for (const auto& field : message) {
      std::string name = lowered(text_of(field.name_string()));
      std::string value = text_of(field.value());
      hosts += name == "host";
      if (name == "content-length" && ++lengths > 0 && !std::ranges::all_of(value, is_digit)) throw Misunderstood{400};
      codings += name == "transfer-encoding";
      call.fields.emplace_back(std::move(name), std::move(value));
    }
    // RFC 9112 §6.1: two lengths are how a request is smuggled past whoever believes the other one.
    if (hosts != 1 || lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) throw Misunderstood{400};
    // §6.3: of another coding the parser would think that no body follows.
    if (codings > 0 && lowered(call.field("transfer-encoding")) != "chunked") throw Misunderstood{400};
    auto host = host_of(call.field("host"));
    if (!host) throw Misunderstood{400};
    call.host = std::move(*host);
    if (call.method != "GET" && call.method != "HEAD" && call.method != "POST") throw Misunderstood{405};
    call.peer = stream_.peer();
    return call;
  }

  Stream& stream_;
  const HttpLimits& limits_;
  std::vector<char> buffer_;
  std::string held_;
  std::size_t served_ = 0;
  bool keep_alive_ = true;
};

}  // namespace

const std::string& HttpCall::field(std::string_view name) const {
  static const std::string none;
  const auto found = std::ranges::find(fields, name, [](const auto& field) -> std::string_view { return field.first; });
  return found == fields.end() ? none : found->second;
}

awaitable<void> serve_http(Stream& stream, const HttpLimits& limits, HttpAnswerer answer, HttpRefusal misunderstood) {
  Connection connection(stream, limits);
  std::optional<Misunderstood> refused;
  while (connection.keep_alive() && !refused) {
    try {
      std::optional<HttpCall> call = co_await connection.next();
      if (!call) co_return;
      const bool head = call->method == "HEAD";
      const HttpResult result = co_await answer(std::move(*call));
      co_await connection.answer(result, head);
    } catch (const Misunderstood& trouble) {
      refused = trouble;
    }
  }
  if (!refused) co_return;
  connection.end_after_this();
  const HttpResult result = misunderstood(refused->status, refused->head);
  co_await connection.answer(result, false);
  const bool has_body = !refused->head.method.empty();
  if (has_body) co_await connection.ignore_the_rest();
}

}  // namespace postern::net
