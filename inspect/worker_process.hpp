// One postern-inspect, from the gateway's side: started (or connected to), asked, ended. Thread-safe: each message has
// descriptors of its own, and the control socket only takes whole packets.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "inspect/fd_passing.hpp"
#include "inspect/message.hpp"
#include "inspect/worker_protocol.hpp"

namespace postern::inspect {

struct WorkerPlace {
  std::filesystem::path program;  // to start, or
  std::filesystem::path socket;   // where one is started for each connection
  std::string user;               // of the program; empty: who starts it
};

/// What came of one message. Only `facts` is the child's word; nothing in it has been looked at.
struct Answer {
  enum class Kind {
    facts,
    crashed,    // the child ended otherwise than well, or said too much
    timed_out,  // the child was at it when the time was over
    unsent,     // the worker was gone before it had the message
    refused,    // no process or descriptor to be had at the moment, there or here
    fault,      // the worker is gone or stuck
  };
  Kind kind = Kind::fault;
  std::string facts = {};
};

class WorkerProcess {
 public:
  [[nodiscard]] static Result<std::unique_ptr<WorkerProcess>> start(const WorkerPlace& place, const Task& task);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// `timeout` runs from the moment at which a child has the message.
  [[nodiscard]] Answer ask(const Message& message, std::chrono::milliseconds timeout);
  /// 0 where it was not started from here.
  [[nodiscard]] int pid() const { return pid_; }

 private:
  explicit WorkerProcess(Descriptor control, int pid) : control_(std::move(control)), pid_(pid) {}
  [[nodiscard]] Result<void> greet(const Task& task);

  Descriptor control_;
  int pid_ = 0;
};

}  // namespace postern::inspect
