// A connection, its octets as a browser or an attacker would send them, and what comes back.
#include "net/http_server.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

namespace {

using namespace postern;
using net::HttpCall;
using net::HttpResult;

struct Visit {
  std::vector<HttpCall> calls;
  std::string answers;
  std::size_t taken = 0;  // octets that were read
};

net::HttpLimits limits_with(std::size_t body) {
  net::HttpLimits limits;
  limits.header = 2000;
  limits.body = [body](const HttpCall&, std::uint64_t) { return net::HttpRoom{body}; };
  return limits;
}

/// `piece`: so many octets arrive at once.
Visit visit(const std::string& octets, std::size_t piece = SIZE_MAX, std::size_t body = 100) {
  Visit visit;
  test::MemoryStream stream(octets, piece);
  const net::HttpLimits limits = limits_with(body);
  test::run(net::serve_http(
      stream, limits,
      [&visit](HttpCall call) -> net::awaitable<HttpResult> {
        visit.calls.push_back(call);
        co_return HttpResult{200, {{"X", "y"}}, "<" + call.path + ">"};
      },
      [](unsigned status, const HttpCall&) { return HttpResult{status, {}, "refused"}; }));
  visit.answers = stream.out;
  visit.taken = stream.given();
  return visit;
}

const std::string get = "GET /a?b=c HTTP/1.1\r\nHost: Secure.clinic.example:443\r\nCookie: d\r\n\r\n";

BOOST_AUTO_TEST_SUITE(http_server)

BOOST_AUTO_TEST_CASE(a_request_is_read_and_answered_however_it_arrives) {
  for (const std::size_t piece : {std::size_t(1), std::size_t(7), SIZE_MAX}) {
    const Visit seen = visit(get, piece);
    BOOST_REQUIRE_EQUAL(seen.calls.size(), 1);
    BOOST_TEST(seen.calls[0].path == "/a");
    BOOST_TEST(seen.calls[0].query == "b=c");
    BOOST_TEST(seen.calls[0].host == "secure.clinic.example");
    BOOST_TEST(seen.calls[0].field("cookie") == "d");
    BOOST_TEST(seen.calls[0].field("none") == "");
    BOOST_TEST(seen.answers == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 4\r\n\r\n</a>");
  }
}

BOOST_AUTO_TEST_CASE(requests_follow_each_other_and_close_ends_them) {
  BOOST_TEST(visit(get + get).calls.size() == 2);
  const std::string last = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const Visit seen = visit(last + get);
  BOOST_TEST(seen.calls.size() == 1);
  BOOST_TEST(seen.answers.find("Connection: close\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_comes_whole_by_its_length_or_in_chunks) {
  const Visit by_length = visit("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + get, 3);
  BOOST_REQUIRE_EQUAL(by_length.calls.size(), 2);
  BOOST_TEST(by_length.calls[0].body == "hello");
  const Visit in_chunks = visit(
      "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" + get, 1);
  BOOST_REQUIRE_EQUAL(in_chunks.calls.size(), 2);
  BOOST_TEST(in_chunks.calls[0].body == "hello");
}

BOOST_AUTO_TEST_CASE(head_is_answered_without_a_body) {
  const Visit seen = visit("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(seen.answers == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 4\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_expects_to_be_told_to_go_on_is_told) {
  const Visit seen = visit("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nh");
  BOOST_TEST(seen.answers.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
}

/// What an intermediary could read in another way is read by nobody: what follows it is not a second request.
BOOST_AUTO_TEST_CASE(what_could_be_two_requests_is_none) {
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string head = "POST /p HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& request : {
           head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
           head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
           head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
           head + "Content-Length: 5, 5\r\n\r\nhello",
           head + "Content-Length: +5\r\n\r\nhello",
           head + "Content-Length: 5 \x0b\r\n\r\nhello",
           head + "Content-Length : 5\r\n\r\nhello",
           head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc",
           head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
           head + " Content-Length: 5\r\n\r\nhello",
           head + "A: b\r\n Content-Length: 5\r\n\r\nhello",
           head + "A: b\r\n\tContent-Length: 5\r\n\r\nhello",
           std::string("POST /p HTTP/1.1\r\n A: b\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
           head + "Content-Length: 0x5\r\n\r\nhello",
           std::string("GET /p HTTP/1.1\nHost: x\n\n"),
           std::string("GET /p HTTP/1.1\r\nHost: x\r\nA: b\n\r\n"),
       }) {
    const Visit seen = visit(request + hidden);
    for (const HttpCall& call : seen.calls)
      BOOST_TEST(call.path != "/p", request);
    BOOST_TEST(seen.answers.starts_with("HTTP/1.1 400"), request + seen.answers);
    BOOST_TEST(seen.answers.find("Connection: close\r\n") != std::string::npos, request + seen.answers);
    BOOST_TEST(seen.answers.find("/hidden") == std::string::npos, request);
  }
}

/// Neither an extension of a chunk nor the fields behind the last one are a body, so the body's limit is not theirs
/// (RFC 9112 §7.1.1): what has no end is not waited for.
BOOST_AUTO_TEST_CASE(what_stands_around_chunks_has_a_limit_too) {
  const std::string head = "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string some(1000, 'e'), endless(1U << 20, 'e');
  BOOST_TEST(visit(head + "1;" + some + "\r\nx\r\n0\r\nA: " + some + "\r\n\r\n").calls.size() == 1);
  for (const std::string& endless_body : {
           head + "1;" + endless,
           head + "0;" + endless,
           head + "1\r\nx\r\n0\r\nA: " + endless,
           head + "1\r\nx\r\n" + endless,
       }) {
    const Visit seen = visit(endless_body, 1000);
    BOOST_TEST(seen.calls.empty());
    BOOST_TEST(seen.answers.starts_with("HTTP/1.1 4"), seen.answers);
    BOOST_TEST(seen.taken < 10'000U);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_for_us_is_refused_with_its_status) {
  const auto status = [](const std::string& request) { return visit(request).answers.substr(9, 3); };
  BOOST_TEST(status("GET /a HTTP/1.1\r\n\r\n") == "400");                        // no host
  BOOST_TEST(status("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == "400");  // two
  BOOST_TEST(status("GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n") == "400");           // no name
  BOOST_TEST(status("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n") == "400");      // for a proxy
  BOOST_TEST(status("GET /a HTTP/1.0\r\nHost: a\r\n\r\n") == "505");
  BOOST_TEST(status("PUT /a HTTP/1.1\r\nHost: a\r\n\r\n") == "405");
  BOOST_TEST(status("GET /" + std::string(1900, 'a') + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(900, 'b') +
                    "\r\n\r\n") == "431");
  BOOST_TEST(status("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n") == "413");
  BOOST_TEST(status("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') +
                    "\r\n0\r\n\r\n") == "413");
  BOOST_TEST(status("\x16\x03\x01 not HTTP at all\r\n\r\n") == "400");
}

/// Pieces of these lengths, said to be `size` octets, and then a second request.
std::string in_pieces(std::vector<std::size_t> lengths, std::uint64_t size, const std::string& method = "GET") {
  test::MemoryStream stream(method + " /a HTTP/1.1\r\nHost: x\r\n\r\n" + get, SIZE_MAX);
  const net::HttpLimits limits = limits_with(100);
  unsigned calls = 0;
  test::run(net::serve_http(
      stream, limits,
      [&](HttpCall) -> net::awaitable<HttpResult> {
        HttpResult result{200, {}, "<"};
        if (++calls == 1) {
          result.more = net::HttpPieces{size, [&lengths] {
                                          if (lengths.empty()) return std::string();
                                          const std::size_t length = lengths.front();
                                          lengths.erase(lengths.begin());
                                          return std::string(length, 'x');
                                        }};
        }
        co_return result;
      },
      [](unsigned status, const HttpCall&) { return HttpResult{status, {}, "refused"}; }));
  return stream.out;
}

BOOST_AUTO_TEST_CASE(an_answer_in_pieces_is_one_answer_with_one_length) {
  const std::string second = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n<";
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 300001\r\n\r\n";
  BOOST_TEST(in_pieces({100'000, 1, 199'999}, 300'000) == first + "<" + std::string(300'000, 'x') + second);
  BOOST_TEST(in_pieces({300'000}, 300'000, "HEAD") == first + second);
}

/// Whoever reads must not take what follows for the rest of it.
BOOST_AUTO_TEST_CASE(where_pieces_are_not_what_was_announced_the_connection_ends) {
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n<";
  BOOST_TEST(in_pieces({100}, 1000) == first + std::string(100, 'x'));
  BOOST_TEST(in_pieces({100, 1000}, 1000) == first + std::string(100, 'x'));
}

/// A browser reads no answer before it has sent its upload: hung up on, it would show its own error and not our page.
BOOST_AUTO_TEST_CASE(the_body_that_has_no_room_is_let_come_and_forgotten) {
  const std::string upload = "POST /p HTTP/1.1\r\nHost: x\r\nAccept-Language: de\r\nContent-Length: 50000\r\n\r\n";
  test::MemoryStream stream(upload + std::string(50'000, 'x') + get, 1000);
  net::HttpLimits limits;
  std::uint64_t announced = 0;
  limits.body = [&](const HttpCall& head, std::uint64_t length) {
    BOOST_TEST(head.path == "/p");
    announced = length;
    return net::HttpRoom{0, 503};
  };
  test::run(net::serve_http(
      stream, limits,
      [](HttpCall) -> net::awaitable<HttpResult> {
        BOOST_ERROR("it was answered as if it had come");
        co_return HttpResult{};
      },
      [](unsigned status, const HttpCall& head) {
        return HttpResult{status, {}, "in " + head.field("accept-language")};
      }));
  BOOST_TEST(announced == 50'000U);
  BOOST_TEST(stream.out == "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 5\r\n\r\nin de");
  BOOST_TEST(stream.given() == stream.in.size());
}

BOOST_AUTO_TEST_CASE(room_is_held_until_the_answer) {
  net::HttpLimits limits;
  std::weak_ptr<int> held;
  limits.body = [&](const HttpCall&, std::uint64_t) {
    auto room = std::make_shared<int>(1);
    held = room;
    return net::HttpRoom{10, 413, room};
  };
  test::MemoryStream stream("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", SIZE_MAX);
  test::run(net::serve_http(
      stream, limits,
      [&](HttpCall call) -> net::awaitable<HttpResult> {
        BOOST_TEST(!held.expired());
        co_return HttpResult{200, {}, call.body};
      },
      [](unsigned, const HttpCall&) { return HttpResult{}; }));
  BOOST_TEST(held.expired());
}

/// However long a message is: who takes none of it is waited for as long as for a stretch of it.
BOOST_AUTO_TEST_CASE(who_reads_or_writes_nothing_is_left_soon_however_much_there_is) {
  struct Impatient final : test::QuietStream {
    net::awaitable<std::size_t> read_some(std::span<char> into) override {
      const std::size_t count = std::min(into.size(), in.size());
      std::copy_n(in.begin(), count, into.begin());
      in.erase(0, count);
      co_return count;
    }
    net::awaitable<void> write(std::string_view) override { co_return; }
    void expires_after(std::chrono::milliseconds time) override {
      longest = std::max(longest, time);
      ++deadlines;
    }
    std::string in;
    std::chrono::milliseconds longest{};
    std::size_t deadlines = 0;
  } stream;
  constexpr std::size_t large = 8U << 20;
  stream.in =
      "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(large) + "\r\n\r\n" + std::string(large, 'x');
  net::HttpLimits limits = limits_with(large);
  limits.idle = {};
  test::run(net::serve_http(
      stream, limits,
      [](const HttpCall&) -> net::awaitable<HttpResult> { co_return HttpResult{200, {}, std::string(large, 'y')}; },
      [](unsigned status, const HttpCall&) { return HttpResult{status, {}, ""}; }));
  BOOST_TEST(stream.longest.count() <= 40'000);
  BOOST_TEST(stream.deadlines > 2 * large / (64U << 10));
}

BOOST_AUTO_TEST_CASE(who_hangs_up_gets_nothing) {
  BOOST_TEST(visit("").answers == "");
  BOOST_TEST(visit("GET /a HT").answers == "");
  BOOST_TEST(visit("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").calls.size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
