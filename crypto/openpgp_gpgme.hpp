// OpenPGP by GnuPG through GPGME: two processes a message, beside an agent for each of `concurrency` private homes. For
// who needs GnuPG's own cryptography; librnp is faster by far (bench/).
//
//   auto engine = make_gpgme_engine(clock, {.folder = "/run/postern/gnupg"});
//
// Nothing of it is in anyone's ~/.gnupg. Secret keys lie in `folder` while the engine lives, so it must be on tmpfs;
// messages go through pipes and lie nowhere. Recipients' keys are read from files made for each call
// (--recipient-file), so that nothing is imported, trusted or left over. GPGME sets SIGPIPE to be ignored, if nobody
// has set it.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "crypto/gpg_home.hpp"
#include "crypto/openpgp.hpp"

namespace postern::crypto {

struct GpgmeEngineOptions {
  std::filesystem::path
      folder;                // ours alone; made where it is missing, mode 0700. What an earlier life left is removed.
  unsigned concurrency = 2;  // homes, and so gpg processes at a time
  Duration deadline =
      std::chrono::seconds(30);  // of a call, the wait for a home included; then gpg and agent are killed
  GpgPrograms programs = {};
};

/// Errc::denied: the folder is on a disk, or another process has it.
[[nodiscard]] Result<std::unique_ptr<OpenpgpEngine>> make_gpgme_engine(const Clock& clock, GpgmeEngineOptions options);

}  // namespace postern::crypto
