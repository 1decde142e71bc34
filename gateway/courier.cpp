#include "gateway/courier.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "discovery/dane.hpp"
#include "gateway/connections.hpp"
#include "gateway/destination.hpp"
#include "gateway/events.hpp"
#include "gateway/host_trials.hpp"
#include "gateway/protect.hpp"
#include "gateway/signing.hpp"
#include "gateway/spool_body.hpp"
#include "gateway/tls_reporter.hpp"
#include "policy/delivery.hpp"
#include "policy/tls_report.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::seconds dial_patience{30};

using Recipients = std::vector<spool::RecipientRecord>;

smtp::HostFailure told(const policy::RuledOut& out) {
  smtp::HostFailure failure;
  failure.stage = mail::Stage::resolve;
  failure.lesson = out.lesson;
  failure.reason = out.reason;
  return failure;
}

/// What did not go well with BDAT, if only perhaps, is tried again with DATA.
smtp::Chunking chunking_for(const Recipients& recipients) {
  const bool again = std::ranges::any_of(recipients, [](const auto& recipient) { return recipient.attempts > 0; });
  return again ? smtp::Chunking::avoid : smtp::Chunking::offered;
}

/// One destination, tried host by host. `outcomes_` fills up as hosts answer for recipients.
class Attempt {
 public:
  Attempt(Services& services, const spool::MessageRecord& message, const Recipients& recipients,
          const spool::Made& made, const mail::Route& route, std::string signatures)
      : services_(services),
        message_(message),
        recipients_(recipients),
        made_(made),
        route_(route),
        hop_(mail::smtp_rung(route)->hop),
        back_(services.returns->find(message.envelope.origin.tenant, hop_)),
        outcomes_(recipients.size()),
        chunking_(chunking_for(recipients)),
        only_eight_bit_(eight_bit()),
        signatures_(std::move(signatures)) {}

  net::awaitable<std::vector<mail::Outcome>> run() {
    const Whereto whereto = co_await find_destination(services_, hop_, recipients_.front().address.domain());
    if (const auto* outcome = std::get_if<mail::Outcome>(&whereto)) {
      co_return std::vector<mail::Outcome>(recipients_.size(), *outcome);
    }
    const auto& destination = std::get<Destination>(whereto);
    if (final_mx() && services_.sts != nullptr) domain_security_ = co_await services_.sts->find(domain());
    co_await try_hosts(destination);
    if (broke_policy() && co_await policy_renewed()) {
      trials_ = {};
      co_await try_hosts(destination);
    }
    co_return result();
  }

 private:
  [[nodiscard]] bool eight_bit() const {
    const auto& rendition = recipients_.front().rendition;
    return mail::is_sealed(route_) ? rendition && rendition->eight_bit : message_.eight_bit.value_or(false);
  }

