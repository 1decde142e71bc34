#include "spool/pickup_record.hpp"

#include "base/time_codec.hpp"

namespace postern::spool {
namespace {

// 1: before replies, receipts and reminders; 2: before proofs; 3: before passwords, and what senders ask for by mail
constexpr std::uint64_t pickup_version = 4;
constexpr std::size_t most_others = 1000;
constexpr std::size_t longest_text = 1000;

QueueId decode_id(Reader& in, bool may_be_empty) {
  const std::string text = in.bytes(longest_text);
  if (text.empty() && may_be_empty) return {};
  auto id = QueueId::parse(text);
  if (!id) return in.reject(), QueueId();
  return *id;
}

Secret decode_secret(Reader& in) {
  const std::string text = in.bytes(longest_text);
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace

std::string_view format_proof(PickupProof proof) {
  switch (proof) {
    case PickupProof::code: return "code";
    case PickupProof::passphrase: return "passphrase";
    case PickupProof::password: return "password";
  }
  return "";
}

std::string encode_pickup(const PickupRecord& record) {
  Writer out;
  out.u64(pickup_version);
  out.bytes(record.lookup);
  out.bytes(record.deposit.str());
  out.bytes(record.link.text());
  out.u64(mail::envelope_version);
  mail::encode(out, record.envelope);
  out.u64(record.index);
  encode_time(out, record.accepted);
  encode_time(out, record.expires);
  out.bytes(record.language);
  out.bytes(record.notice.str());
  out.boolean(record.opened.has_value());
  if (record.opened) encode_time(out, *record.opened);
  out.u64(record.others.size());
  for (const mail::Address& other : record.others)
    mail::encode(out, other);
  out.boolean(record.receipt);
  out.boolean(record.reminded.has_value());
  if (record.reminded) encode_time(out, *record.reminded);
  out.enumerator(record.proof);
  out.bytes(record.passphrase.text());
  out.bytes(record.passphrase_mail.str());
  out.bytes(record.account_half);
  out.boolean(record.extended_by_sender);
  out.boolean(record.resent_by_sender);
  return out.take();
}

Result<PickupRecord> decode_pickup(std::string_view bytes) {
  Reader in(bytes);
  const std::uint64_t form = in.u64();
  if (form == 0 || form > pickup_version) return fail(Errc::too_new, "a pick-up was written by a newer version");
  PickupRecord record;
  record.lookup = in.bytes(longest_text);
  record.deposit = decode_id(in, false);
  record.link = decode_secret(in);
  const std::uint64_t version = in.u64();
  if (version > mail::envelope_version) return fail(Errc::too_new, "a pick-up was written by a newer version");
  record.envelope = mail::decode_envelope(in, version);
  record.index = static_cast<std::uint32_t>(in.u64() & UINT32_MAX);
  record.accepted = decode_time(in);
  record.expires = decode_time(in);
  record.language = in.bytes(longest_text);
  record.notice = decode_id(in, true);
  if (in.boolean()) record.opened = decode_time(in);
  if (form > 1) {
    for (std::size_t left = in.count(most_others); left > 0 && in.ok(); --left)
      record.others.push_back(mail::decode_address(in));
    record.receipt = in.boolean();
    if (in.boolean()) record.reminded = decode_time(in);
  }
  if (form > 2) {
    record.proof = in.enumerator(PickupProof::password);
    record.passphrase = decode_secret(in);
    record.passphrase_mail = decode_id(in, true);
  }
  if (form > 3) {
    record.account_half = in.bytes(longest_text);
    record.extended_by_sender = in.boolean();
    record.resent_by_sender = in.boolean();
  }
  if (!in.finished() || record.envelope.to.size() != 1) return fail(Errc::corrupt, "a pick-up cannot be read");
  return record;
}

}  // namespace postern::spool
