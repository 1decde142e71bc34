// postern-inspect's work: compile the probes, load whatever will be needed later, lock itself in, and then fork a child
// per message. It never reads a message itself, so it stays sound whatever a message does to its child.
//
// A second process like it, the polyglot, has every charset of the system loaded, and so five times as many mappings
// for each fork to copy. A message comes there when its first reader was killed for wanting to open a file.
#pragma once

namespace postern::inspect {

/// Serves the gateway at the other end of this socket until it closes. The process's exit code.
[[nodiscard]] int serve_gateway(int control);

}  // namespace postern::inspect
