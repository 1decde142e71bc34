// Every text that the server says of itself, with its codes (RFC 5321 §4.2, RFC 3463). What the gateway says
// of a message or a sender is in gateway/replies.hpp.
#pragma once

#include <cstdint>
#include <string>

#include "mail/lines.hpp"
#include "mail/reply.hpp"

namespace postern::smtp::replies {

using mail::Reply;
using mail::StatusCode;

// Connection
inline Reply greeting(const std::string& host) {
  return {220, {}, host + " ESMTP Postern"};
}
inline Reply hello(const std::string& host) {
  return {250, {}, host};
}
inline Reply bye() {
  return {221, StatusCode{2, 0, 0}, "Bye"};
}
inline Reply starting(const std::string& host) {
  return {421, StatusCode{4, 3, 2}, host + " is starting, try again in a moment"};
}
inline Reply too_many_connections(const std::string& host) {
  return {421, StatusCode{4, 7, 0}, host + " too many connections from your address"};
}
inline Reply timed_out(const std::string& host) {
  return {421, StatusCode{4, 4, 2}, host + " waited too long"};
}
inline Reply too_many_errors(const std::string& host) {
  return {421, StatusCode{4, 7, 0}, host + " too many errors, closing"};
}

// Commands
inline Reply ok() {
  return {250, StatusCode{2, 0, 0}, "Ok"};
}
inline Reply unknown_command() {
  return {500, StatusCode{5, 5, 2}, "Unknown command"};
}
inline Reply line_too_long() {
  return {500, StatusCode{5, 5, 2}, "Line too long"};
}
inline Reply bare_line_end() {
  return {500, StatusCode{5, 5, 2}, "Lines end with CRLF; a bare CR, LF or a NUL is refused"};
}
inline Reply not_implemented() {
  return {502, StatusCode{5, 5, 1}, "Not implemented"};
}
inline Reply bad_arguments(const std::string& expected) {
  return {501, StatusCode{5, 5, 4}, "Syntax: " + expected};
}
/// RFC 6531 §3.5
inline Reply needs_smtputf8() {
  return {553, StatusCode{5, 6, 7}, "This address needs SMTPUTF8 after MAIL FROM"};
}
inline Reply bad_path(const std::string& why) {
  return {553, StatusCode{5, 1, 3}, "Bad address: " + why};
}
inline Reply unknown_parameter() {
  return {555, StatusCode{5, 5, 4}, "Parameter not recognized or not implemented"};
}
inline Reply out_of_order(const std::string& first) {
  return {503, StatusCode{5, 5, 1}, first};
}
inline Reply cannot_verify() {
  return {252, StatusCode{2, 1, 5}, "Cannot verify; send mail and it will be tried"};
}
inline Reply help() {
  return {214, StatusCode{2, 0, 0}, "See RFC 5321"};
}

// TLS
inline Reply ready_for_tls() {
  return {220, StatusCode{2, 0, 0}, "Ready to start TLS"};
}
inline Reply tls_first() {
  return {530, StatusCode{5, 7, 0}, "Issue STARTTLS first"};
}
inline Reply tls_already() {
  return {503, StatusCode{5, 5, 1}, "TLS is active already"};
}
inline Reply data_after_starttls() {
  return {501, StatusCode{5, 5, 4}, "Nothing may follow STARTTLS before its reply"};
}

// A message
inline Reply too_large() {
  return {552, StatusCode{5, 3, 4}, "The message is larger than this server accepts"};
}
inline Reply too_many_recipients() {
  return {452, StatusCode{4, 5, 3}, "Too many recipients, send the rest again"};
}
inline Reply no_recipients() {
  return {554, StatusCode{5, 5, 1}, "No valid recipients"};
}
inline Reply header_too_large() {
  return {552, StatusCode{5, 3, 4}, "The header section is larger than this server accepts"};
}
inline Reply go_ahead() {
  return {354, {}, "End data with <CR><LF>.<CR><LF>"};
}
inline Reply chunk_received(std::uint64_t octets) {
  return {250, StatusCode{2, 0, 0}, std::to_string(octets) + " octets received"};  // RFC 3030 §4.2
}
inline Reply mixed_transfer() {
  return {503, StatusCode{5, 5, 1}, "DATA and BDAT cannot be mixed in one message"};
}

inline Reply bad_lines(mail::LineFault fault) {
  const StatusCode syntax{5, 6, 0};
  switch (fault) {
    case mail::LineFault::none: break;
    case mail::LineFault::bare_cr: return {550, syntax, "A CR without LF: only CRLF ends a line (RFC 5321 2.3.8)"};
    case mail::LineFault::bare_lf: return {550, syntax, "An LF without CR: only CRLF ends a line (RFC 5321 2.3.8)"};
    case mail::LineFault::nul: return {550, syntax, "A NUL octet: not allowed in mail"};
    case mail::LineFault::too_long: return {550, syntax, "A line is too long"};
  }
  return ok();
}

}  // namespace postern::smtp::replies
