// Any bytes as what a peer says, to a whole session. The first octet chooses settings and how the bytes are
// cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mail/lines.hpp"
#include "tests/smtp/recorder.hpp"
#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

using namespace postern;
using namespace postern::smtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  ServerOptions options;
  options.hostname = "gw.example";
  options.starttls = static_cast<Starttls>(data[0] % 3);
  options.tls = test::tls_server();
  options.bdat_bare_lf = (data[0] & 4) != 0 ? BareLf::refuse : BareLf::normalise;
  options.limits = {.size = 2000, .recipients = 3, .command_line = 200, .header = 300, .errors = 5, .body_line = 100};
  test::MemoryStream stream({reinterpret_cast<const char*>(data) + 1, size - 1}, 1U + (data[0] >> 3U));
  Recorder receiver;
  test::run(serve(stream, options, receiver));

  if (!receiver.violations.empty() || receiver.open() || !stream.closed) std::abort();
  for (const std::string& message : receiver.messages) {
    mail::LineChecker checker;
    if (checker.check(message) != mail::LineFault::none || !checker.complete() || message.size() > 2000) std::abort();
  }
  return 0;
}
