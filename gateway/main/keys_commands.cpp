// keys: partners' public keys, and our senders' identities.
#include <iostream>
#include <memory>
#include <utility>

#include "base/privileges.hpp"
#include "base/settings.hpp"
#include "crypto/key_export.hpp"
#include "gateway/key_database.hpp"
#include "gateway/keys_admin.hpp"
#include "gateway/load_config.hpp"
#include "gateway/main/command.hpp"
#include "gateway/main/key_store_command.hpp"
#include "gateway/openpgp_reader.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;
using crypto::KeyStore;
namespace fs = std::filesystem;

struct KeysOptions {
  std::string key, address, domain, kind, trust, file, format = "text", within = "30d", password, private_key,
                                                       reference;
  std::vector<std::string> bind_to;
  bool awaiting = false;
  std::int64_t limit = 10'000;
};

int answer_with(const Options& options, const json::object& answer, std::string (*format)(const json::object&)) {
  if (options.as_json) {
    print_json(answer);
  } else {
    std::cout << format(answer);
  }
  return answer.at("ok").as_bool() ? exit_ok : exit_problem;
}

Result<crypto::KeyFilter> filter_of(const KeysOptions& own) {
  crypto::KeyFilter filter;
  if (!own.kind.empty())
    filter.kind = own.kind == "certificate" ? crypto::KeyKind::certificate : crypto::KeyKind::openpgp;
  if (!own.address.empty()) {
    const auto address = crypto::parse_key_address(own.address);
    if (!address) return fail(Errc::invalid, "--address: " + address.error().text);
    filter.address = *address;
  }
  if (!own.domain.empty()) {
    const auto domain = mail::Domain::parse(own.domain);
    if (!domain) return fail(Errc::invalid, "--domain: " + domain.error().text);
    filter.domain = domain->str();
  }
  for (const crypto::Trust trust :
       {crypto::Trust::refused, crypto::Trust::found, crypto::Trust::verified, crypto::Trust::pinned}) {
    if (own.trust == crypto::format_trust(trust)) filter.trust = trust;
  }
  if (own.awaiting) filter.awaits_approval = true;
  return filter;
}

int run_list(const Options& options, const KeysOptions& own) {
  const auto filter = filter_of(own);
  if (!filter) return complain(filter.error().text, exit_usage);
  return with_store(options, false, [&](KeyStore& store) {
    const auto keys = store.list(*filter, static_cast<std::size_t>(own.limit));
    return keys ? answer_with(options, show_keys(*keys, false), format_keys) : complain_of(keys.error());
  });
}

/// Of an address all keys, of a fingerprint the one.
Result<std::vector<crypto::KeyRecord>> keys_meant(KeyStore& store, const std::string& text) {
  crypto::KeyFilter filter;
  if (text.find('@') == std::string::npos) {
    const auto fingerprint = resolve_key(store, text);
    if (!fingerprint) return fail(fingerprint.error());
    filter.fingerprint = *fingerprint;
  } else {
    const auto address = crypto::parse_key_address(text);
    if (!address) return fail(address.error());
    filter.address = *address;
  }
  auto keys = store.list(filter);
  if (keys && keys->empty()) return fail(Errc::not_found, "there is no key for " + text);
  return keys;
}

int run_show(const Options& options, const KeysOptions& own) {
  return with_store(options, false, [&](KeyStore& store) {
    const auto keys = keys_meant(store, own.key);
    return keys ? answer_with(options, show_keys(*keys, true), format_keys_closely) : complain_of(keys.error());
  });
}

int run_export(const Options& options, const KeysOptions& own) {
  const auto filter = filter_of(own);
  if (!filter) return complain(filter.error().text, exit_usage);
  return with_store(options, false, [&](KeyStore& store) {
    const auto keys = own.key.empty() ? store.list(*filter) : keys_meant(store, own.key);
    if (!keys) return complain_of(keys.error());
    std::cout << (own.format == "ldif" ? crypto::export_ldif(*keys) : crypto::export_text(*keys));
    return static_cast<int>(keys->empty() ? exit_problem : exit_ok);
  });
}

int run_expiring(const Options& options, const KeysOptions& own) {
  const auto within = parse_duration(own.within);
  if (!within) return complain("--within: " + within.error().text, exit_usage);
  return with_store(options, false, [&](KeyStore& store) {
    crypto::KeyFilter filter;
    filter.expires_before = SystemClock().now() + *within;
    filter.revoked = false;
    auto keys = store.list(filter);
    if (!keys) return complain_of(keys.error());
    std::erase_if(*keys, [](const crypto::KeyRecord& key) { return key.trust == crypto::Trust::refused; });
    json::object answer = show_keys(*keys, false);
    answer["ok"] = keys->empty();
    return answer_with(options, answer, format_keys);
  });
}

