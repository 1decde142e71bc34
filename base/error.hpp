// What went wrong, as a value. Result<T> is the return type of everything that the outside world can make fail.
//
//   Result<Address> a = parse_mailbox(text);
//   if (!a) return fail(a.error());
//
// `text` may be shown to an administrator or a peer and never holds message content;
// `detail` is for a debugger's eyes and goes to no peer.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace postern {

enum class Errc {
  invalid,      // the input breaks a rule
  not_found,    // asked for something that is not there
  limit,        // a stated limit was passed
  denied,       // not allowed
  io,           // disk or operating system
  corrupt,      // stored data does not verify
  too_new,      // written by a newer version
  unavailable,  // may work later
  timed_out,
};

struct Error {
  Errc code = Errc::invalid;
  std::string text;
  std::string detail = {};
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string text, std::string detail = {}) {
  return std::unexpected(Error{code, std::move(text), std::move(detail)});
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace postern
