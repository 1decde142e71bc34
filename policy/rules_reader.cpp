#include "policy/rules_reader.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "base/hex.hpp"

namespace postern::policy {
namespace {

std::string sha256_hex(const std::vector<std::string>& pieces) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const std::string& piece : pieces) {
    const std::string length = std::to_string(piece.size()) + ":";
    EVP_DigestUpdate(context, length.data(), length.size());
    EVP_DigestUpdate(context, piece.data(), piece.size());
  }
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context, digest.data(), nullptr);
  EVP_MD_CTX_free(context);
  return format_hex(digest);
}

}  // namespace

std::expected<RuleSet, Diagnostics> RulesReader::read() {
  Diagnostics wrong;
  std::vector<std::pair<Reading, Node>> files;
  std::vector<std::string> all_text;
  for (const PolicyFile& file : input_.files) {
    all_text.push_back(file.text);
    auto root = parse_toml(file.text, file.name);
    if (root) {
      files.emplace_back(Reading{file.name, {}}, std::move(*root));
    } else {
      wrong.insert(wrong.end(), root.error().begin(), root.error().end());
    }
  }
  // Names first: a rule may refer to a group of a later file.
  for (auto& [in, root] : files)
    define(in, root);
  for (auto& [in, root] : files) {
    if (const Node* list = root.find("rule")) read_rules(in, *list);
    if (const Node* list = root.find("test")) read_tests(in, *list);
  }
  for (auto& [in, root] : files) {
    if (const Node* list = root.find("exemption")) read_exemptions(in, *list);
    wrong.insert(wrong.end(), in.diagnostics.begin(), in.diagnostics.end());
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  std::ranges::sort(set_.rules, {}, &Rule::name);
  set_.read_on = input_.today;
  for (const mail::Probe& probe : set_.probes)
    all_text.push_back(mail::encode_probes({probe}));  // files that were read, too
  set_.hash = sha256_hex(all_text);
  return std::move(set_);
}

void RulesReader::define(Reading& in, const Node& root) {
  struct File {};
  const auto then = [this](void (RulesReader::*step)(Reading&, const Node&)) {
    return [this, step](Reading& r, const Node& n, File&) { (this->*step)(r, n); };
  };
  const auto nothing = [](Reading&, const Node&, File&) {};
  const Settings<File> settings = {
      required(custom<File>("version", "1", "", "",
                            [](Reading& r, const Node& n, File&) { (void)read_number(r, n, 1, 1); })),
      custom<File>("trigger", "table", "", "", then(&RulesReader::define_trigger)),
      custom<File>("group", "tables", "", "", then(&RulesReader::define_groups)),
      custom<File>("dictionary", "tables", "", "", then(&RulesReader::define_dictionaries)),
      custom<File>("detector", "tables", "", "", then(&RulesReader::define_detectors)),
      custom<File>("rule", "list", "", "", nothing),
      custom<File>("exemption", "list", "", "", nothing),
      custom<File>("test", "list", "", "", nothing)};
  File file;
  read_table(in, root, settings, file);
}

}  // namespace postern::policy
