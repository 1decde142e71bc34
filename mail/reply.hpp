// SMTP replies: ours (Reply, whose text we wrote) and a peer's (PeerReply, whose text is tainted).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/codec.hpp"
#include "base/tainted.hpp"

namespace postern::mail {

/// RFC 3463: class.subject.detail
struct StatusCode {
  int klass = 0, subject = 0, detail = 0;
  [[nodiscard]] std::string str() const;
  bool operator==(const StatusCode&) const = default;
};

struct Reply {
  int code = 0;
  std::optional<StatusCode> status;
  std::string text;  // '\n' between the lines of a multi-line reply

  [[nodiscard]] bool positive() const { return code >= 200 && code < 400; }
  [[nodiscard]] bool transient() const { return code >= 400 && code < 500; }
  bool operator==(const Reply&) const = default;
};

/// As it goes on the wire, "-" continuation lines and CRLFs included (RFC 5321 §4.2.1).
[[nodiscard]] std::string format_reply(const Reply& reply);

struct PeerReply {
  int code = 0;  // 0: no reply came
  std::optional<StatusCode> status;
  Tainted text;

  bool operator==(const PeerReply&) const = default;
};

void encode(Writer& out, const PeerReply& reply);
[[nodiscard]] PeerReply decode_peer_reply(Reader& in);

}  // namespace postern::mail
