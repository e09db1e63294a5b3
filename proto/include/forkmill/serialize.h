// How values become payload bytes and come back: msgpack, by msgpack-c. Submitters, workers and shared objects use the
// same functions; programs need them for raw results and payloads only:
//
//     std::string packed = forkmill::pack_value(std::vector<int>{1, 2, 3});
//     auto numbers = forkmill::unpack_value<std::vector<int>>(packed);
//
// Arguments of a task travel as one array, a result as one value, a void result as nil. A type of your own takes part
// with MSGPACK_DEFINE(members...), or with a specialization of msgpack-c's adaptors:
//
//     struct Point {
//       double x = 0;
//       double y = 0;
//       MSGPACK_DEFINE(x, y)                                    // travels as an array of two numbers
//     };
//     inline constexpr forkmill::Task<double(Point, Point)> kDistance{"geometry.distance"};
//
// Bytes from a peer are not trusted: a count that they announce is believed only up to the number of bytes at hand, and
// values are nested 64 deep at most. All functions are thread-safe and pure.
#pragma once

#include <forkmill/detail/plain_reader.h>
#include <forkmill/errc.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <msgpack.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace forkmill {

// DecodeError: the bytes are not a value of the type asked for. what() says why.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

// Parses one value that takes up all the bytes. Five bytes can announce four billion elements, so no announced count
// above the number of bytes at hand is believed.
// Throws DecodeError. The result refers to `bytes` and must not outlive them.
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

// StringSink: a stream for msgpack::packer that appends straight to a string, which saves a copy out of msgpack's own
// buffer. The string must outlive the sink.
struct StringSink {
  std::string& out;
  // Called by the packer with each piece.
  void write(const char* data, std::size_t size) { out.append(data, size); }
};

// The same for the keys of a dict: 0.0 and −0.0, which are equal, are packed alike.
struct KeySink : StringSink {};

// Writes a number behind the byte that names its type, the highest byte first.
template <class Unsigned>
void write_number(StringSink& sink, char type, Unsigned bits) {
  std::array<char, 1 + sizeof bits> bytes{type};
  for (std::size_t i = 0; i < sizeof bits; ++i) bytes[i + 1] = static_cast<char>(bits >> 8 * (sizeof bits - 1 - i));
  sink.write(bytes.data(), bytes.size());
}

// False; for a static_assert that fails when its template is used.
template <class T>
inline constexpr bool kNever = false;

// Types that say by a member how they are packed, as MSGPACK_DEFINE makes it.
template <class T>
concept PacksItself = requires(const T& value, msgpack::packer<StringSink>& packer) {
  value.msgpack_pack(packer);
};

}  // namespace detail

}  // namespace forkmill

// msgpack-c comes here only with a type for which no packing is defined. One error says so in place of several deep in
// its headers.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(v1) {
  namespace detail {
  template <class T>
  requires(!forkmill::detail::PacksItself<T>) struct packer_serializer<forkmill::detail::StringSink, T> {
    static msgpack::packer<forkmill::detail::StringSink>& pack(msgpack::packer<forkmill::detail::StringSink>& packer,
                                                               const T&) {
      static_assert(forkmill::detail::kNever<T>,
                    "this type cannot be packed: give a struct a public MSGPACK_DEFINE(its members), and an "
                    "enumeration MSGPACK_ADD_ENUM(its name)");
      return packer;
    }
  };
  }  // namespace detail
}
}  // namespace msgpack

// msgpack-c packs a floating-point number without a fraction as an integer, which has no −0.0.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(v1) {
  template <>
  inline packer<forkmill::detail::StringSink>& packer<forkmill::detail::StringSink>::pack_double(double number) {
    constexpr double kMost = 18446744073709551616.0;  // 2^64
    constexpr double kLeast = -9223372036854775808.0;
    if (number >= 0 && !std::signbit(number) && number < kMost) {
      const auto whole = static_cast<std::uint64_t>(number);
      if (static_cast<double>(whole) == number) return pack_uint64(whole);
    } else if (number < 0 && number >= kLeast) {
      const auto whole = static_cast<std::int64_t>(number);
      if (static_cast<double>(whole) == number) return pack_int64(whole);
    }
    forkmill::detail::write_number(m_stream, '\xCB', std::bit_cast<std::uint64_t>(number));
    return *this;
  }
  template <>
  inline packer<forkmill::detail::StringSink>& packer<forkmill::detail::StringSink>::pack_float(float number) {
    if (number != 0 || !std::signbit(number)) {
      const double wide = number;
      if (std::trunc(wide) == wide && wide < 18446744073709551616.0 && wide >= -9223372036854775808.0)
        return pack_double(wide);
    }
    forkmill::detail::write_number(m_stream, '\xCA', std::bit_cast<std::uint32_t>(number));
    return *this;
  }
}
}  // namespace msgpack

namespace forkmill {

// Packs a value.
// Throws what the packing of T throws; the types of msgpack-c throw nothing but std::bad_alloc.
template <class T>
std::string pack_value(const T& value) {
  std::string out;
  detail::StringSink sink{out};
  msgpack::pack(sink, value);
  return out;
}

namespace detail {

// Packs a key of a dict.
template <class K>
std::string pack_key(const K& key) {
  std::string out;
  KeySink sink{{out}};
  msgpack::pack(sink, key);
  return out;
}

}  // namespace detail

// Packs the result of a void function: nil.
inline std::string pack_nothing() { return std::string(1, '\xc0'); }

// Unpacks one value that takes up all the bytes; for void, nil.
// Throws DecodeError if they are not msgpack or not a T, and what the unpacking of a T of your own throws beside
// msgpack::type_error.
template <class T>
T unpack_value(std::string_view bytes) {
  if constexpr (detail::kIsPlain<T>) {
    detail::PlainReader reader{bytes};
    T value{};
    if (reader.read(value) && reader.at_end()) return value;
  } else if constexpr (std::is_void_v<T>) {
    if (bytes == "\xc0") return;
  }
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

// Unpacks an array of exactly as many elements as the tuple has.
// Throws as unpack_value() does.
template <class Tuple>
Tuple unpack_arguments(std::string_view bytes) {
  if constexpr (detail::kIsPlain<Tuple>) {
    detail::PlainReader reader{bytes};
    Tuple values{};
    if (reader.read(values) && reader.at_end()) return values;
  }
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
