// One complaint about a file that a person edits: where, what, and what was probably meant.
// Prints as "policy.d/hipaa.toml:12:7: unknown key 'actoin' (did you mean 'action'?)".
#pragma once

#include <string>
#include <vector>

namespace postern {

struct Diagnostic {
  std::string file;
  unsigned line = 0;    // from 1; 0: the file as a whole
  unsigned column = 0;  // from 1
  std::string text;
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] std::string format_diagnostic(const Diagnostic& diagnostic);

}  // namespace postern
