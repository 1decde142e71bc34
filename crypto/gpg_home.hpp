// A GNUPGHOME of our own, with its agent: nothing of anyone's ~/.gnupg, nothing that outlives its owner. The agent is
// our child and not gpg's, so that we know whom to end, and gpg is forbidden to start another.
//
// Used by one thread at a time, kill_all apart.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include <sys/types.h>

#include "base/error.hpp"

namespace postern::crypto {

struct GpgPrograms {
  std::filesystem::path gpg = "/usr/bin/gpg", agent = "/usr/bin/gpg-agent";
};

class GpgHome {
 public:
  /// Makes a folder in `parent`.
  [[nodiscard]] static Result<std::unique_ptr<GpgHome>> open(const std::filesystem::path& parent,
                                                             const GpgPrograms& programs);
  ~GpgHome();
  GpgHome(const GpgHome&) = delete;
  GpgHome& operator=(const GpgHome&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] pid_t agent() const { return agent_; }
  /// Asks the operating system: an agent that was killed is told from one that serves.
  [[nodiscard]] bool agent_is_alive() const;
  /// SIGKILL to the agent, and to every gpg that works in this home. From any thread.
  void kill_all() const;

 private:
  GpgHome(std::filesystem::path folder, GpgPrograms programs);
  [[nodiscard]] Result<void> configure();
  [[nodiscard]] Result<void> start_agent();

  std::filesystem::path folder_;
  GpgPrograms programs_;
  pid_t agent_ = -1;
};

/// SIGKILL to every process of ours that has `argument` as one of its arguments. A process is looked at again through a
/// descriptor of it before it is ended: its number may be another's by then.
void kill_those_with(const std::filesystem::path& argument);

}  // namespace postern::crypto