/// A change of one key.
enum class At { address, everywhere };
int run_change(const Options& options, const KeysOptions& own, At at, bool awaiting,
               const std::function<Result<void>(KeyStore&, const crypto::KeyName&)>& change, const std::string& done) {
  return with_store(options, false, [&](KeyStore& store) {
    const auto fingerprint = resolve_key(store, own.key, awaiting);
    if (!fingerprint) return complain_of(fingerprint.error());
    crypto::KeyName name{*fingerprint};
    // A key that is named by an address is meant there, and not elsewhere.
    const std::string& where = own.address.empty() && own.key.find('@') != std::string::npos ? own.key : own.address;
    if (at == At::address && !where.empty()) {
      const auto address = crypto::parse_key_address(where);
      if (!address) return complain("--address: " + address.error().text, exit_usage);
      name.address = *address;
    }
    if (const auto changed = change(store, name); !changed) return complain_of(changed.error());
    const std::string of = name.address.empty() ? "" : " for " + name.address;
    if (options.as_json) {
      print_json({{"ok", true}, {"fingerprint", name.fingerprint}, {"address", name.address}, {"done", done}});
    } else {
      std::cout << name.fingerprint << of << ": " << done << "\n";
    }
    return static_cast<int>(exit_ok);
  });
}

// Files

Result<Secret> read_password(const std::string& text) {
  if (text.empty()) return Secret();
  const auto reference = parse_secret_ref(text);
  if (!reference) return fail(Errc::invalid, "--password: " + reference.error().text);
  auto secret = load_secret(*reference, fs::current_path());
  if (!secret) return secret;
  std::size_t size = secret->bytes().size();
  while (size > 0 && (secret->bytes()[size - 1] == '\n' || secret->bytes()[size - 1] == '\r'))
    --size;
  return Secret(std::as_const(*secret).bytes().first(size));
}

Result<crypto::ImportOptions> import_options(const KeysOptions& own) {
  crypto::ImportOptions import;
  import.now = SystemClock().now();
  import.read_openpgp = openpgp_reader();
  if (own.trust == "verified") import.trust = crypto::Trust::verified;
  if (own.trust == "found") import.trust = crypto::Trust::found;
  for (const std::string& text : own.bind_to) {
    const auto address = crypto::parse_key_address(text);
    if (!address) return fail(Errc::invalid, "--for " + text + ": " + address.error().text);
    import.bind_to.push_back(*address);
  }
  auto password = read_password(own.password);
  if (!password) return fail(password.error());
  import.password = std::move(*password);
  return import;
}

Result<crypto::Import> read_files(const KeysOptions& own) {
  forbid_dumps();
  const auto how = import_options(own);
  if (!how) return fail(how.error());
  if (own.file != "-") return crypto::import_path(own.file, *how);
  const auto text = read_input("-");
  if (!text) return fail(text.error());
  return crypto::import_bytes(*text, "standard input", *how);
}

int run_import(const Options& options, const KeysOptions& own) {
  const auto import = read_files(own);
  if (!import) return complain(import.error().text, exit_usage);
  return with_store(options, false, [&](KeyStore& store) {
    const auto answer = store_import(store, *import);
    return answer ? answer_with(options, *answer, format_import) : complain_of(answer.error());
  });
}

/// A public key of its own file becomes an identity with the private key that is named.
Result<void> join_private_key(crypto::Import& import, const KeysOptions& own, const fs::path& base) {
  if (own.private_key.empty() && own.reference.empty()) return {};
  if (import.keys.size() != 1 || !import.identities.empty())
    return fail(Errc::invalid, "a private key that is named apart goes with exactly one key, and here are " +
                                   std::to_string(import.keys.size()));
  const crypto::KeyRecord& record = import.keys.front();
  crypto::SigningIdentity identity;
  identity.kind = record.kind;
  identity.fingerprint = record.fingerprint;
  identity.addresses = record.addresses;
  identity.bytes = record.bytes;
  identity.source = record.source;
  identity.added = record.added;
  identity.not_before = record.not_before;
  identity.not_after = record.not_after;
  if (own.reference.empty()) {
    auto secret = load_secret({SecretRef::Kind::file, own.private_key}, fs::current_path());
    if (!secret) return fail(secret.error());
    identity.key = std::move(*secret);
  } else {
    auto reference = parse_key_reference(own.reference);
    if (!reference) return fail(Errc::invalid, "--key: " + reference.error().text);
    identity.key = std::move(*reference);
  }
  if (identity.kind == crypto::KeyKind::certificate) {  // it fits, or the first message would find out
    if (const auto key = crypto::load_signing_key(identity, base); !key) return fail(key.error());
  } else if (const auto key = crypto::load_openpgp_secret(identity, base); !key) {
    return fail(key.error());
  }
  import.keys.clear();
  import.identities.push_back(std::move(identity));
  return {};
}

