// The socket between posternd and the portal: posternd asks, the portal answers, one answer to each request but Chunk.
//
//   frame    = length (4 octets, big-endian) body
//   request  = Begin deposit → Ready | Known        then, after Ready, its chunks in order, and Keep → Kept
//            | Revoke lookups → Kept | Collect → Happened | Status → State
//            | Extend id, time → Kept
//            | FindAccounts names → Accounts halves
//            | ListReplies → Replies | FetchReply id, index → Part | DropReply id → Kept
//   any      → Refused
//
// The portal never asks anything of posternd: what happened there waits until it is collected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portal/deposit.hpp"
#include "portal/sealed_reply.hpp"

namespace postern::portal {

inline constexpr std::size_t longest_frame = 1U << 20;  // octets of a body
inline constexpr std::size_t most_events = 256;         // of one answer
inline constexpr std::size_t most_lookups = 1000;       // of one request
inline constexpr std::size_t most_replies = 100;        // of one answer

// What happened to a pick-up. Numbers grow; a code has none, it is in memory alone.
enum class EventKind {
  code_wanted,
  opened,  // for the first time
  opened_again,
  code_wrong,  // whoever has the link typed another code
  replied,     // what was written waits among the replies
  password_wrong,
  password_chosen,  // for the first time
  password_reset,   // another one: what was sealed for the one before stays shut
  second_step_wrong,
  second_step_added,  // an app, or a passkey
  second_step_removed,
  password_changed,  // by whoever knew the one before: what waits opens with the new one
};
struct PortalEvent {
  std::uint64_t number = 0;  // 0: not kept, delivered once at most
  EventKind kind = EventKind::opened;
  std::string lookup;
  Time at{};
  std::string code = {};  // of code_wanted: to be mailed, in no log
  bool operator==(const PortalEvent&) const = default;
};

// Requests
struct Begin {
  Deposit deposit;
};
struct Chunk {
  std::string sealed;
};
struct Keep {};
/// Errc::unavailable while a reply of one of them has not been dropped yet: nobody could read it afterwards.
struct Revoke {
  std::vector<std::string> lookups;
};
/// What has happened since: events up to `seen` are done with and forgotten. Waits up to `wait` where there is none.
struct Collect {
  std::uint64_t seen = 0;
  Duration wait{};
};
struct Status {};
/// The oldest that wait.
struct ListReplies {};
struct FetchReply {
  QueueId id;
  std::uint32_t index = 0;
};
/// posternd has kept it.
struct DropReply {
  QueueId id;
};
/// It waits until then, where that is later. Errc::not_found.
struct Extend {
  QueueId id;
  Time expires{};
};
/// Of recipients with a password of theirs: what their messages are to be sealed for.
struct FindAccounts {
  std::vector<std::string> names;
};
using Request =
    std::variant<Begin, Chunk, Keep, Revoke, Collect, Status, ListReplies, FetchReply, DropReply, Extend, FindAccounts>;

// Answers
struct Ready {};
struct Known {};  // this deposit is kept already
struct Kept {};   // on disk
struct Happened {
  std::vector<PortalEvent> events;
};
struct State {
  std::uint64_t deposits = 0, octets = 0;
};
struct Refused {
  Errc code = Errc::invalid;
  std::string text;
};
struct Replies {
  std::vector<SealedReply> replies;
};
struct Part {
  std::string sealed;
};
/// In the order of the names; empty: there is no such account yet.
struct Accounts {
  std::vector<std::string> halves;
};
using Answer = std::variant<Ready, Known, Kept, Happened, State, Refused, Replies, Part, Accounts>;

/// With its length before it.
[[nodiscard]] std::string format_frame(const Request& request);
[[nodiscard]] std::string format_frame(const Answer& answer);
/// Of a frame's body.
[[nodiscard]] Result<Request> parse_request(std::string_view body);
[[nodiscard]] Result<Answer> parse_answer(std::string_view body);

}  // namespace postern::portal
