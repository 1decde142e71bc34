#include "portal/deposit_protocol.hpp"

#include "base/time_codec.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t longest_text = 1000, longest_code = 20;

std::string framed(Writer& out) {
  const std::string body = out.take();
  std::string frame;
  frame.reserve(body.size() + 4);
  for (int shift = 24; shift >= 0; shift -= 8)
    frame.push_back(static_cast<char>(body.size() >> shift));
  return frame + body;
}

struct WriteRequest {
  Writer& out;
  void operator()(const Begin& begin) const { encode(out, begin.deposit); }
  void operator()(const Chunk& chunk) const { out.bytes(chunk.sealed); }
  void operator()(const Keep&) const {}
  void operator()(const Revoke& revoke) const { out.texts(revoke.lookups); }
  void operator()(const Collect& collect) const {
    out.u64(collect.seen);
    out.u64(static_cast<std::uint64_t>(collect.wait.count()));
  }
  void operator()(const Status&) const {}
  void operator()(const ListReplies&) const {}
  void operator()(const FetchReply& fetch) const {
    out.bytes(fetch.id.str());
    out.u64(fetch.index);
  }
  void operator()(const DropReply& drop) const { out.bytes(drop.id.str()); }
  void operator()(const Extend& extend) const {
    out.bytes(extend.id.str());
    encode_time(out, extend.expires);
  }
  void operator()(const FindAccounts& find) const { out.texts(find.names); }
};

struct WriteAnswer {
  Writer& out;
  void operator()(const Ready&) const {}
  void operator()(const Known&) const {}
  void operator()(const Kept&) const {}
  void operator()(const Happened& happened) const {
    out.u64(happened.events.size());
    for (const PortalEvent& event : happened.events) {
      out.u64(event.number);
      out.enumerator(event.kind);
      out.bytes(event.lookup);
      encode_time(out, event.at);
      out.bytes(event.code);
    }
  }
  void operator()(const State& state) const {
    out.u64(state.deposits);
    out.u64(state.octets);
  }
  void operator()(const Refused& refused) const {
    out.enumerator(refused.code);
    out.bytes(refused.text);
  }
  void operator()(const Replies& waiting) const {
    out.u64(waiting.replies.size());
    for (const SealedReply& reply : waiting.replies)
      encode(out, reply);
  }
  void operator()(const Part& part) const { out.bytes(part.sealed); }
  void operator()(const Accounts& accounts) const { out.texts(accounts.halves); }
};

PortalEvent decode_event(Reader& in) {
  PortalEvent event;
  event.number = in.u64();
  event.kind = in.enumerator(EventKind::password_changed);
  event.lookup = in.bytes(longest_text);
  event.at = decode_time(in);
  event.code = in.bytes(longest_code);
  if (!is_lookup(event.lookup)) in.reject();
  return event;
}

QueueId decode_id(Reader& in) {
  auto id = QueueId::parse(in.bytes(longest_text));
  if (!id) return in.reject(), QueueId();
  return *id;
}

Request read_request(Reader& in) {
  switch (in.u64()) {
    case 0: return Begin{decode_deposit(in)};
    case 1: return Chunk{in.bytes(chunk_size + crypto::seal_overhead)};
    case 2: return Keep{};
    case 3: return Revoke{in.texts<std::vector<std::string>>(most_lookups, longest_text)};
    case 4: {
      Collect collect;
      collect.seen = in.u64();
      collect.wait = Duration(static_cast<std::int64_t>(in.u64() & INT32_MAX));
      return collect;
    }
    case 5: return Status{};
    case 6: return ListReplies{};
    case 7: {
      FetchReply fetch{decode_id(in)};
      fetch.index = static_cast<std::uint32_t>(in.u64() & UINT32_MAX);
      return fetch;
    }
    case 8: return DropReply{decode_id(in)};
    case 9: {
      Extend extend{decode_id(in)};
      extend.expires = decode_time(in);
      return extend;
    }
    case 10: return FindAccounts{in.texts<std::vector<std::string>>(most_lookups, longest_text)};
    default: in.reject(); return Status{};
  }
}

Answer read_answer(Reader& in) {
  switch (in.u64()) {
    case 0: return Ready{};
    case 1: return Known{};
    case 2: return Kept{};
    case 3: {
      Happened happened;
      for (std::size_t left = in.count(most_events); left > 0 && in.ok(); --left)
        happened.events.push_back(decode_event(in));
      return happened;
    }
    case 4: {
      State state;
      state.deposits = in.u64();
      state.octets = in.u64();
      return state;
    }
    case 5: {
      Refused refused;
      refused.code = in.enumerator(Errc::timed_out);
      refused.text = in.bytes(longest_text);
      return refused;
    }
    case 6: {
      Replies waiting;
      for (std::size_t left = in.count(most_replies); left > 0 && in.ok(); --left)
        waiting.replies.push_back(decode_sealed_reply(in));
      return waiting;
    }
    case 7: return Part{in.bytes(chunk_size + crypto::seal_overhead)};
    case 8: return Accounts{in.texts<std::vector<std::string>>(most_lookups, crypto::x25519_size)};
    default: in.reject(); return Refused{};
  }
}

}  // namespace

std::string format_frame(const Request& request) {
  Writer out;
  out.u64(request.index());
  std::visit(WriteRequest{out}, request);
  return framed(out);
}

std::string format_frame(const Answer& answer) {
  Writer out;
  out.u64(answer.index());
  std::visit(WriteAnswer{out}, answer);
  return framed(out);
}

Result<Request> parse_request(std::string_view body) {
  Reader in(body);
  Request request = read_request(in);
  if (!in.finished()) return fail(Errc::invalid, "not a request of the deposit socket");
  return request;
}

Result<Answer> parse_answer(std::string_view body) {
  Reader in(body);
  Answer answer = read_answer(in);
  if (!in.finished()) return fail(Errc::invalid, "not an answer of the portal");
  return answer;
}

}  // namespace postern::portal
