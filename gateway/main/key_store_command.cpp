#include "gateway/main/key_store_command.hpp"

#include "base/privileges.hpp"
#include "gateway/key_database.hpp"
#include "gateway/load_config.hpp"

namespace postern::gateway {

int complain_of(const Error& error) {
  const bool asked_wrong = error.code == Errc::not_found || error.code == Errc::invalid || error.code == Errc::limit;
  return complain(error.text, asked_wrong ? exit_problem : exit_spool);
}

int with_store(const Options& options, bool needs_kek, const std::function<int(crypto::KeyStore&)>& work) {
  forbid_dumps();
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  const std::filesystem::path base = folder_of(options.config);
  auto kek = load_kek(*config, base);
  if (!kek && needs_kek) return complain(kek.error().text, exit_secrets);
  auto where = key_store_options(*config, base, kek ? std::move(*kek) : Secret());
  if (!where) return complain(where.error().text, exit_secrets);
  where->patience = std::chrono::seconds(30);  // a large import of another process is one transaction
  SystemRandom random;
  const auto store = crypto::open_key_store(std::move(*where), random);
  if (!store) return complain(store.error().text, exit_spool);
  return work(**store);
}

}  // namespace postern::gateway
