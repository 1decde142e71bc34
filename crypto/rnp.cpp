#include "crypto/rnp.hpp"

#include <new>

#include "base/ascii.hpp"

namespace postern::crypto::rnp {
namespace {

bool read_nothing(void* /*context*/, void* /*into*/, std::size_t /*size*/, std::size_t* read) {
  *read = 0;
  return true;
}

}  // namespace

Context make_context() {
  rnp_ffi_t context = nullptr;
  if (rnp_ffi_create(&context, "GPG", "GPG") != RNP_SUCCESS) throw std::bad_alloc();
  return Context(context);
}

Input read_memory(std::string_view bytes) {
  rnp_input_t input = nullptr;
  const rnp_result_t made =
      bytes.empty()  // that is a short buffer to librnp
          ? rnp_input_from_callback(&input, read_nothing, nullptr, nullptr)
          : rnp_input_from_memory(&input, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), false);
  if (made != RNP_SUCCESS) throw std::bad_alloc();
  return Input(input);
}

Output write_memory(std::size_t limit) {
  rnp_output_t output = nullptr;
  if (rnp_output_to_memory(&output, limit) != RNP_SUCCESS) throw std::bad_alloc();
  return Output(output);
}

std::string take(rnp_output_t output) {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (rnp_output_memory_get_buf(output, &bytes, &size, false) != RNP_SUCCESS) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string take(char* text) {
  if (text == nullptr) return {};
  std::string taken(text);
  rnp_buffer_destroy(text);
  return taken;
}

std::unexpected<Error> failed(Errc code, std::string text, rnp_result_t why) {
  return fail(code, std::move(text), std::string("librnp: ") + rnp_result_to_string(why));
}

std::string fingerprint(rnp_key_handle_t key) {
  return lowered(ask_text(rnp_key_get_fprint, key));
}

Key find_key(rnp_ffi_t context, const std::string& fingerprint) {
  rnp_key_handle_t key = nullptr;
  if (rnp_locate_key(context, "fingerprint", fingerprint.c_str(), &key) != RNP_SUCCESS) return {};
  return Key(key);
}

}  // namespace postern::crypto::rnp
