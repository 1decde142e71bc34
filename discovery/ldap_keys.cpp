#include "discovery/ldap_keys.hpp"

#include <algorithm>

#include "discovery/bounded.hpp"
#include "discovery/ldap_codec.hpp"
#include "discovery/mx.hpp"
#include "discovery/reachable.hpp"
#include "discovery/web_host.hpp"

namespace postern::discovery {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::hours holds_for{12};  // LDAP says nothing about it
constexpr std::size_t longest_key = 256U << 10, piece = 16U << 10, most_addresses = 4;
constexpr int success = 0;

KeyAnswer without(KeyAnswer::Result result, std::string reason) {
  KeyAnswer answer;
  answer.result = result;
  answer.reason = std::move(reason);
  return answer;
}

std::vector<std::string> attributes_of(KeyOrigin origin) {
  if (kind_of(origin) == PersonKey::openpgp) return {"pgpKey"};
  // RFC 4523 §2.1 asks for ";binary", and not every directory knows that.
  return {"userCertificate;binary", "userCertificate", "userSMIMECertificate;binary", "userSMIMECertificate"};
}

/// The answer to what was sent last.
net::awaitable<Result<LdapAnswer>> hear(net::Stream& stream, LdapCodec& codec) {
  std::vector<char> buffer(piece);
  for (;;) {
    const std::size_t got = co_await stream.read_some(buffer);
    if (got == 0) co_return fail(Errc::unavailable, "it hung up");
    auto said = codec.take({buffer.data(), got});
    if (!said) co_return fail(said.error());
    if (*said) co_return std::move(**said);
  }
}

Result<LdapAnswer> only_success(Result<LdapAnswer> said, const char* step) {
  if (!said) return fail(said.error().code, std::string(step) + ": " + said.error().text);
  if (said->code != success) return fail(Errc::unavailable, std::string(step) + ": " + said->meaning);
  return said;
}

/// RFC 4511 §4.14. The codec ends with the clear: what came in it counts for nothing afterwards.
net::awaitable<Result<LdapAnswer>> ask_for_tls(net::Stream& stream) {
  auto codec = LdapCodec::make();
  if (!codec) co_return fail(codec.error());
  const auto request = codec->start_tls();
  if (!request) co_return fail(request.error());
  co_await stream.write(*request);
  co_return only_success(co_await hear(stream, *codec), "StartTLS");
}

/// Over TLS that has proven the directory.
net::awaitable<Result<LdapAnswer>> bind_and_search(net::Stream& stream, const LdapDirectory& directory,
                                                   const LdapSearch& wanted) {
  auto codec = LdapCodec::make();
  if (!codec) co_return fail(codec.error());
  if (directory.password != nullptr) {
    const auto request = codec->bind(directory.bind_dn, *directory.password);
    if (!request) co_return fail(request.error());
    co_await stream.write(request->text());
    const auto bound = only_success(co_await hear(stream, *codec), "bind");
    if (!bound) co_return fail(bound.error());
  }
  const auto request = codec->search(wanted);
  if (!request) co_return fail(request.error());
  co_await stream.write(*request);
  co_return only_success(co_await hear(stream, *codec), "search");
}

net::awaitable<Result<LdapAnswer>> converse(net::Stream& stream, const LdapDirectory& directory,
                                            const LdapSearch& wanted) {
  if (directory.server.start_tls) {
    const auto agreed = co_await ask_for_tls(stream);
    if (!agreed) co_return fail(agreed.error());
  }
  const net::TlsSession session = co_await stream.start_tls(*directory.tls, directory.server.host);
  if (std::string why = why_not_web_host(session, directory.server.host); !why.empty())
    co_return fail(Errc::denied, std::move(why));
  co_return co_await bind_and_search(stream, directory, wanted);
}

class LdapSource final : public KeySource {
 public:
  LdapSource(KeyOrigin origin, LdapDirectories directories, Resolver& resolver, net::Dialer& dialer, const Clock& clock,
             Random& random)
      : origin_(origin),
        directories_(std::move(directories)),
        resolver_(resolver),
        dialer_(dialer),
        clock_(clock),
        random_(random) {}

  [[nodiscard]] KeyOrigin origin() const override { return origin_; }

