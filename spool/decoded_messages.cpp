#include "spool/decoded_messages.hpp"

#include <algorithm>

namespace postern::spool {

Result<std::shared_ptr<const MessageRecord>> DecodedMessages::decode(std::string bytes) {
  const auto found = std::ranges::find(known_, bytes, &One::bytes);
  if (found != known_.end()) return found->record;
  auto decoded = decode_message(bytes);
  if (!decoded) return fail(decoded.error());
  auto record = std::make_shared<const MessageRecord>(std::move(*decoded));
  if (bytes.size() < least_octets) return record;
  known_.push_front({std::move(bytes), record});
  if (known_.size() > most) known_.pop_back();
  return record;
}

}  // namespace postern::spool