int run_identity_import(const Options& options, const KeysOptions& own) {
  auto import = read_files(own);
  if (!import) return complain(import.error().text, exit_usage);
  if (auto joined = join_private_key(*import, own, folder_of(options.config)); !joined)
    return complain(joined.error().text, joined.error().code == Errc::invalid ? exit_problem : exit_secrets);
  return with_store(options, true, [&](KeyStore& store) {
    const auto answer = store_identities(store, *import);
    return answer ? answer_with(options, *answer, format_import) : complain_of(answer.error());
  });
}

int run_identities(const Options& options) {
  return with_store(options, false, [&](KeyStore& store) {
    const auto all = store.identities();
    return all ? answer_with(options, show_identities(*all), format_identities) : complain_of(all.error());
  });
}

int run_identity_remove(const Options& options, const KeysOptions& own) {
  return with_store(options, false, [&](KeyStore& store) {
    const auto fingerprint = resolve_identity(store, own.key);
    if (!fingerprint) return complain_of(fingerprint.error());
    if (const auto removed = store.remove_identity(*fingerprint); !removed) return complain_of(removed.error());
    if (options.as_json) {
      print_json({{"ok", true}, {"fingerprint", *fingerprint}, {"done", "removed"}});
    } else {
      std::cout << *fingerprint << ": removed\n";
    }
    return static_cast<int>(exit_ok);
  });
}

// The command line

void add_keyfilter(CLI::App& command, KeysOptions& own) {
  command.add_option("--kind", own.kind, "certificate or openpgp")->check(CLI::IsMember({"certificate", "openpgp"}));
  command.add_option("--address", own.address, "Of this address; @lab.example is what is for all of a domain");
  command.add_option("--domain", own.domain, "Of addresses in this domain");
  command.add_option("--trust", own.trust, "So far it is believed")
      ->check(CLI::IsMember({"refused", "found", "verified", "pinned"}));
  command.add_flag("--awaiting", own.awaiting, "Only those that await approval");
}

}  // namespace

