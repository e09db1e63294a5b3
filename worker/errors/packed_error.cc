#include "worker/errors/packed_error.h"

#include <forkmill/serialize.h>

#include <cstdint>
#include <tuple>
#include <utility>

namespace forkmill::worker {

void pack_error(std::string& out, const HandlerError& error) {
  detail::StringSink sink{out};
  msgpack::packer<detail::StringSink> packer{sink};
  packer.pack_array(5);
  packer.pack(static_cast<std::uint16_t>(error.code));
  for (const std::string* text : {&error.type, &error.message, &error.backtrace, &error.cause}) packer.pack(*text);
}

HandlerError unpack_error(std::string_view bytes) {
  using Texts = std::tuple<std::uint16_t, std::string, std::string, std::string, std::string>;
  auto [code, type, message, backtrace, cause] = unpack_arguments<Texts>(bytes);
  HandlerError error;
  error.code = errc_from(code);
  error.type = std::move(type);
  error.message = std::move(message);
  error.backtrace = std::move(backtrace);
  error.cause = std::move(cause);
  return error;
}

}  // namespace forkmill::worker
