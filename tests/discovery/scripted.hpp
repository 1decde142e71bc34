// Resolvers that answer what a test wrote down.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "net/datagram.hpp"
#include "net/egress.hpp"
#include "tests/discovery/packets.hpp"
#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

namespace postern::discovery {

using test::run;

struct FakeClock final : Clock {
  Time time{Duration(1'000'000)};
  [[nodiscard]] Time now() const override { return time; }
};

struct CountingRandom final : Random {
  std::uint64_t state = 1;
  void fill(std::span<std::uint8_t> into) override {
    for (std::uint8_t& byte : into) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<std::uint8_t>(state >> 56);
    }
  }
};

/// Nothing is off limits: the addresses of tests are not public.
inline net::EgressPolicy anywhere() {
  return {[](const std::string&) { return true; }};
}

/// Each question takes the next reply; a reply that throws is a network that fails.
struct ScriptedUdp final : net::DatagramClient {
  using Reply = std::function<std::string(std::string_view query)>;
  std::deque<Reply> replies;
  std::vector<std::string> queries;

  net::awaitable<std::string> ask(net::Endpoint, std::string query, std::chrono::milliseconds,
                                  bool (*accept)(std::string_view, std::string_view)) override {
    queries.push_back(query);
    if (replies.empty()) throw net::TimedOut("no answer");
    const Reply reply = std::move(replies.front());
    replies.pop_front();
    std::string bytes = reply(query);
    if (!accept(query, bytes)) throw net::TimedOut("only other answers came");
    co_return bytes;
  }
  void answer(PacketParts parts) {
    replies.emplace_back([parts](std::string_view query) { return answer_to(query, parts); });
  }
};

/// One TCP exchange; the answer comes in pieces of `piece` octets.
struct ScriptedTcp final : net::Dialer {
  ScriptedUdp::Reply reply;
  std::size_t piece = 1;
  unsigned dialled = 0;

  struct Connection final : test::QuietStream {
    ScriptedUdp::Reply reply;
    std::size_t piece = 1;
    std::string out;
    net::awaitable<std::size_t> read_some(std::span<char> into) override {
      const std::size_t n = std::min({piece, into.size(), out.size()});
      std::copy_n(out.begin(), n, into.begin());
      out.erase(0, n);
      co_return n;
    }
    net::awaitable<void> write(std::string_view bytes) override {
      const std::string answer = reply(bytes.substr(2));
      out.push_back(static_cast<char>(answer.size() >> 8));
      out.push_back(static_cast<char>(answer.size()));
      out += answer;
      co_return;
    }
  };

  net::awaitable<std::unique_ptr<net::Stream>> dial(net::Endpoint, std::chrono::milliseconds) override {
    ++dialled;
    if (!reply) throw net::Broken("connection refused");
    auto connection = std::make_unique<Connection>();
    connection->reply = reply;
    connection->piece = piece;
    co_return connection;
  }
};

/// Answers by name and type; what is not listed does not exist.
struct TableResolver final : Resolver {
  std::map<std::pair<std::string, RecordType>, DnsAnswer> table;
  std::vector<std::string> asked;
  std::string source = "127.0.0.1:53";

  net::awaitable<DnsAnswer> resolve(std::string name, RecordType type) override {
    asked.push_back(name);
    const auto found = table.find({name, type});
    if (found != table.end()) co_return found->second;
    DnsAnswer none;
    none.status = DnsStatus::insecure;
    none.source = source;
    co_return none;
  }
  void mx(const std::string& domain, std::vector<std::pair<std::uint16_t, std::string>> hosts) {
    DnsAnswer& answer = at(domain, RecordType::mx);
    for (auto& [preference, host] : hosts)
      answer.records.push_back({RecordType::mx, 300, preference, host});
  }
  void address(const std::string& host, const std::string& address) {
    const RecordType type = address.find(':') == std::string::npos ? RecordType::a : RecordType::aaaa;
    at(host, type).records.push_back({type, 300, 0, address});
  }
  DnsAnswer& at(const std::string& name, RecordType type) {
    DnsAnswer& answer = table[{name, type}];
    answer.status = DnsStatus::insecure;
    answer.name_exists = true;
    answer.source = source;
    return answer;
  }
  void fails(const std::string& name, RecordType type, DnsStatus status = DnsStatus::failed) {
    DnsAnswer& answer = table[{name, type}];
    answer.status = status;
    answer.reason = "SERVFAIL";
    answer.source = source;
  }
};

}  // namespace postern::discovery
