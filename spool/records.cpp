#include "spool/records.hpp"

namespace postern::spool {
namespace {

constexpr std::size_t longest_text = 4096, most_releasers = 1000, hash_size = 32;

/// Before the version of a record's form. No record of version 1, which had none, begins with so large a number.
constexpr std::uint64_t version_mark = 1ULL << 40;

/// Reads the version, if there is one; 0 where this program does not know it.
std::uint64_t take_version(Reader& in, std::string_view bytes) {
  Reader ahead(bytes);
  const std::uint64_t first = ahead.u64();
  if (!ahead.ok() || first < version_mark) return 1;
  in = ahead;
  const std::uint64_t version = first - version_mark;
  return version >= 2 && version <= record_version ? version : 0;
}

/// What stands for a state in the stored form; never renumbered.
enum class StateTag { queued, held, unjudged };

void encode_time(Writer& out, Time time) {
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}
Time decode_time(Reader& in) {
  return Time(Duration(static_cast<std::int64_t>(in.u64())));
}

void encode_time(Writer& out, const std::optional<Time>& time) {
  out.boolean(time.has_value());
  if (time) encode_time(out, *time);
}
std::optional<Time> decode_optional_time(Reader& in) {
  if (!in.boolean()) return std::nullopt;
  return decode_time(in);
}

std::uint32_t decode_u32(Reader& in) {
  const std::uint64_t value = in.u64();
  if (value > UINT32_MAX) in.reject();
  return static_cast<std::uint32_t>(value);
}

void encode_flag(Writer& out, const std::optional<bool>& flag) {
  out.boolean(flag.has_value());
  if (flag) out.boolean(*flag);
}
std::optional<bool> decode_optional_flag(Reader& in) {
  if (!in.boolean()) return std::nullopt;
  return in.boolean();
}

struct EncodeState {
  Writer& out;
  void operator()(const Queued& queued) const {
    out.enumerator(StateTag::queued);
    encode_time(out, queued.due);
  }
  void operator()(const Held& held) const {
    out.enumerator(StateTag::held);
    out.enumerator(held.reason);
    out.u64(held.releasers.size());
    for (const std::string& releaser : held.releasers)
      out.bytes(releaser);
    encode_time(out, held.expires);
    out.boolean(held.sender_told);
  }
  void operator()(const Unjudged&) const { out.enumerator(StateTag::unjudged); }
};

Held decode_held(Reader& in) {
  Held held;
  held.reason = in.enumerator(mail::HoldReason::operator_);
  for (std::size_t left = in.count(most_releasers); left > 0; --left)
    held.releasers.push_back(in.bytes(longest_text));
  held.expires = decode_time(in);
  held.sender_told = in.boolean();
  return held;
}

RecipientState decode_state(Reader& in) {
  switch (in.enumerator(StateTag::unjudged)) {
    case StateTag::queued: return Queued{decode_time(in)};
    case StateTag::held: return decode_held(in);
    case StateTag::unjudged: return Unjudged{};
  }
  return Unjudged{};
}

void encode_rendition(Writer& out, const Rendition& rendition) {
  out.u64(rendition.number);
  out.u64(rendition.size);
  out.bytes(rendition.sha256);
  out.u64(rendition.chunks);
  out.bytes(rendition.wrapped_key);
  out.boolean(rendition.eight_bit);
}

Rendition decode_rendition(Reader& in) {
  Rendition rendition;
  rendition.number = in.u64();
  rendition.size = in.u64();
  rendition.sha256 = in.bytes(64);
  rendition.chunks = decode_u32(in);
  rendition.wrapped_key = in.bytes(64);
  rendition.eight_bit = in.boolean();
  return rendition;
}

}  // namespace

std::string destination_of(const RecipientRecord& record) {
  if (record.rung >= record.ladder.size()) return "";
  const mail::SmtpRung* rung = mail::smtp_rung(record.ladder[record.rung]);
  if (rung == nullptr) return "";
  if (const auto* relay = std::get_if<mail::Relay>(&rung->hop)) return relay->host + ":" + std::to_string(relay->port);
  return record.address.domain().str();
}

void encode(Writer& out, const MessageRecord& record) {
  out.u64(version_mark + record_version);
  mail::encode(out, record.envelope);
  encode_time(out, record.accepted);
  out.u64(record.size);
  out.bytes(record.sha256);
  out.u64(record.chunks);
  out.u64(record.epoch);
  out.bytes(record.wrapped_key);
  out.boolean(record.judged);
  out.bytes(record.policy_hash);
  out.u64(record.bare_lf_mended);
  encode_flag(out, record.eight_bit);
  out.bytes(record.dkim_body_hash);
}

Result<MessageRecord> decode_message(std::string_view bytes) {
  Reader in(bytes);
  MessageRecord record;
  const std::uint64_t version = take_version(in, bytes);
  record.envelope = mail::decode_envelope(in, version);
  record.accepted = decode_time(in);
  record.size = in.u64();
  record.sha256 = in.bytes(64);
  record.chunks = decode_u32(in);
  record.epoch = in.u64();
  record.wrapped_key = in.bytes(64);
  record.judged = in.boolean();
  record.policy_hash = in.bytes(128);
  record.bare_lf_mended = in.u64();
  if (version >= 3) record.eight_bit = decode_optional_flag(in);
  if (version >= 5) record.dkim_body_hash = in.bytes(hash_size);
  if (!record.dkim_body_hash.empty() && record.dkim_body_hash.size() != hash_size) in.reject();
  if (!in.finished() || version == 0) return fail(Errc::corrupt, "a damaged message record");
  return record;
}

void encode(Writer& out, const RecipientRecord& record) {
  out.u64(version_mark + record_version);
  out.u64(record.index);
  mail::encode(out, record.address);
  mail::encode(out, record.verdict);
  mail::encode(out, record.ladder);
  out.u64(record.rung);
  std::visit(EncodeState{out}, record.state);
  out.u64(record.attempts);
  out.u64(record.rung_attempts);
  encode_time(out, record.incapable_since);
  encode_time(out, record.tls_trouble_since);
  out.boolean(record.may_be_duplicate);
  out.bytes(record.last_reason);
  out.boolean(record.delay_told);
  out.boolean(record.rendition.has_value());
  if (record.rendition) encode_rendition(out, *record.rendition);
  out.bytes(record.sealed_to);
}

Result<RecipientRecord> decode_recipient(std::string_view bytes) {
  Reader in(bytes);
  RecipientRecord record;
  const std::uint64_t version = take_version(in, bytes);
  record.index = decode_u32(in);
  record.address = mail::decode_address(in);
  record.verdict = mail::decode_verdict(in, version);
  record.ladder = mail::decode_ladder(in, version);
  record.rung = decode_u32(in);
  record.state = decode_state(in);
  record.attempts = decode_u32(in);
  record.rung_attempts = decode_u32(in);
  record.incapable_since = decode_optional_time(in);
  record.tls_trouble_since = decode_optional_time(in);
  record.may_be_duplicate = in.boolean();
  record.last_reason = in.bytes(longest_text);
  if (version >= 3) record.delay_told = in.boolean();
  if (version >= 5) {
    if (in.boolean()) record.rendition = decode_rendition(in);
    record.sealed_to = in.bytes(128);
  }
  if (!in.finished() || version == 0) return fail(Errc::corrupt, "a damaged recipient record");
  return record;
}

}  // namespace postern::spool
