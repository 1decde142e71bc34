#include "portal/codes.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/secret.hpp"

namespace postern::portal {
namespace {

constexpr Duration between_codes = std::chrono::seconds(30), codes_within = std::chrono::hours(1);
constexpr std::size_t most_codes = 5;
constexpr std::size_t digits = 6;

std::string make_code(Random& random) {
  const std::string number = std::to_string(random.below(1'000'000));
  return std::string(digits - number.size(), '0') + number;
}

std::string digits_of(std::string_view typed) {
  std::string text;
  std::ranges::copy_if(typed.substr(0, 100), std::back_inserter(text), is_digit);
  return text;
}

}  // namespace

Duration Codes::wait(Code& code, Time now) {
  while (!code.issued.empty() && code.issued.front() + codes_within <= now)
    code.issued.pop_front();
  if (code.issued.empty()) return {};
  const Time next =
      code.issued.size() < most_codes ? code.issued.back() + between_codes : code.issued.front() + codes_within;
  return std::max(Duration(), next - now);
}

std::variant<std::string, Codes::Wait> Codes::issue(const std::string& lookup, Time now) {
  const std::lock_guard lock(mutex_);
  Code& code = codes_[lookup];
  if (const Duration left = wait(code, now); left > Duration()) return Wait{left};
  code.digits = make_code(random_);
  code.until = now + code_lifetime;
  code.tries = 0;
  code.issued.push_back(now);
  return code.digits;
}

Duration Codes::wait(const std::string& lookup, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = codes_.find(lookup);
  return found == codes_.end() ? Duration() : wait(found->second, now);
}

Codes::Answer Codes::check(const std::string& lookup, std::string_view typed, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = codes_.find(lookup);
  if (found == codes_.end() || found->second.digits.empty() || found->second.until <= now) return Void{};
  Code& code = found->second;
  if (equal_in_constant_time(digits_of(typed), code.digits)) {
    code.digits.clear();
    return Right{};
  }
  if (++code.tries >= code_tries) code.digits.clear();
  return Wrong{code_tries - code.tries};
}

void Codes::forget_old(Time now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(codes_, [now](const auto& entry) {
    return entry.second.issued.empty() || entry.second.issued.back() + codes_within <= now;
  });
}

std::size_t Codes::size() const {
  const std::lock_guard lock(mutex_);
  return codes_.size();
}

}  // namespace postern::portal
