// SEAL: before a sealed rung is delivered, each recipient has a rendition. It goes on record with the mark before the
// final dot, or with the outcome where it never came so far, and is sent byte for byte from then on.
//
//   for (Group& part : co_await parts_to_seal(services, message, group)) {      // who may know of whom
//     Sealed sealed = co_await seal(services, message, route, part);            // each is ready, or is not and why
//   }
//
// The keys are looked at again at each attempt: a rendition to a key that may not be used any more is made anew with
// another, or not sent at all.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "gateway/key_search.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/ready_entities.hpp"
#include "gateway/revocation_service.hpp"
#include "gateway/seal_method.hpp"
#include "gateway/services.hpp"

namespace postern::gateway {

struct SealMethods {
  std::unique_ptr<SealMethod> smime, openpgp;
  net::Pool& pool;     // CPU, an engine's process, an HSM
  ByteBudget& memory;  // bodies that are being sealed, with what is made of them
  ReadyEntities& ready;
  RevocationService* revocation = nullptr;  // null: nobody is asked
  KeySearch* search = nullptr;              // null: keys are those of the key store
};

struct Unsealed {
  spool::RecipientRecord recipient;
  Error why;
};
/// Does it seal later what it did not seal now?
[[nodiscard]] bool may_pass(const Error& why);

struct Sealed {
  Group ready;            // all with the same rendition; may be empty
  spool::Made made = {};  // that rendition, where it was made now
  std::vector<Unsealed> unready;
  std::vector<spool::RecipientRecord> waiting = {};  // until other renditions of the message were delivered
  std::map<std::uint32_t, std::vector<mail::Evidence>> evidence = {};  // of the keys, by the recipient's index
  std::vector<mail::Evidence> signers = {};                            // of the rendition, by DKIM
};

/// Recipient infos and key ids show who else got a message: only those whom To and Cc show anyway share a rendition,
/// and only where they are sealed for alike.
net::awaitable<std::vector<Group>> parts_to_seal(Services& services, const spool::MessageRecord& message, Group group);

/// A part of them.
net::awaitable<Sealed> seal(Services& services, std::shared_ptr<const spool::MessageRecord> message,
                            const mail::Route& route, Group part);

}  // namespace postern::gateway
