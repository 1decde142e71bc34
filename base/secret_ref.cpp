#include "base/secret_ref.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t longest_secret = 1U << 20;  // a certificate chain is a few KiB

Result<std::filesystem::path> path_of(const SecretRef& ref, const std::filesystem::path& base) {
  if (ref.kind == SecretRef::Kind::file) return base / ref.name;  // an absolute name stays what it is
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) {
    return fail(Errc::not_found,
                format_secret_ref(ref) + ": there are no systemd credentials here (CREDENTIALS_DIRECTORY is not set)");
  }
  return std::filesystem::path(folder) / ref.name;
}

}  // namespace

Result<SecretRef> parse_secret_ref(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view name = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (kind == "pkcs11")
    return fail(Errc::invalid, "what is in a token never leaves it: a secret that has to be read cannot lie there");
  if ((kind != "credential" && kind != "file") || name.empty()) {
    return fail(Errc::invalid, "a secret is named as credential:NAME or file:PATH, never written down here");
  }
  if (kind == "file") return SecretRef{SecretRef::Kind::file, std::string(name)};
  if (name.find('/') != std::string_view::npos) return fail(Errc::invalid, "a credential's name has no '/'");
  return SecretRef{SecretRef::Kind::credential, std::string(name)};
}

std::string format_secret_ref(const SecretRef& ref) {
  return (ref.kind == SecretRef::Kind::file ? "file:" : "credential:") + ref.name;
}

Result<Secret> load_secret(const SecretRef& ref, const std::filesystem::path& base) {
  const auto path = path_of(ref, base);
  if (!path) return fail(path.error());
  std::ifstream in(*path, std::ios::binary);
  if (!in) return fail(Errc::io, "cannot read " + format_secret_ref(ref) + ": " + std::strerror(errno));
  Secret read(longest_secret);
  in.read(reinterpret_cast<char*>(read.bytes().data()), static_cast<std::streamsize>(longest_secret));
  if (in.bad() || in.gcount() == 0)
    return fail(Errc::io, "cannot read " + format_secret_ref(ref) + ": it is empty or unreadable");
  if (!in.eof()) return fail(Errc::limit, format_secret_ref(ref) + " is too large for a secret");
  return Secret(std::as_const(read).bytes().first(static_cast<std::size_t>(in.gcount())));
}

}  // namespace postern
