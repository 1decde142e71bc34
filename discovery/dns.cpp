#include "discovery/dns.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/ascii.hpp"
#include "discovery/cache.hpp"
#include "discovery/wire.hpp"

namespace postern::discovery {
namespace {

std::string lower_name(std::string name) {
  name = lowered(name);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

/// RFC 8914 §4: 6 to 12 are the ways in which a signature does not hold.
bool says_bogus(const WireAnswer& answer) {
  return answer.extended_error >= 6 && answer.extended_error <= 12;
}

/// Up to 64 KiB each, and what came of them is in the key store: too much to keep here.
bool holds_keys(RecordType type) {
  return type == RecordType::smimea || type == RecordType::openpgpkey;
}

class ResolverOverNet final : public Resolver {
 public:
  ResolverOverNet(ResolverOptions options, net::DatagramClient& udp, net::Dialer& tcp, const Clock& clock,
                  Random& random)
      : options_(std::move(options)),
        udp_(udp),
        tcp_(tcp),
        clock_(clock),
        random_(random),
        cache_(options_.cache_entries) {}

  net::awaitable<DnsAnswer> resolve(std::string name, RecordType type) override;

 private:
  net::awaitable<Result<WireAnswer>> ask_once(std::string name, RecordType type);
  net::awaitable<std::string> ask_over_tcp(std::string query);
  DnsAnswer judge(WireAnswer answer) const;
  DnsAnswer failed(std::string reason) const;
  std::string source() const { return net::format_endpoint(options_.address); }

  ResolverOptions options_;
  net::DatagramClient& udp_;
  net::Dialer& tcp_;
  const Clock& clock_;
  Random& random_;
  AnswerCache cache_;
};

net::awaitable<DnsAnswer> ResolverOverNet::resolve(std::string name, RecordType type) {
  name = lower_name(std::move(name));
  if (auto known = cache_.find(name, type, clock_.now())) co_return std::move(*known);
  std::string reason = "no question was asked";
  for (unsigned n = 0; n < std::max(options_.tries, 1U); ++n) {
    Result<WireAnswer> answer = co_await ask_once(name, type);
    if (answer) {
      DnsAnswer judged = judge(std::move(*answer));
      if (judged.answered() && !holds_keys(type)) cache_.keep(name, judged, type, clock_.now());
      co_return judged;
    }
    reason = answer.error().text;
    if (answer.error().code == Errc::invalid) break;  // the name: asking again will not help
  }
  co_return failed(std::move(reason));
}

/// An Error is worth another try, except Errc::invalid.
net::awaitable<Result<WireAnswer>> ResolverOverNet::ask_once(std::string name, RecordType type) {
  const auto id = static_cast<std::uint16_t>(random_.below(65'536));
  Result<std::string> query = encode_query(name, type, id, options_.trust_ad);
  if (!query) co_return fail(query.error());
  try {
    std::string bytes = co_await udp_.ask(options_.address, *query, options_.timeout, &answers_query);
    if (!answers_query(*query, bytes)) co_return fail(Errc::unavailable, "the answer is to another question");
    Result<WireAnswer> answer = decode_answer(bytes, name, type);
    if (answer && answer->truncated) {
      bytes = co_await ask_over_tcp(*query);
      answer = decode_answer(bytes, name, type);
      if (answer && answer->truncated) co_return fail(Errc::unavailable, "the answer is cut off even over TCP");
    }
    if (!answer) co_return fail(Errc::unavailable, answer.error().text);
    co_return answer;
  } catch (const net::TimedOut&) {
    const auto seconds = std::chrono::duration<double>(options_.timeout).count();
    std::string text = std::to_string(seconds);
    text.resize(text.find('.') + 2);
    co_return fail(Errc::timed_out, "no answer within " + text + " s");
  } catch (const net::Broken&) {
    co_return fail(Errc::unavailable, "the resolver cannot be reached");
  }
}

net::awaitable<void> read_exactly(net::Stream& stream, std::span<char> into) {
  while (!into.empty()) {
    const std::size_t n = co_await stream.read_some(into);
    if (n == 0) throw net::Broken("the resolver closed the connection");
    into = into.subspan(n);
  }
}

net::awaitable<std::string> ResolverOverNet::ask_over_tcp(std::string query) {
  const std::unique_ptr<net::Stream> stream = co_await tcp_.dial(options_.address, options_.timeout);
  stream->expires_after(options_.timeout);
  std::string framed;  // RFC 1035 §4.2.2
  framed.push_back(static_cast<char>(query.size() >> 8));
  framed.push_back(static_cast<char>(query.size()));
  framed += query;
  co_await stream->write(framed);
  std::array<char, 2> prefix{};
  co_await read_exactly(*stream, prefix);
  const std::size_t size =
      static_cast<std::size_t>(static_cast<std::uint8_t>(prefix[0])) << 8 | static_cast<std::uint8_t>(prefix[1]);
  std::string answer(size, '\0');
  co_await read_exactly(*stream, answer);
  stream->close();
  if (!answers_query(query, answer)) throw net::Broken("the answer is to another question");
  co_return answer;
}

DnsAnswer ResolverOverNet::judge(WireAnswer answer) const {
  constexpr int nxdomain = 3;
  if (answer.code != 0 && answer.code != nxdomain) {
    DnsAnswer result = failed(format_dns_code(answer.code));
    if (answer.extended_error >= 0) {
      result.reason += " (extended error " + std::to_string(answer.extended_error) + ")";
    }
    if (says_bogus(answer)) result.status = DnsStatus::bogus;
    return result;
  }
  DnsAnswer result;
  result.status = options_.trust_ad && answer.authenticated ? DnsStatus::secure : DnsStatus::insecure;
  result.name_exists = answer.code != nxdomain;
  result.records = std::move(answer.records);
  result.canonical = std::move(answer.canonical);
  result.ttl = answer.ttl;
  result.source = source();
  result.at = clock_.now();
  return result;
}

DnsAnswer ResolverOverNet::failed(std::string reason) const {
  DnsAnswer result;
  result.reason = std::move(reason);
  result.source = source();
  result.at = clock_.now();
  return result;
}

}  // namespace

std::string_view format_record_type(RecordType type) {
  switch (type) {
    case RecordType::a: return "A";
    case RecordType::cname: return "CNAME";
    case RecordType::mx: return "MX";
    case RecordType::txt: return "TXT";
    case RecordType::aaaa: return "AAAA";
    case RecordType::tlsa: return "TLSA";
    case RecordType::smimea: return "SMIMEA";
    case RecordType::openpgpkey: return "OPENPGPKEY";
  }
  return {};
}

constexpr std::size_t longest_evidence = 500;  // a TLSA record may hold a whole certificate

std::vector<std::string> texts_of(const DnsAnswer& answer) {
  std::vector<std::string> texts;
  for (const DnsRecord& record : answer.records)
    texts.push_back(record.value);
  return texts;
}

mail::DnsEvidence evidence_of(const std::string& name, RecordType type, const DnsAnswer& answer) {
  std::string text;
  for (const DnsRecord& record : answer.records) {
    if (!text.empty()) text += ", ";
    if (type == RecordType::mx) text += std::to_string(record.preference) + " ";
    if (holds_keys(type)) {
      text += std::to_string(record.value.size()) + " octets";
    } else {
      text += record.value.empty() ? "." : record.value;
    }
    if (text.size() > longest_evidence) break;
  }
  if (text.size() > longest_evidence) text = text.substr(0, longest_evidence) + "…";
  if (!answer.answered()) {
    text = answer.reason;
  } else if (text.empty()) {
    text = answer.name_exists ? "none" : "no such name";
  }
  if (answer.answered() && !answer.canonical.empty() && answer.canonical != name) text += " at " + answer.canonical;
  return {name,     std::string(format_record_type(type)), answer.status, std::move(text), answer.ttl, answer.source,
          answer.at};
}

std::unique_ptr<Resolver> make_resolver(ResolverOptions options, net::DatagramClient& udp, net::Dialer& tcp,
                                        const Clock& clock, Random& random) {
  return std::make_unique<ResolverOverNet>(std::move(options), udp, tcp, clock, random);
}

}  // namespace postern::discovery
