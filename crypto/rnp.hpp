// librnp's objects with owners. For the .cpp files that speak to librnp; it is thread-safe between contexts, not within
// one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto::rnp {

template <class Handle, auto free_it>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Frees<free_it>>;
using Context = Owned<rnp_ffi_t, rnp_ffi_destroy>;
using Key = Owned<rnp_key_handle_t, rnp_key_handle_destroy>;
using UserId = Owned<rnp_uid_handle_t, rnp_uid_handle_destroy>;
using Signature = Owned<rnp_signature_handle_t, rnp_signature_handle_destroy>;
using Input = Owned<rnp_input_t, rnp_input_destroy>;
using Output = Owned<rnp_output_t, rnp_output_destroy>;
using Encrypt = Owned<rnp_op_encrypt_t, rnp_op_encrypt_destroy>;

/// Throws std::bad_alloc: nothing else makes it fail.
[[nodiscard]] Context make_context();
/// Reads `bytes` without a copy; they must outlive it.
[[nodiscard]] Input read_memory(std::string_view bytes);
[[nodiscard]] Output write_memory(std::size_t limit);
[[nodiscard]] std::string take(rnp_output_t output);
/// A string that librnp made, freed.
[[nodiscard]] std::string take(char* text);
[[nodiscard]] std::unexpected<Error> failed(Errc code, std::string text, rnp_result_t why);

[[nodiscard]] std::string fingerprint(rnp_key_handle_t key);  // lower-case hexadecimal
[[nodiscard]] Key find_key(rnp_ffi_t context, const std::string& fingerprint);

/// One of librnp's questions that fill in a value: `ask<bool>(rnp_key_is_revoked, key)`. What it cannot answer is
/// the value's zero.
template <class T, class Function, class Handle>
[[nodiscard]] T ask(Function function, Handle handle) {
  T value{};
  return function(handle, &value) == RNP_SUCCESS ? value : T{};
}
template <class Function, class Handle>
[[nodiscard]] std::string ask_text(Function function, Handle handle) {
  return take(ask<char*>(function, handle));
}

}  // namespace postern::crypto::rnp
