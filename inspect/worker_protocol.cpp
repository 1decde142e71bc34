#include "inspect/worker_protocol.hpp"

#include "base/codec.hpp"

namespace postern::inspect {

std::string encode_task(const Task& task) {
  Writer out;
  out.bytes(mail::encode_probes(task.probes));
  out.u64(task.limits.depth);
  out.u64(task.limits.parts);
  out.u64(task.limits.expanded);
  out.bytes(task.value_key);
  out.u64(static_cast<std::uint64_t>(task.timeout.count()));
  out.u64(task.memory);
  return out.take();
}

Result<Task> decode_task(std::string_view bytes) {
  Reader in(bytes);
  Task task;
  auto probes = mail::decode_probes(in.bytes());
  task.limits.depth = static_cast<unsigned>(in.u64());
  task.limits.parts = in.u64();
  task.limits.expanded = in.u64();
  task.value_key = in.bytes();
  task.timeout = std::chrono::milliseconds(in.u64());
  task.memory = in.u64();
  if (!probes) return fail(probes.error());
  if (!in.finished()) return fail(Errc::corrupt, "a task of another version");
  task.probes = std::move(*probes);
  return task;
}

}  // namespace postern::inspect
