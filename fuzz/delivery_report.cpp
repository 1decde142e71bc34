// A message as a delivery report: what it says is few codes, and of one that is cut off nothing more.
#include "mail/delivery_report.hpp"

#include "fuzz/target.hpp"

using namespace postern;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = fuzz::text(data, size);
  const auto recipients = mail::parse_delivery_report(message);
  if (!recipients) return 0;
  require(!recipients->empty() && recipients->size() <= 1000);
  for (const mail::ReportedRecipient& one : *recipients)
    for (const int number : {one.status.klass, one.status.subject, one.status.detail})
      require(number >= 0 && number <= 999);
  return 0;
}
