#include "discovery/wkd.hpp"

#include "discovery/bounded.hpp"
#include "discovery/key_names.hpp"
#include "discovery/mx.hpp"
#include "discovery/reachable.hpp"
#include "discovery/web_host.hpp"

namespace postern::discovery {
namespace {

constexpr std::chrono::hours holds_for{12};  // the draft says nothing about it
constexpr std::size_t longest_key = 256U << 10;
constexpr unsigned http_ok = 200, http_not_found = 404, http_gone = 410;

KeyAnswer without(KeyAnswer::Result result, std::string reason) {
  KeyAnswer answer;
  answer.result = result;
  answer.reason = std::move(reason);
  return answer;
}

class WkdSource final : public KeySource {
 public:
  WkdSource(Resolver& resolver, net::Dialer& dialer, std::shared_ptr<const net::TlsClient> tls, const Clock& clock,
            Random& random, WkdOptions options)
      : resolver_(resolver),
        dialer_(dialer),
        tls_(std::move(tls)),
        clock_(clock),
        random_(random),
        options_(std::move(options)) {}

  [[nodiscard]] KeyOrigin origin() const override { return KeyOrigin::wkd; }

  net::awaitable<KeyAnswer> find(mail::Address address) override {
    if (address.domain().is_literal())
      co_return without(KeyAnswer::Result::none, "an address literal has no web server");
    BoundedResolver resolver(resolver_, clock_, options_.patience);
    WkdPlace place = wkd_advanced(address);
    MxHost host = co_await find_host(resolver, place.host, random_);
    std::vector<mail::Evidence> evidence = host.evidence;
    // §3.1: the direct method only where the required sub-domain does not exist.
    if (host.addresses.empty() && !host.unanswered) {
      place = wkd_direct(address);
      host = co_await find_host(resolver, place.host, random_);
      evidence.insert(evidence.end(), host.evidence.begin(), host.evidence.end());
    }
    KeyAnswer answer = co_await fetch(host, place);
    evidence.insert(evidence.end(), answer.evidence.begin(), answer.evidence.end());
    answer.evidence = std::move(evidence);
    co_return answer;
  }

 private:
  net::awaitable<KeyAnswer> fetch(MxHost host, WkdPlace place) {
    if (host.addresses.empty() && host.unanswered)
      co_return without(KeyAnswer::Result::trouble, place.host + ": " + host.failure);
    if (host.addresses.empty()) co_return without(KeyAnswer::Result::none, "the domain has no web server");
    const Reachable allowed = reachable(host.addresses, options_.egress);
    KeyAnswer answer =
        without(KeyAnswer::Result::trouble, place.host + ": its address " + allowed.refused + " is not public");
    const auto until = std::chrono::steady_clock::now() + options_.patience;
    for (std::size_t i = 0; i < allowed.addresses.size(); ++i) {
      net::HttpsRequest get;
      get.at = {allowed.addresses[i], options_.port};
      get.host = place.host;
      get.target = place.target;
      get.longest = longest_key;
      get.patience = share_of(until, allowed.addresses.size() - i);
      get.refuse = [name = place.host](const net::TlsSession& session) { return why_not_web_host(session, name); };
      if (get.patience.count() <= 0) break;
      const std::string where = place.host + ", " + net::format_endpoint(get.at);
      answer = judge_wkd(co_await net::https_fetch(dialer_, tls_, std::move(get)), where);
      const std::string said = answer.result == KeyAnswer::Result::found
                                   ? std::to_string(answer.candidates.front().bytes.size()) + " octets"
                                   : answer.reason;
      answer.evidence.emplace_back(mail::PublishedEvidence{"WKD", said, where, clock_.now()});
      if (answer.result != KeyAnswer::Result::trouble) break;
    }
    co_return answer;
  }

  Resolver& resolver_;
  net::Dialer& dialer_;
  std::shared_ptr<const net::TlsClient> tls_;
  const Clock& clock_;
  Random& random_;
  WkdOptions options_;
};

}  // namespace

KeyAnswer judge_wkd(const Result<net::HttpAnswer>& answer, const std::string& where) {
  using enum KeyAnswer::Result;
  if (!answer) return without(trouble, where + ": " + answer.error().text);
  if (answer->status == http_not_found || answer->status == http_gone) return without(none, where + " has no key");
  if (answer->status != http_ok) return without(trouble, where + " answers " + std::to_string(answer->status));
  KeyAnswer known = without(found, "");
  known.ttl = holds_for;
  known.candidates.push_back({answer->body, true, "WKD, " + where});
  return known;
}

std::unique_ptr<KeySource> make_wkd_source(Resolver& resolver, net::Dialer& dialer,
                                           std::shared_ptr<const net::TlsClient> tls, const Clock& clock,
                                           Random& random, WkdOptions options) {
  return std::make_unique<WkdSource>(resolver, dialer, std::move(tls), clock, random, std::move(options));
}

}  // namespace postern::discovery
