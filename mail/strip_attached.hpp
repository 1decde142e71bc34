// Cuts header fields out of the messages that are attached to one, and leaves every other octet as it was: who forwards
// a bounce would send along the header that it returns.
//
//   AttachedStripper stripper({"X-Clinic-Key"}, section);
//   if (stripper.looks()) { out += stripper.pass(piece); … out += stripper.end(); }
#pragma once

#include "mail/strip.hpp"

namespace postern::mail {

/// Only header sections of message/rfc822, text/rfc822-headers and their international forms are touched (RFC 2046
/// §5.2.1, RFC 6522 §3), at any depth. What somebody signed stays as it is, and what is encoded is not looked into.
class AttachedStripper final : public BodyStripper {
 public:
  /// `section`: the message's own header, which says what its body is.
  AttachedStripper(std::vector<std::string> names, std::string_view section);
  /// Whether a message can be attached to it at all.
  [[nodiscard]] bool looks() const { return in_header_ || !levels_.empty(); }
  /// One of the fields was found in what is signed, and stayed.
  [[nodiscard]] bool left_signed() const { return left_signed_; }

 private:
  struct Level {
    std::string boundary;
    bool is_signed, is_digest;
  };

  bool keeps(std::string_view line, bool begins) override;
  bool keeps_header_line(std::string_view line);
  bool is_boundary(std::string_view line);
  void begin_header(bool attached);
  void end_header();
  [[nodiscard]] bool inside_signed() const { return !levels_.empty() && levels_.back().is_signed; }

  std::vector<Level> levels_;  // multiparts, the innermost last
  bool in_header_ = false;     // else in a body
  bool attached_ = false;      // of a message, not of a part
  bool cutting_ = false, left_signed_ = false;
  std::string type_, encoding_;        // raw values of this header
  std::string* collecting_ = nullptr;  // one of them
};

}  // namespace postern::mail
