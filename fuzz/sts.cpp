// MTA-STS as a stranger writes it, and as a damaged disk gives it back; the first octet says which: TXT records (a line
// each), a policy file, the file of policies that are kept.
#include "discovery/sts.hpp"

#include <algorithm>
#include <fstream>

#include "base/ascii.hpp"
#include "base/kept_file.hpp"
#include "discovery/sts_cache.hpp"
#include "fuzz/target.hpp"
#include "fuzz/words.hpp"
#include "tests/support/folder.hpp"

using namespace postern;
using namespace postern::discovery;
using fuzz::require;

FUZZ_WORDS("STSv1 v id version mode none testing enforce max_age 604800 31557601 mx *.lab.example mx1.lab.example [")

namespace {

/// A record that is none of MTA-STS changes nothing, a second one of it ends it.
void check_records(std::string_view text) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    records.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  const auto id = parse_sts_records(records);
  records.emplace_back("v=spf1 -all");
  require(parse_sts_records(records) == id);
  if (!id) return;
  require(!id->empty() && id->size() <= 32 && std::ranges::all_of(*id, is_alphanumeric));
  records.emplace_back("v=STSv1; id=other");
  require(!parse_sts_records(records));
}

std::string written(const mail::StsPolicy& policy) {
  std::string text = "version: STSv1\nmode: " + std::string(mail::format_sts_mode(policy.mode)) +
                     "\nmax_age: " + std::to_string(policy.max_age.count()) + "\n";
  for (const std::string& pattern : policy.mx)
    text += "mx: " + pattern + "\n";
  return text;
}

/// What was understood is understood the same when it is written again; what nobody knows at its end changes nothing.
void check_policy(std::string_view text) {
  const auto policy = parse_sts_policy(text);
  if (!policy) return;
  require(policy->max_age.count() >= 0 && policy->max_age <= longest_sts_age);
  require(policy->mode == mail::StsMode::none || !policy->mx.empty());
  for (const std::string& pattern : policy->mx) {
    const bool any_label = pattern.starts_with("*.");
    require(sts_allows(*policy, any_label ? "a" + pattern.substr(1) : pattern));
    require(!any_label || !mail::sts_pattern_matches(pattern, "a.b" + pattern.substr(1)));
  }
  const auto is_understood_as_before = [&](const std::string& other) {
    const auto again = parse_sts_policy(other);
    return other.size() > longest_sts_policy || (again && *again == *policy);
  };
  require(is_understood_as_before(written(*policy)));
  require(is_understood_as_before(std::string(text) + (text.ends_with('\n') ? "" : "\n") +
                                  "later: x\nmode: none\nmax_age: 1\n"));
}

constexpr std::string_view form_1 = "postern mta-sts 1\n", form_2 = "postern mta-sts 2\n";

/// All of it or nothing; what was taken and kept again is the same once more.
void check_cache(std::string_view form, std::string_view bytes) {
  static const test::Folder folder;
  static const std::filesystem::path damaged = folder.path() / "damaged", kept = folder.path() / "kept";
  static const Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);
  std::ofstream(damaged, std::ios::binary) << form << bytes;
  constexpr std::size_t most = 100;
  StsCache cache(most);
  if (!cache.load(damaged, now)) return require(cache.size() == 0);
  require(cache.size() <= most && cache.save(kept));
  const auto first = read_kept(kept, form_2).value();
  StsCache again(most);
  require(again.load(kept, now) && again.size() == cache.size() && again.save(kept));
  require(read_kept(kept, form_2).value() == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: check_records(bytes); break;
    case 1: check_policy(bytes); break;
    default: {
      check_cache(form_1, bytes);
      check_cache(form_2, bytes);
    }
  }
  return 0;
}
