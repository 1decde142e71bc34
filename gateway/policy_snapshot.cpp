#include "gateway/policy_snapshot.hpp"

#include <algorithm>
#include <vector>

#include "base/text_file.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

std::expected<std::vector<policy::PolicyFile>, Diagnostics> read_policy_files(const fs::path& dir) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(dir, error)) {
    if (entry.path().extension() == ".toml") paths.push_back(entry.path());
  }
  if (error)
    return std::unexpected(Diagnostics{{dir.string(), 0, 0, "cannot read the policy folder: " + error.message()}});
  std::ranges::sort(paths);

  std::vector<policy::PolicyFile> files;
  for (const fs::path& path : paths) {
    Result<std::string> text = read_text_file(path);
    if (!text) return std::unexpected(Diagnostics{{path.string(), 0, 0, text.error().text}});
    files.push_back({(dir.filename() / path.filename()).string(), std::move(*text)});
  }
  if (files.empty()) return std::unexpected(Diagnostics{{dir.string(), 0, 0, "no *.toml file in the policy folder"}});
  return files;
}

std::string make_value_key(Random& random) {
  std::string key(32, '\0');
  random.fill(std::span(reinterpret_cast<std::uint8_t*>(key.data()), key.size()));
  return key;
}

}  // namespace

std::expected<Policy, Diagnostics> load_policy(const Config& config, const Clock& clock, Random& random,
                                               const MakeInspector& make) {
  auto files = read_policy_files(config.policy_dir);
  if (!files) return std::unexpected(files.error());

  policy::RulesInput input;
  input.files = std::move(*files);
  input.read = [dir = config.policy_dir](const std::string& path) { return read_text_file(dir / path); };
  input.pattern_fault = [](std::string_view expression) { return inspect::pattern_fault(expression); };
  input.today = std::chrono::floor<std::chrono::days>(clock.now());

  auto rules = policy::parse_rules(input);
  if (!rules) return std::unexpected(rules.error());
  const inspect::InspectLimits limits{config.inspect_depth, config.inspect_parts, config.inspect_expanded};
  auto inspector = make(rules->probes(), limits, make_value_key(random));
  if (!inspector) return std::unexpected(Diagnostics{{config.policy_dir.string(), 0, 0, inspector.error().text}});
  return std::make_shared<const PolicySnapshot>(std::move(*rules), std::move(*inspector));
}

}  // namespace postern::gateway
