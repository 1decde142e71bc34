// What came of one attempt for one recipient, and what to do next.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/codec.hpp"
#include "mail/evidence.hpp"
#include "mail/reply.hpp"
#include "mail/tls.hpp"

namespace postern::mail {

/// Where in the attempt it ended.
enum class Stage {
  deposit,
  seal,
  resolve,
  connect,
  greeting,
  ehlo,
  starttls,
  handshake,
  requirement,
  mail,
  rcpt,
  data,
  final_dot
};
[[nodiscard]] std::string_view format_stage(Stage stage);  // "final-dot"

/// What an attempt taught about TLS at the hosts that it reached (DESIGN.md: "When does a rung end?").
enum class TlsLesson {
  none,            // nothing: the attempt did not fail because of TLS
  transient,       // TLS failed in a way that an attacker or an outage can cause
  promise_broken,  // TLS failed at a host that promises it (DANE, MTA-STS): only time can mend it, and no rung ends by
                   // it
  incapable,       // every MX host was reached and none is able; none merely down
};

/// On what an attempt rested: what was demanded of the session once all was met together, and what was known of the
/// host.
struct Basis {
  TlsLevel required = TlsLevel::none;
  std::vector<Evidence> evidence = {};
  bool requiretls = false;  // the host had to take over REQUIRETLS
};

struct Delivered {
  PeerReply reply;
  bool told_of_dsn = false;  // the host does DSN: from here on it tells the sender what was asked for (RFC 3461 §5.2.1)
  TlsFacts tls;
  std::string host;     // name of the MX or relay
  std::string address;  // its IP address and port
  Basis basis = {};
};
struct Deferred {
  Stage stage = Stage::connect;
  std::string reason;  // ours, safe to show
  std::optional<PeerReply> reply;
  TlsLesson lesson = TlsLesson::none;
  std::string host, address;
  Basis basis = {};
};
struct Failed {  // permanent for this recipient
  Stage stage = Stage::connect;
  StatusCode status;
  std::string reason;
  std::optional<PeerReply> reply;
  std::string host, address;
  Basis basis = {};
};
struct Uncertain {  // no answer after the final dot: it may have been delivered
  std::string reason;
  std::string host, address;
  Basis basis = {};
};
using Outcome = std::variant<Delivered, Deferred, Failed, Uncertain>;

// What to do next with the recipient.
struct Done {};
struct RetryAt {
  Time at;
};
struct NextRung {
  std::string because;  // "every MX host was proven unable to do TLS"
};
struct Bounce {
  StatusCode status;
  std::string because;
};
using NextStep = std::variant<Done, RetryAt, NextRung, Bounce>;

}  // namespace postern::mail