  /// Recipients that another host may still take.
  [[nodiscard]] std::vector<std::size_t> open_ones() const {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      if (!outcomes_[i] || std::holds_alternative<mail::Deferred>(*outcomes_[i])) open.push_back(i);
    }
    return open;
  }

  net::awaitable<void> try_hosts(const Destination& destination) {
    for (const discovery::MxHost& host : destination.found.hosts) {
      if (open_ones().empty()) break;
      co_await try_host(host, destination);
    }
    if (!passed_over_.empty()) co_await settle_for_seven_bit(destination);
  }

  [[nodiscard]] const mail::Domain& domain() const { return recipients_.front().address.domain(); }
  [[nodiscard]] bool final_mx() const { return std::holds_alternative<mail::FinalMx>(hop_); }

  /// RFC 8689 §4.2.2, at the host that is tried. One recipient that needs protection has it for all.
  [[nodiscard]] bool disregards_promises() const {
    const mail::TlsRequirement floor = mail::meet(mail::smtp_rung(route_)->floor, host_floor_);
    return final_mx() && std::ranges::all_of(recipients_, [&](const spool::RecipientRecord& recipient) {
             return policy::disregards_promises(message_.envelope.tls_optional, recipient.verdict, floor);
           });
  }
  /// Is mail about to be put off for the sake of an MTA-STS policy?
  [[nodiscard]] bool broke_policy() const {
    return domain_security_.sts.enforced() && !open_ones().empty() &&
           trials_.outcome().lesson == mail::TlsLesson::promise_broken;
  }
  /// RFC 8461 §5.1: then it may be an old one.
  net::awaitable<bool> policy_renewed() {
    auto renewed = co_await services_.sts->renewed(domain(), domain_security_);
    if (!renewed) co_return false;
    domain_security_ = std::move(*renewed);
    only_eight_bit_ = eight_bit();
    co_return true;
  }

  /// RFC 6152 §3: no host with 8BITMIME took it. A host that could not be reached may be one.
  net::awaitable<void> settle_for_seven_bit(const Destination& destination) {
    only_eight_bit_ = false;
    const bool all = passed_over_.size() == destination.found.hosts.size();
    for (const discovery::MxHost& host : std::exchange(passed_over_, {})) {
      if (services_.config.eight_bit == EightBit::bounce) {
        trials_.failed(host.name, "", no_eight_bit());
      } else if (!open_ones().empty()) {
        co_await try_host(host, destination);
      }
    }
    if (services_.config.eight_bit != EightBit::bounce || !all) co_return;
    const smtp::HostFailure why = no_eight_bit();
    for (const std::size_t i : open_ones())
      outcomes_[i] = mail::Failed{why.stage, {5, 6, 3}, why.reason, {}, "", ""};
  }
  static smtp::HostFailure no_eight_bit() {
    smtp::HostFailure failure;
    failure.stage = mail::Stage::mail;
    failure.reason = "the message has 8-bit text, and the mail server does not offer to take that (8BITMIME)";
    return failure;
  }

  [[nodiscard]] std::vector<mail::Outcome> result() const {
    std::vector<mail::Outcome> outcomes;
    for (const auto& outcome : outcomes_)
      outcomes.push_back(outcome ? *outcome : mail::Outcome(trials_.outcome()));
    return outcomes;
  }

  /// The first address that connects decides for the host.
  net::awaitable<void> try_host(const discovery::MxHost& host, const Destination& destination) {
    basis_ = {mail::TlsLevel::none, destination.found.evidence};
    add_evidence(domain_security_.evidence);
    add_evidence(host.evidence);
    if (host.addresses.empty()) {
      trials_.unreachable(host.name, "", host.failure, basis_);
      co_return;
    }
    security_ = co_await discovery::find_dane(
        services_.resolver, discovery::dane_host(host, destination.found, destination.domain, destination.port));
    add_evidence(security_.evidence);
    host_floor_ = services_.config.host_floor(host.name, recipients_.front().verdict.action);
    if (back_ != nullptr) host_floor_ = mail::meet(host_floor_, mail::TlsRequirement::at(mail::TlsLevel::verified));
    disregarded_ = disregards_promises();
    kept_ = disregarded_ ? mail::DomainSecurity{} : domain_security_;
    if (disregarded_) security_.dane = {};
    const auto required = policy::require_tls(route_, kept_, security_, domain(), host_floor_);
    basis_.required = required.level;
    basis_.requiretls = required.requiretls;
    if (const auto out = policy::rule_out(required, hop_, kept_, security_)) {
      trials_.failed(host.name, "", told(*out), basis_);
      if (counts_tls()) count_tls(policy::report_ruled_out(domain(), domain_security_, security_));
      co_return;
    }
    for (const std::string& address : host.addresses) {
      const net::Endpoint endpoint{address, destination.port};
      bool answered = co_await try_address(host, endpoint, false);
      if (answered && again_in_clear_) answered = co_await try_address(host, endpoint, true);
      if (answered) co_return;
    }
  }

  void add_evidence(const std::vector<mail::Evidence>& more) {
    basis_.evidence.insert(basis_.evidence.end(), more.begin(), more.end());
  }

  /// Each open recipient once, in as many transactions and sessions as the host's limits ask for (RFC 9422). True where
  /// the address answered, whatever it said.
  net::awaitable<bool> try_address(const discovery::MxHost& host, const net::Endpoint& endpoint, bool avoid_tls) {
    again_in_clear_ = false;
    bool answered = false;
    for (std::vector<std::size_t> left = open_ones(); !left.empty();) {
      auto outbound = protect(left);
      if (!outbound) co_return ours_failed(host.name, endpoint, outbound.error());
      const ConnectionKey key{host.name, endpoint, avoid_tls, outbound->requirement(),
                              back_ != nullptr ? back_->tenant : ""};
      std::unique_ptr<Connection> connection = take_idle(key);
      if (!connection) connection = co_await connect(key);
      if (!connection) co_return answered || reached_;
      answered = true;
      if (only_eight_bit_ && !connection->session.offers().eight_bit) {
        passed_over_.push_back(host);
        co_await give_back(key, std::move(connection));
        break;
      }
      const auto part = part_of(left, connection->session.offers().limits);
      if (part.size() < left.size()) outbound = protect(part);
      const Said said = co_await talk(std::move(connection), key, part, std::move(outbound));
      if (said == Said::lost) break;
      if (said == Said::decided)
        std::erase_if(left, [&](std::size_t i) { return std::ranges::find(part, i) != part.end(); });
    }
    co_return answered;
  }

  [[nodiscard]] Recipients records_of(const std::vector<std::size_t>& which) const {
    Recipients records;
    for (const std::size_t i : which)
      records.push_back(recipients_[i]);
    return records;
  }
  /// For the host that is tried.
  [[nodiscard]] Result<mail::Outbound> protect(const std::vector<std::size_t>& which) const {
    const std::string fields =
        back_ != nullptr ? services_.returns->fields(*back_, message_.envelope, services_.clock.now()) : "";
    return Protector(services_.config.hostname)
        .protect(message_, records_of(which), route_, kept_, security_, host_floor_, fields, signatures_);
  }
  [[nodiscard]] std::vector<std::size_t> part_of(const std::vector<std::size_t>& left,
                                                 const smtp::Limits& limits) const {
    std::vector<mail::Address> addresses;
    for (const std::size_t i : left)
      addresses.push_back(recipients_[i].address);
    std::vector<std::size_t> part;
    for (const std::size_t place : smtp::next_transaction(addresses, limits))
      part.push_back(left[place]);
    return part;
  }

  /// It says nothing of the host. True: there is no other address to try.
  bool ours_failed(const std::string& host, const net::Endpoint& endpoint, const Error& error) {
    smtp::HostFailure failure;
    failure.stage = mail::Stage::requirement;
    failure.reason = error.text;
    trials_.failed(host, net::format_endpoint(endpoint), failure, basis_);
    return true;
  }

  [[nodiscard]] std::unique_ptr<Connection> take_idle(const ConnectionKey& key) const {
    return services_.connections != nullptr ? services_.connections->take(key) : nullptr;
  }

  /// A connection that may carry mail; null where there is none, and why is among the trials. `reached_`: somebody
  /// answered.
  net::awaitable<std::unique_ptr<Connection>> connect(const ConnectionKey& key) {
    const std::string shown = net::format_endpoint(key.address);
    std::unique_ptr<net::Stream> stream;
    std::string trouble;
    try {
      stream = co_await services_.dialer.dial(key.address, dial_patience);
    } catch (const net::Broken& broken) {
      trouble = broken.what();
    }
    reached_ = stream != nullptr;
    if (!stream) {
      trials_.unreachable(key.host, shown, "no connection to " + key.host + ": " + trouble, basis_);
      co_return nullptr;
    }
    smtp::ClientOptions options{
        services_.config.hostname, key.host, back_ != nullptr ? back_->tls : services_.tls_client, {}, key.avoid_tls};
    auto connection = std::make_unique<Connection>(std::move(stream), std::move(options), key.requirement);
    const std::optional<smtp::HostFailure> failure = co_await connection->session.open();
    // A second try, in the clear, was counted as the first.
    if (counts_tls() && !key.avoid_tls) count_session(*connection, failure);
    if (!failure) co_return connection;
    again_in_clear_ = failure->fallback_to_clear;
    if (!again_in_clear_) trials_.failed(key.host, shown, *failure, basis_);
    co_await connection->session.end();
    co_return nullptr;
  }

  /// RFC 8460: what the domain's policy was not applied to does not count, nor does a report's own session (§5.3).
  [[nodiscard]] bool counts_tls() const {
    return services_.tls_tallies != nullptr && final_mx() && !disregarded_ &&
           message_.envelope.peer.listener != tls_report_listener;
  }
  void count_tls(const std::vector<mail::ReportedSession>& sessions) {
    services_.tls_tallies->count(domain().str(), sessions, services_.clock.now());
  }
  void count_session(const Connection& connection, const std::optional<smtp::HostFailure>& failure) {
    policy::TlsAttempt attempt;
    attempt.sending_ip = connection.stream->local().address;
    attempt.receiving_ip = connection.stream->peer().address;
    attempt.open = !failure;
    attempt.tls = connection.session.tls();
    if (failure) {
      attempt.stage = failure->stage;
      attempt.lesson = failure->lesson;
      attempt.reason = failure->reason;
      attempt.tls = failure->tls;
    }
    count_tls(policy::report_session(domain(), domain_security_, security_, attempt));
  }

  enum class Said {
    nothing,  // about this message: another connection is to be asked
    decided,
    lost,  // the host; what it decided stands
  };
  net::awaitable<Said> talk(std::unique_ptr<Connection> connection, const ConnectionKey& key,
                            const std::vector<std::size_t>& part, Result<mail::Outbound> outbound) {
    const std::string shown = net::format_endpoint(key.address);
    auto reader = outbound ? co_await open_outbound(services_, message_, recipients_.front(), *outbound, made_)
                           : Result<std::unique_ptr<spool::BodyReader>>(fail(outbound.error()));
    if (!reader) {
      ours_failed(key.host, key.address, reader.error());
      co_await give_back(key, std::move(connection));
      co_return Said::lost;
    }
    SpoolBody body(services_.disk, std::move(*reader));
    const Recipients asked = records_of(part);
    smtp::SessionResult said = co_await connection->session.send(
        *outbound, body, [this, &asked, &shown, &host = key.host] { return about_to_commit(asked, host, shown); },
        chunking_);
    if (said.bdat_unknown) chunking_ = smtp::Chunking::avoid;
    if (said.host_failure) trials_.failed(key.host, shown, *said.host_failure, basis_);
    if (said.broke) trials_.unreachable(key.host, shown, "the connection broke", basis_);
    for (std::size_t i = 0; i < said.outcomes.size(); ++i) {
      name_host(said.outcomes[i], key.host, shown, basis_);
      tell_of_testing(said.outcomes[i]);
      outcomes_[part[i]] = std::move(said.outcomes[i]);
    }
    const bool again = said.stale || said.bdat_unknown;
    if (again) {
      co_await connection->session.end();
    } else {
      co_await give_back(key, std::move(connection));
    }
    if (again) co_return Said::nothing;
    co_return said.host_failure || said.broke ? Said::lost : Said::decided;
  }

  net::awaitable<void> give_back(const ConnectionKey& key, std::unique_ptr<Connection> connection) {
    if (services_.connections == nullptr) {
      co_await connection->session.end();
    } else {
      co_await services_.connections->put(key, std::move(connection));
    }
  }

  static void name_host(mail::Outcome& outcome, const std::string& host, const std::string& shown,
                        const mail::Basis& basis) {
    std::visit(
        [&](auto& known) {
          known.host = host;
          known.address = shown;
          known.basis = basis;
        },
        outcome);
  }

  /// RFC 8461 §5: a policy that is tested stops no mail; what it would have stopped is told.
  void tell_of_testing(mail::Outcome& outcome) const {
    auto* delivered = std::get_if<mail::Delivered>(&outcome);
    if (delivered == nullptr || !final_mx()) return;
    const std::string unmet = policy::unmet_in_testing(domain_security_, security_, delivered->tls);
    if (unmet.empty()) return;
    log::warning("MTA-STS of {}: its policy, which is being tested, would have stopped mail: {}", domain().str(),
                 unmet);
    delivered->basis.evidence.emplace_back(mail::PublishedEvidence{
        "MTA-STS of " + domain().str(), "would have stopped this mail: " + unmet, "testing", services_.clock.now()});
  }

  /// Before the final dot: on record, unsynced, so that a crash right after it is known as a possible duplicate.
  net::awaitable<void> about_to_commit(const Recipients& asked, const std::string& host, const std::string& shown) {
    std::vector<std::uint32_t> indexes;
    std::vector<spool::EventBytes> events;
    for (const spool::RecipientRecord& recipient : asked) {
      indexes.push_back(recipient.index);
      audit::Event event = event_about(audit::EventKind::attempting, services_.clock.now(), message_, recipient);
      event.host = host;
      event.host_address = shown;
      events.push_back(audit::encode_event(event));
    }
    const Result<void> noted = co_await await_done([&](auto done) {
      services_.spool.attempting(message_.envelope.id, indexes, made_, std::move(events), std::move(done));
    });
    if (!noted) throw net::Broken("the attempt could not be put on record: " + noted.error().text);
  }

  Services& services_;
  const spool::MessageRecord& message_;
  const Recipients& recipients_;
  const spool::Made& made_;  // null: the rendition is on record, or there is none
  const mail::Route& route_;
  const mail::Hop& hop_;
  const ReturnPath* back_;  // null: this is no return into Microsoft 365
  std::vector<std::optional<mail::Outcome>> outcomes_;
  HostTrials trials_;
  mail::DomainSecurity domain_security_;
  mail::DomainSecurity kept_;        // what of it counts at the host that is tried
  bool disregarded_ = false;         // nothing of it, nor of the host's own
  mail::HostSecurity security_;      // of the host that is tried
  mail::TlsRequirement host_floor_;  // what the configuration demands of it
  mail::Basis basis_;                // and what is known of it
  smtp::Chunking chunking_;
  bool only_eight_bit_;                         // 8-bit mail: hosts without 8BITMIME are passed over
  std::string signatures_;                      // of a plain message
  std::vector<discovery::MxHost> passed_over_;  // so far
  bool again_in_clear_ = false;                 // opportunistic mail, and the handshake failed
  bool reached_ = false;                        // by the last connect
};

}  // namespace

net::awaitable<std::vector<mail::Outcome>> deliver(Services& services, const spool::MessageRecord& message,
                                                   const Recipients& recipients, const mail::Route& route,
                                                   spool::Made made) {
  std::optional<spool::MessageRecord> known;
  if (!message.eight_bit && !mail::is_sealed(route)) {
    known = message;
    known->eight_bit = co_await net::offload(
        services.disk, [&spool = services.spool, message] { return is_eight_bit(spool, message); });
  }
  Result<std::string> signatures = "";
  if (!mail::is_sealed(route)) signatures = co_await dkim_fields(services, message);
  if (!signatures) {
    const mail::Deferred later{mail::Stage::requirement, signatures.error().text, {}, {}, "", "", {}};
    co_return std::vector<mail::Outcome>(recipients.size(), later);
  }
  const auto signers = dkim_evidence(*signatures, message.envelope.header_from.domain(), services.clock.now());
  Attempt attempt(services, known ? *known : message, recipients, made, route, std::move(*signatures));
  auto outcomes = co_await attempt.run();
  for (mail::Outcome& outcome : outcomes)
    add_evidence(outcome, signers);
  co_return outcomes;
}

}  // namespace postern::gateway
