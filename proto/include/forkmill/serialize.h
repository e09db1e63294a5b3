// How values become payload bytes and come back: msgpack, by msgpack-c. Shared by submitters and workers.
// Arguments travel as one array; a result as one value; a void result as nil.
#pragma once

#include <forkmill/errc.h>

#include <cstddef>
#include <msgpack.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace forkmill {

// Bytes that are not the value asked for. what() says what was expected.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

// Five bytes can announce four billion elements: no announced count above the number of bytes at hand is believed.
inline msgpack::object_handle unpack_bounded(std::string_view bytes) {
  constexpr std::size_t kMaxDepth = 64;
  const std::size_t most = bytes.size();
  const msgpack::unpack_limit limit{most, most, most, most, most, kMaxDepth};
  try {
    std::size_t offset = 0;
    auto handle = msgpack::unpack(bytes.data(), bytes.size(), offset, nullptr, nullptr, limit);
    if (offset != bytes.size()) throw DecodeError{"bytes are left over behind the value"};
    return handle;
  } catch (const msgpack::unpack_error& error) {
    throw DecodeError{std::string{"not msgpack: "} + error.what()};
  }
}

// Appends straight to a string: no second copy out of msgpack's own buffer.
struct StringSink {
  std::string& out;
  void write(const char* data, std::size_t size) { out.append(data, size); }
};

}  // namespace detail

// Throws whatever the packing of T throws (msgpack-c's own types throw nothing).
template <class T>
std::string pack_value(const T& value) {
  std::string out;
  detail::StringSink sink{out};
  msgpack::pack(sink, value);
  return out;
}

inline std::string pack_nothing() { return std::string(1, '\xc0'); }

// Throws DecodeError.
template <class T>
T unpack_value(std::string_view bytes) {
  auto handle = detail::unpack_bounded(bytes);
  if constexpr (std::is_void_v<T>) {
    if (!handle.get().is_nil()) throw DecodeError{"expected nothing (nil)"};
  } else {
    try {
      return handle.get().template as<T>();
    } catch (const msgpack::type_error&) {
      throw DecodeError{"the value does not have the expected type"};
    }
  }
}

// Reads an array of exactly as many elements as the tuple has. Throws DecodeError.
template <class Tuple>
Tuple unpack_arguments(std::string_view bytes) {
  auto handle = detail::unpack_bounded(bytes);
  const auto& object = handle.get();
  constexpr auto kCount = std::tuple_size_v<Tuple>;
  if (object.type != msgpack::type::ARRAY) throw DecodeError{"the arguments are not an array"};
  if (object.via.array.size != kCount) {
    throw DecodeError{"expected " + std::to_string(kCount) + " argument(s), got " +
                      std::to_string(object.via.array.size)};
  }
  try {
    if constexpr (kCount == 0)
      return {};
    else
      return object.as<Tuple>();
  } catch (const msgpack::type_error&) {
    throw DecodeError{"an argument does not have the expected type"};
  }
}

}  // namespace forkmill
