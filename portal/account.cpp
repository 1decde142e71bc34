#include "portal/account.hpp"

#include "base/time_codec.hpp"
#include "crypto/sealed_box.hpp"
#include "portal/deposit.hpp"
#include "portal/password.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t longest_text = 1000, longest_box = 16U << 10;

std::string purpose_of(const Account& account) {
  return "account " + account.name;
}

}  // namespace

Result<NewAccount> make_account(std::string name, std::string tenant, std::string_view password,
                                const crypto::Argon2Cost& cost, Time now, Random& random) {
  crypto::X25519Pair pair = crypto::make_x25519_pair(random);
  NewAccount made;
  made.account.name = std::move(name);
  made.account.tenant = std::move(tenant);
  made.account.half = std::move(pair.open);
  made.account.how.cost = cost;
  made.box.secret_half = std::move(pair.secret);
  if (auto set = set_password(made.account, made.box, password, now, random); !set) return fail(set.error());
  return made;
}

Result<AccountBox> open_box(const Account& account, const Secret& stretched) {
  const auto plain = crypto::open_box(stretched, purpose_of(account), account.box);
  if (!plain) return fail(plain.error());
  Reader in(plain->text());
  const std::string secret = in.bytes(longest_text);
  Factors factors = decode_factors(in);
  if (!in.finished() || secret.size() != crypto::x25519_size)
    return fail(Errc::corrupt, "what a password locks cannot be read");
  return AccountBox{Secret(std::span(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size())),
                    std::move(factors)};
}

void seal_box(Account& account, const AccountBox& box, const Secret& stretched, Random& random) {
  Writer out;
  out.bytes(box.secret_half.text());
  encode(out, box.factors);
  account.box = crypto::seal_box(stretched, purpose_of(account), out.take(), random);
}

Result<void> set_password(Account& account, const AccountBox& box, std::string_view password, Time now,
                          Random& random) {
  const crypto::Stretching how{random_octets(random, crypto::argon2_salt_size), account.how.cost};
  const auto stretched = stretch_password(password, how);
  if (!stretched) return fail(stretched.error());
  account.how = how;
  account.since = now;
  seal_box(account, box, *stretched, random);
  return {};
}

void encode(Writer& out, const Account& account) {
  out.bytes(account.tenant);
  out.bytes(account.half);
  crypto::encode(out, account.how);
  out.bytes(account.box);
  encode_time(out, account.since);
}

Account decode_account(Reader& in) {
  Account account;
  account.tenant = in.bytes(longest_text);
  account.half = in.bytes(crypto::x25519_size);
  account.how = crypto::decode_stretching(in);
  account.box = in.bytes(longest_box);
  account.since = decode_time(in);
  return account;
}

}  // namespace postern::portal
