#include "mail/envelope.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_text = 4096, most_recipients = 100'000, most_conditions = 100, most_hops = 1000;

void encode(Writer& out, const Peer& peer) {
  out.bytes(peer.address);
  out.u64(peer.port);
  out.bytes(peer.listener);
  out.bytes(peer.helo);
  out.boolean(peer.esmtp);
  encode(out, peer.tls);
}

Peer decode_peer(Reader& in) {
  Peer peer;
  peer.address = in.bytes(longest_text);
  const std::uint64_t port = in.u64();
  if (port > 65535) in.reject();
  peer.port = static_cast<std::uint16_t>(port);
  peer.listener = in.bytes(longest_text);
  peer.helo = in.bytes(longest_text);
  peer.esmtp = in.boolean();
  peer.tls = decode_tls_facts(in);
  return peer;
}

void encode(Writer& out, const RecipientParameters& asked) {
  out.boolean(asked.notify.stated);
  out.boolean(asked.notify.success);
  out.boolean(asked.notify.failure);
  out.boolean(asked.notify.delay);
  out.bytes(asked.orcpt);
}

RecipientParameters decode_asked(Reader& in) {
  RecipientParameters asked;
  asked.notify.stated = in.boolean();
  asked.notify.success = in.boolean();
  asked.notify.failure = in.boolean();
  asked.notify.delay = in.boolean();
  asked.orcpt = in.bytes(longest_text);
  return asked;
}

QueueId decode_id(Reader& in) {
  auto id = QueueId::parse(in.bytes(longest_text));
  if (!id) in.reject();
  return id.value_or(QueueId());
}

}  // namespace

std::string_view format_mail_class(MailClass mail_class) {
  switch (mail_class) {
    case MailClass::own: return "own";
    case MailClass::null_sender: return "null-sender";
    case MailClass::forwarded: return "forwarded";
    case MailClass::journal: break;
  }
  return "journal";
}

void encode(Writer& out, const Envelope& envelope) {
  out.bytes(envelope.id.str());
  encode(out, envelope.from);
  out.u64(envelope.to.size());
  for (const Address& to : envelope.to)
    encode(out, to);
  out.u64(envelope.parameters.size);
  out.boolean(envelope.parameters.eight_bit);
  encode(out, envelope.peer);
  out.bytes(envelope.origin.tenant);
  out.u64(envelope.origin.conditions.size());
  for (const std::string& condition : envelope.origin.conditions)
    out.bytes(condition);
  encode(out, envelope.header_from);
  out.bytes(envelope.message_id);
  out.boolean(envelope.parameters.utf8);
  out.enumerator(envelope.parameters.ret);
  out.bytes(envelope.parameters.envid);
  out.u64(envelope.asked.size());
  for (const RecipientParameters& asked : envelope.asked)
    encode(out, asked);
  out.boolean(envelope.utf8_headers);
  out.enumerator(envelope.origin.mail_class);
  out.u64(envelope.origin.hops);
  out.boolean(envelope.parameters.requiretls);
  out.boolean(envelope.tls_optional);
}

Envelope decode_envelope(Reader& in, std::uint64_t version) {
  Envelope envelope;
  envelope.id = decode_id(in);
  envelope.from = decode_reverse_path(in);
  for (std::size_t left = in.count(most_recipients); left > 0 && in.ok(); --left) {
    envelope.to.push_back(decode_address(in));
  }
  envelope.parameters.size = in.u64();
  envelope.parameters.eight_bit = in.boolean();
  envelope.peer = decode_peer(in);
  envelope.origin.tenant = in.bytes(longest_text);
  for (std::size_t left = in.count(most_conditions); left > 0; --left) {
    envelope.origin.conditions.push_back(in.bytes(longest_text));
  }
  envelope.header_from = decode_address(in);
  envelope.message_id = in.bytes(longest_text);
  if (version < 2) return envelope;
  envelope.parameters.utf8 = in.boolean();
  envelope.parameters.ret = in.enumerator(Return::headers);
  envelope.parameters.envid = in.bytes(longest_text);
  for (std::size_t left = in.count(most_recipients); left > 0 && in.ok(); --left) {
    envelope.asked.push_back(decode_asked(in));
  }
  envelope.utf8_headers = in.boolean();
  if (version < 4) return envelope;
  envelope.origin.mail_class = in.enumerator(MailClass::journal);
  const std::uint64_t hops = in.u64();
  if (hops > most_hops) in.reject();
  envelope.origin.hops = static_cast<unsigned>(hops);
  if (version < 5) return envelope;
  envelope.parameters.requiretls = in.boolean();
  envelope.tls_optional = in.boolean();
  return envelope;
}

}  // namespace postern::mail
