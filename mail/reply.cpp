#include "mail/reply.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_line = 510;  // RFC 5321 §4.5.3.1.5: 512 with CRLF
constexpr std::size_t longest_text = 8192;

}  // namespace

std::string StatusCode::str() const {
  return std::to_string(klass) + "." + std::to_string(subject) + "." + std::to_string(detail);
}

std::string format_reply(const Reply& reply) {
  std::string out;
  std::string_view rest = reply.text;
  for (;;) {
    const std::size_t end = rest.find('\n');
    const bool last = end == std::string_view::npos;
    std::string line = std::to_string(reply.code) + (last ? " " : "-");
    if (reply.status) line += reply.status->str() + " ";  // RFC 2034 §3: on each line
    line += rest.substr(0, end);
    out += line.substr(0, longest_line) + "\r\n";
    if (last) return out;
    rest.remove_prefix(end + 1);
  }
}

void encode(Writer& out, const PeerReply& reply) {
  out.u64(static_cast<std::uint64_t>(reply.code));
  out.boolean(reply.status.has_value());
  if (reply.status) {
    out.u64(static_cast<std::uint64_t>(reply.status->klass));
    out.u64(static_cast<std::uint64_t>(reply.status->subject));
    out.u64(static_cast<std::uint64_t>(reply.status->detail));
  }
  out.bytes(reply.text.raw());
}

PeerReply decode_peer_reply(Reader& in) {
  const auto small = [&in] {
    const std::uint64_t value = in.u64();
    if (value > 999) in.reject();
    return static_cast<int>(value % 1000);
  };
  PeerReply reply;
  reply.code = small();
  if (in.boolean()) {
    StatusCode status;
    status.klass = small();
    status.subject = small();
    status.detail = small();
    reply.status = status;
  }
  reply.text = Tainted(in.bytes(longest_text));
  return reply;
}

}  // namespace postern::mail
