// What a client test needs: an Outbound, a body, the call before the final dot, and results as one line of
// text.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "smtp/client_session.hpp"
#include "tests/support/outbound.hpp"
#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

namespace postern::smtp {

/// A body in pieces.
class PiecedBody final : public Body {
 public:
  explicit PiecedBody(std::string bytes, std::size_t piece = SIZE_MAX) : bytes_(std::move(bytes)), piece_(piece) {}
  net::awaitable<std::string> next() override {
    std::string piece = bytes_.substr(at_, piece_);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string bytes_;
  std::size_t piece_, at_ = 0;
};

struct Sending {
  gateway::Protector::Parts parts{mail::Address::parse("a@ours.example").value(),
                                  {mail::Address::parse("b@theirs.example").value()},
                                  {},
                                  mail::TlsRequirement::at(mail::TlsLevel::none),
                                  "Received: x\r\n",
                                  0};
  std::string body = "Subject: x\r\n\r\nHi\r\n";
  std::size_t piece = SIZE_MAX;
  ClientOptions options{"gw.example", "mx.example", test::tls_client(), {}, false};
  bool not_on_record = false;  // the call before the final dot fails

  std::size_t dots = 0;  // such calls

  void demand(mail::TlsLevel level) {
    parts.requirement = mail::TlsRequirement::at(level);
    if (level >= mail::TlsLevel::verified) parts.requirement.names = {"mx.example"};
    parts.requirement.promised = level >= mail::TlsLevel::mta_sts;
  }

  void demand_requiretls() {
    if (parts.requirement.level < mail::TlsLevel::verified) demand(mail::TlsLevel::verified);
    parts.requirement.requiretls = true;
  }

  SessionResult through(net::Stream& stream) {
    if (parts.body_size == 0) parts.body_size = body.size();
    const mail::Outbound outbound = gateway::Protector::make(parts);
    PiecedBody bytes(body, piece);
    return test::run(send(stream, options, outbound, bytes, [this]() -> net::awaitable<void> {
      ++dots;
      if (not_on_record) throw net::Broken("the disk is full");
      co_return;
    }));
  }
};

inline std::string describe(const std::optional<mail::PeerReply>& reply) {
  return reply ? " " + std::to_string(reply->code) : "";
}

/// "delivered 250", "deferred rcpt 450", "failed rcpt 5.1.1 550", "uncertain"
inline std::string describe(const mail::Outcome& outcome) {
  struct Words {
    std::string operator()(const mail::Delivered& known) const {
      return "delivered " + std::to_string(known.reply.code) + (known.told_of_dsn ? " dsn" : "");
    }
    std::string operator()(const mail::Deferred& known) const {
      return "deferred " + std::string(mail::format_stage(known.stage)) + describe(known.reply);
    }
    std::string operator()(const mail::Failed& known) const {
      return "failed " + std::string(mail::format_stage(known.stage)) + " " + known.status.str() +
             describe(known.reply);
    }
    std::string operator()(const mail::Uncertain&) const { return "uncertain"; }
  };
  return std::visit(Words{}, outcome);
}

inline std::string describe(mail::TlsLesson lesson) {
  switch (lesson) {
    case mail::TlsLesson::none: return "none";
    case mail::TlsLesson::transient: return "transient";
    case mail::TlsLesson::incapable: return "incapable";
    case mail::TlsLesson::promise_broken: return "promise-broken";
  }
  return "";
}

/// "host ehlo 550 lesson=none permanent fallback"
inline std::string describe(const HostFailure& failure) {
  return "host " + std::string(mail::format_stage(failure.stage)) + describe(failure.reply) +
         " lesson=" + describe(failure.lesson) + (failure.permanent ? " permanent" : "") +
         (failure.fallback_to_clear ? " fallback" : "");
}

}  // namespace postern::smtp
