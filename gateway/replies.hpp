// What the gateway answers to a message or a transaction, beside what policy says. The protocol's own texts are in
// smtp/replies.hpp. docs/answers.md lists them with cause and cure. Exchange shows them to its user.
#pragma once

#include "base/error.hpp"
#include "base/ids.hpp"
#include "mail/reply.hpp"

namespace postern::gateway::replies {

inline mail::Reply ok() {
  return {250, mail::StatusCode{2, 1, 0}, "Ok"};
}
inline mail::Reply ok_recipient() {
  return {250, mail::StatusCode{2, 1, 5}, "Ok"};
}
/// The same for every condition: which one failed is in our log, and would tell an attacker how near he came.
inline mail::Reply not_ours() {
  return {550, mail::StatusCode{5, 7, 1},
          "This gateway does not send mail for this sender; your mail administrator can look up why"};
}
/// An address of a tenant's portal.domain that we have not made, or not for this.
inline mail::Reply no_such_conversation() {
  return {550, mail::StatusCode{5, 1, 1}, "There is no such address here"};
}
inline mail::Reply conversation_over() {
  return {550, mail::StatusCode{5, 1, 6},
          "This protected conversation is over; write to the person's own address instead"};
}
/// Such an address is a command: it has a message of its own.
inline mail::Reply command_alone() {
  return {550, mail::StatusCode{5, 5, 1}, "To say what becomes of your message, write to this address alone"};
}
inline mail::Reply command_done() {
  return {250, mail::StatusCode{2, 0, 0}, "Ok, done"};
}
inline mail::Reply command_used() {
  return {550, mail::StatusCode{5, 1, 6}, "This address is good once, and has been used"};
}
inline mail::Reply returned() {
  return {250, mail::StatusCode{2, 0, 0}, "Ok, read"};
}
inline mail::Reply only_bounces() {
  return {550, mail::StatusCode{5, 7, 1}, "Only bounces are taken here; reply in the portal, by the link in your mail"};
}
inline mail::Reply mail_loop() {
  return {554, mail::StatusCode{5, 4, 6}, "Too many hops: this message is in a loop"};
}
inline mail::Reply no_room() {
  return {452, mail::StatusCode{4, 3, 1}, "No room for this message now, try again later"};
}
inline mail::Reply busy() {
  return {451, mail::StatusCode{4, 3, 2}, "Too busy to take this message, try again later"};
}
inline mail::Reply not_kept() {
  return {451, mail::StatusCode{4, 3, 0}, "This message could not be kept safely, try again later"};
}
inline mail::Reply not_inspected() {
  return {451, mail::StatusCode{4, 3, 0}, "This message could not be inspected, try again later"};
}
inline mail::Reply go_ahead() {
  return {354, {}, "Go ahead"};
}
inline mail::Reply kept(const QueueId& id) {
  return {250, mail::StatusCode{2, 0, 0}, "Ok, queued as " + id.str()};
}

/// Why the spool did not take it: a full disk may be tried again like any other trouble of ours.
inline mail::Reply from_spool(const Error& error) {
  return error.code == Errc::limit ? no_room() : not_kept();
}

}  // namespace postern::gateway::replies