void add_keys(CLI::App& app, Options& options, Run& run) {
  const auto kept = std::make_shared<KeysOptions>();
  KeysOptions& own = *kept;
  const auto runs = [&run, kept](CLI::App* command, std::function<int()> work) {
    command->callback([&run, kept, work = std::move(work)] { run = work; });
  };
  CLI::App* keys = app.add_subcommand("keys", "Partners' keys and our senders' identities (needs no daemon)");
  keys->require_subcommand(1);

  CLI::App* list = keys->add_subcommand("list", "Which there are");
  add_keyfilter(*list, own);
  list->add_option("--limit", own.limit, "So many at most")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  runs(list, [&options, kept] { return run_list(options, *kept); });
  CLI::App* show = keys->add_subcommand("show", "All that is known of a key, or of all keys of an address");
  show->add_option("KEY", own.key, "A fingerprint, 8 digits of it at least, or an address")->required();
  runs(show, [&options, kept] { return run_show(options, *kept); });

  CLI::App* import = keys->add_subcommand("import", "Take in keys, of whatever form, from a file or a folder");
  import->add_option("FILE", own.file, "A file, a folder, or - for standard input")->required();
  import->add_option("--for", own.bind_to, "Whose it is, instead of whom it names: an address, or @domain");
  import->add_option("--password", own.password, "Of PKCS#12: credential:NAME or file:PATH");
  import->add_option("--trust", own.trust, "How far they are believed; pinned without it")
      ->check(CLI::IsMember({"found", "verified", "pinned"}));
  runs(import, [&options, kept] { return run_import(options, *kept); });
  CLI::App* exporting = keys->add_subcommand("export", "Print keys as files that others read");
  exporting->add_option("KEY", own.key,
                        "A fingerprint, 8 digits of it at least, or an address; else what the filter fits");
  add_keyfilter(*exporting, own);
  exporting->add_option("--format", own.format, "text is PEM and ASCII armour")
      ->check(CLI::IsMember({"text", "ldif"}))
      ->capture_default_str();
  runs(exporting, [&options, kept] { return run_export(options, *kept); });

  const auto change_of = [&](const char* name, const char* help) {
    CLI::App* command = keys->add_subcommand(name, help);
    command->add_option("KEY", own.key, "A fingerprint, 8 digits of it at least, or an address with one key")
        ->required();
    return command;
  };
  CLI::App* trust = change_of("trust", "Believe a key, and take back that it was refused");
  trust->add_option("--address", own.address, "Only for this address of several");
  trust->add_option("--as", own.trust, "How far; pinned without it")
      ->check(CLI::IsMember({"found", "verified", "pinned"}));
  runs(trust, [&options, kept] {
    const crypto::Trust as = kept->trust == "found"      ? crypto::Trust::found
                             : kept->trust == "verified" ? crypto::Trust::verified
                                                         : crypto::Trust::pinned;
    const auto change = [as](KeyStore& store, const crypto::KeyName& key) { return store.set_trust(key, as); };
    return run_change(options, *kept, At::address, false, change, std::string(crypto::format_trust(as)));
  });
  CLI::App* refuse = change_of("refuse", "Never use this key, wherever it comes from, for any address");
  runs(refuse, [&options, kept] {
    const auto change = [](KeyStore& store, const crypto::KeyName& key) {
      return store.set_trust(key, crypto::Trust::refused);
    };
    return run_change(options, *kept, At::everywhere, false, change, "refused");
  });
  CLI::App* revoke = change_of("revoke", "Its owner no longer stands by this key; for good, and for all its addresses");
  runs(revoke, [&options, kept] {
    const auto change = [](KeyStore& store, const crypto::KeyName& key) {
      return store.revoke(key.fingerprint, SystemClock().now());
    };
    return run_change(options, *kept, At::everywhere, false, change, "revoked");
  });
  CLI::App* approve = change_of("approve", "Use this key instead of the one that is pinned");
  approve->add_option("--address", own.address, "Only for this address of several");
  runs(approve, [&options, kept] {
    const auto change = [](KeyStore& store, const crypto::KeyName& key) { return store.approve(key); };
    return run_change(options, *kept, At::address, true, change, "approved");
  });
  CLI::App* remove = change_of("remove", "Forget a key, and that it was refused or revoked");
  remove->add_option("--address", own.address, "Only for this address of several");
  runs(remove, [&options, kept] {
    const auto change = [](KeyStore& store, const crypto::KeyName& key) { return store.remove(key); };
    return run_change(options, *kept, At::address, false, change, "removed");
  });
  CLI::App* expiring = keys->add_subcommand("expiring", "Which end soon or have ended; then the exit code is 1");
  expiring->add_option("--within", own.within, "Soon: 12h, 30d, 8w")->capture_default_str();
  runs(expiring, [&options, kept] { return run_expiring(options, *kept); });

  CLI::App* identities = keys->add_subcommand("identities", "Who signs: certificates and keys of our senders");
  identities->require_subcommand(1);
  CLI::App* all = identities->add_subcommand("list", "Which there are, and where their private keys lie");
  runs(all, [&options, kept] { return run_identities(options); });
  CLI::App* take = identities->add_subcommand("import", "Take in a certificate with its private key, or its place");
  take->add_option("FILE", own.file, "A file, a folder, or - for standard input")->required();
  take->add_option("--for", own.bind_to, "Whose it is, instead of whom it names: an address, or @domain");
  take->add_option("--password", own.password, "Of PKCS#12: credential:NAME or file:PATH");
  CLI::Option* sealed =
      take->add_option("--private-key", own.private_key, "The file that has it, to be sealed in the store");
  take->add_option("--key", own.reference, "Where it lies and stays: credential:NAME, file:PATH or pkcs11:…")
      ->excludes(sealed);
  runs(take, [&options, kept] { return run_identity_import(options, *kept); });
  CLI::App* drop = identities->add_subcommand("remove", "Forget an identity and its private key");
  drop->add_option("KEY", own.key, "A fingerprint, 8 digits of it at least")->required();
  runs(drop, [&options, kept] { return run_identity_remove(options, *kept); });

  const auto authority_own = std::make_shared<AuthorityOptions>();
  CLI::App* authority = keys->add_subcommand("authority", "Our own authority for senders' certificates");
  authority->require_subcommand(1);
  CLI::App* create = authority->add_subcommand("create", "Make it, once; partners pin STATE/authority/authority.crt");
  create->add_option("--name", authority_own->name, "What people see as issuer")->required();
  create->add_option("--domain", authority_own->domain, "It may issue for this domain and those below it alone");
  create->add_option("--key", authority_own->key, "The kind of its key")->check(CLI::IsMember({"p256", "rsa"}));
  runs(create, [&options, authority_own] { return run_authority_create(options, *authority_own); });
  CLI::App* which = authority->add_subcommand("show", "Which it is");
  runs(which, [&options] { return run_authority_show(options); });
  CLI::App* issue = authority->add_subcommand("issue", "A certificate for a sender, who signs with it from then on");
  issue->add_option("ADDRESS", authority_own->address, "Whose")->required();
  issue->add_option("--key", authority_own->key, "The kind of the sender's key")->check(CLI::IsMember({"p256", "rsa"}));
  runs(issue, [&options, authority_own] { return run_authority_issue(options, *authority_own); });
}

}  // namespace postern::gateway
