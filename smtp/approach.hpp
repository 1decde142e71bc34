// The way to MAIL FROM: greeting, EHLO, STARTTLS, and the judgement of the session. Every failure here is the
// host's, and each says what it teaches about TLS (DESIGN.md: "When does a rung end?").
#pragma once

#include <optional>
#include <string>

#include "smtp/client_session.hpp"
#include "smtp/conversation.hpp"
#include "smtp/extensions.hpp"

namespace postern::smtp {

/// Ends the session before any recipient's fate was decided.
struct HostFailed {
  HostFailure failure;
  bool in_order = true;  // the conversation is: it can be ended with QUIT
};

class Approach {
 public:
  Approach(net::Stream& stream, Conversation& talk, const ClientOptions& options,
           const mail::TlsRequirement& requirement)
      : stream_(stream), talk_(talk), options_(options), requirement_(requirement) {}

  /// Throws HostFailed, or net::Broken. Once it returns, the requirement is met.
  net::awaitable<void> run();
  /// The connection broke on the way.
  [[nodiscard]] HostFailure broke(std::string reason, std::optional<mail::PeerReply> reply) const;

  [[nodiscard]] const Extensions& extensions() const { return extensions_; }
  [[nodiscard]] const mail::TlsFacts& tls() const { return tls_; }

 private:
  net::awaitable<void> greeting();
  net::awaitable<void> hello();
  net::awaitable<void> secure();
  net::awaitable<void> handshake();
  [[nodiscard]] std::shared_ptr<const net::TlsClient> client_for_requirement() const;
  [[nodiscard]] std::string purpose() const;
  [[nodiscard]] bool lacks_only_requiretls() const;
  void judge();

  [[nodiscard]] bool needs_tls() const { return requirement_.level >= mail::TlsLevel::encrypted; }
  [[nodiscard]] mail::TlsLesson inability() const;
  [[nodiscard]] mail::TlsLesson outage() const;
  [[nodiscard]] HostFailure failure(mail::TlsLesson lesson, std::string reason,
                                    std::optional<mail::PeerReply> reply) const;
  [[nodiscard]] HostFailure handshake_failure(mail::TlsLesson lesson, const std::string& what) const;
  [[noreturn]] void fail_host(std::string reason, std::optional<mail::PeerReply> reply = {},
                              bool in_order = true) const;
  [[noreturn]] void fail_incapable(std::string reason, std::optional<mail::PeerReply> reply = {}) const;

  net::Stream& stream_;
  Conversation& talk_;
  const ClientOptions& options_;
  const mail::TlsRequirement& requirement_;
  Extensions extensions_;
  mail::TlsFacts tls_;
  std::shared_ptr<const net::TlsClient> resuming_;  // null: as options_.tls
  mail::Stage stage_ = mail::Stage::requirement;
};

}  // namespace postern::smtp