  net::awaitable<KeyAnswer> find(mail::Address address) override {
    KeyAnswer answer = without(KeyAnswer::Result::none, "no directory is configured for the domain");
    std::vector<mail::Evidence> evidence;
    for (const LdapDirectory& one : *directories_) {
      const auto covers = [&](const std::string& domain) { return mail::domain_matches(domain, address.domain()); };
      if (std::ranges::none_of(one.domains, covers)) continue;
      KeyAnswer said = co_await ask(one, address);
      evidence.insert(evidence.end(), said.evidence.begin(), said.evidence.end());
      // One that cannot be asked may know what the others do not.
      const bool tells_more = said.result == KeyAnswer::Result::found || answer.result == KeyAnswer::Result::none;
      if (tells_more) answer = std::move(said);
      if (answer.result == KeyAnswer::Result::found) break;
    }
    answer.evidence = std::move(evidence);
    co_return answer;
  }

 private:
  net::awaitable<KeyAnswer> ask(const LdapDirectory& directory, mail::Address address) {
    BoundedResolver resolver(resolver_, clock_, directory.patience);
    const MxHost host = co_await find_host(resolver, directory.server.host, random_);
    const std::size_t tries = std::min(host.addresses.size(), most_addresses);
    const LdapSearch wanted{directory.base, ldap_filter(directory.filter, address), attributes_of(origin_)};
    std::string where = directory.server.url;
    Result<LdapAnswer> said = fail(Errc::unavailable, host.failure);
    const auto until = SteadyClock::now() + directory.patience;
    for (std::size_t i = 0; i < tries && !said; ++i) {
      const auto left = share_of(until, tries - i);
      if (left.count() <= 0) break;
      const net::Endpoint endpoint{host.addresses[i], directory.server.port};
      where = directory.server.url + ", " + net::format_endpoint(endpoint);
      said = co_await ask_at(endpoint, left, directory, wanted);
    }
    KeyAnswer answer = judge(said, where, directory.proves);
    const std::string told = answer.result == KeyAnswer::Result::found
                                 ? std::to_string(answer.candidates.size()) + " key(s)"
                                 : answer.reason;
    answer.evidence = host.evidence;
    answer.evidence.emplace_back(mail::PublishedEvidence{"LDAP", told, where, clock_.now()});
    co_return answer;
  }

  net::awaitable<Result<LdapAnswer>> ask_at(net::Endpoint at, std::chrono::milliseconds patience,
                                            const LdapDirectory& directory, const LdapSearch& wanted) {
    const auto until = SteadyClock::now() + patience;
    std::unique_ptr<net::Stream> stream;
    Result<LdapAnswer> said = fail(Errc::unavailable, "");
    try {
      stream = co_await dialer_.dial(at, patience);
      // Once, for all that follows: silence in the handshake and an octet now and then gain no time.
      stream->expires_after(std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()));
      said = co_await converse(*stream, directory, wanted);
    } catch (const net::TimedOut&) {
      said = fail(Errc::unavailable, "no answer in time");
    } catch (const net::Broken& broken) {
      said =
          fail(Errc::unavailable, std::string(stream ? "the connection failed: " : "no connection: ") + broken.what());
    }
    if (stream) stream->close();
    co_return said;
  }

  static KeyAnswer judge(const Result<LdapAnswer>& said, const std::string& where, bool proves) {
    if (!said) return without(KeyAnswer::Result::trouble, where + ": " + said.error().text);
    KeyAnswer answer = without(KeyAnswer::Result::none, where + " has no key");
    answer.ttl = holds_for;
    for (const std::string& value : said->values) {
      if (value.size() <= longest_key) answer.candidates.push_back({value, proves, "LDAP, " + where});
    }
    if (answer.candidates.empty()) return answer;
    answer.result = KeyAnswer::Result::found;
    answer.reason.clear();
    return answer;
  }

  KeyOrigin origin_;
  LdapDirectories directories_;
  Resolver& resolver_;
  net::Dialer& dialer_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace

std::unique_ptr<KeySource> make_ldap_source(KeyOrigin origin, LdapDirectories directories, Resolver& resolver,
                                            net::Dialer& dialer, const Clock& clock, Random& random) {
  return std::make_unique<LdapSource>(origin, std::move(directories), resolver, dialer, clock, random);
}

}  // namespace postern::discovery
