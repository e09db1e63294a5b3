// PlainReader: unpacks bool, numbers, std::string, and vectors and tuples of them straight from msgpack bytes. The tree
// of objects that msgpack-c makes first costs many times as much for such values. For serialize.h.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill::detail {

// Numbers whose packed form is that of msgpack: no character types, whose vectors are packed in another way.
template <class T>
concept PlainInteger = std::same_as<T, short> || std::same_as<T, unsigned short> || std::same_as<T, int> ||
    std::same_as<T, unsigned> || std::same_as<T, long> || std::same_as<T, unsigned long> ||
    std::same_as<T, long long> || std::same_as<T, unsigned long long>;
template <class T>
concept PlainNumber = PlainInteger<T> || std::same_as<T, float> || std::same_as<T, double>;

// Whether PlainReader reads a T.
template <class T>
inline constexpr bool kIsPlain = PlainNumber<T> || std::same_as<T, bool> || std::same_as<T, std::string>;
template <class T>
inline constexpr bool kIsPlain<std::vector<T>> = PlainNumber<T> || std::same_as<T, std::string>;
template <class... T>  // NOLINTNEXTLINE(misc-redundant-expression): a fold over equal types
inline constexpr bool kIsPlain<std::tuple<T...>> = sizeof...(T) < 16 && (kIsPlain<T> && ...);

// Every read() that returns false has met bytes that are not a T in the form that packers choose, or not at all. The
// caller then starts again with msgpack-c, which accepts more forms and says what is wrong.
class PlainReader {
 public:
  explicit PlainReader(std::string_view bytes) : rest_{bytes} {}

  // Whether all bytes have been read.
  bool at_end() const { return rest_.empty(); }
  // The bytes that have not been read.
  std::string_view rest() const { return rest_; }

  // The head of an array: the number of elements that follow.
  bool read_array(std::size_t& count);

  bool read(bool& value) {
    const auto first = byte();
    value = first == 0xC3;
    return value || first == 0xC2;
  }
  template <PlainInteger T>
  bool read(T& value);
  bool read(float& value) { return floating(value); }
  bool read(double& value) { return floating(value); }
  // A string where it is, in the bytes of the reader.
  bool read(std::string_view& value);
  bool read(std::string& value) {
    std::string_view text;
    if (!read(text)) return false;
    value = text;
    return true;
  }
  template <class T>
  bool read(std::vector<T>& values);
  template <class... T>
  bool read(std::tuple<T...>& values) {
    if (byte() != (0x90U | sizeof...(T))) return false;
    return std::apply([&](auto&... each) { return (read(each) && ...); }, values);
  }

 private:
  static constexpr unsigned kNothing = 0x100;  // the bytes are at their end

  unsigned byte() {
    if (rest_.empty()) return kNothing;
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // Reads a number in network byte order.
  template <class Unsigned>
  bool raw(Unsigned& value) {
    if (rest_.size() < sizeof value) return false;
    value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(rest_[i]));
    rest_.remove_prefix(sizeof value);
    return true;
  }
  template <class From, class T>
  bool integer(T& value) {
    std::make_unsigned_t<From> bits = 0;
    if (!raw(bits)) return false;
    const auto number = static_cast<From>(bits);
    value = static_cast<T>(number);  // NOLINT(bugprone-signed-char-misuse): a number, also if it has 8 bits
    return std::in_range<T>(number);
  }
  // msgpack-c packs a whole number as an integer.
  template <class T>
  bool floating(T& value) {
    const auto before = rest_;
    const auto first = byte();
    if (first == 0xCB) return bits_of<std::uint64_t, double>(value);
    if (first == 0xCA) return bits_of<std::uint32_t, float>(value);
    rest_ = before;
    if (whole<std::uint64_t>(value)) return true;
    rest_ = before;
    return whole<std::int64_t>(value);
  }
  template <class Unsigned, class Packed, class T>
  bool bits_of(T& value) {
    Unsigned bits = 0;
    if (!raw(bits)) return false;
    value = static_cast<T>(std::bit_cast<Packed>(bits));
    return true;
  }
  template <class Integer, class T>
  bool whole(T& value) {
    Integer number = 0;
    if (!read(number)) return false;
    value = static_cast<T>(number);
    return true;
  }
  template <class Unsigned>
  bool length(std::size_t& value) {
    Unsigned bits = 0;
    if (!raw(bits)) return false;
    value = bits;
    return true;
  }

  std::string_view rest_;
};

template <PlainInteger T>
bool PlainReader::read(T& value) {
  const auto first = byte();
  if (first < 0x80) return value = static_cast<T>(first), true;
  if (first >= 0xE0 && first < kNothing) {
    value = static_cast<T>(static_cast<std::int64_t>(first) - 256);
    return std::is_signed_v<T>;
  }
  switch (first) {
    case 0xCC:
      return integer<std::uint8_t>(value);
    case 0xCD:
      return integer<std::uint16_t>(value);
    case 0xCE:
      return integer<std::uint32_t>(value);
    case 0xCF:
      return integer<std::uint64_t>(value);
    case 0xD0:
      return integer<std::int8_t>(value);
    case 0xD1:
      return integer<std::int16_t>(value);
    case 0xD2:
      return integer<std::int32_t>(value);
    case 0xD3:
      return integer<std::int64_t>(value);
    default:
      return false;
  }
}

inline bool PlainReader::read_array(std::size_t& count) {
  const auto first = byte();
  count = first & 0x0FU;
  const bool known = (first & 0xF0U) == 0x90 || (first == 0xDC && length<std::uint16_t>(count)) ||
                     (first == 0xDD && length<std::uint32_t>(count));
  return known && count <= rest_.size();  // each element takes a byte at least
}

inline bool PlainReader::read(std::string_view& value) {
  const auto first = byte();
  std::size_t size = first & 0x1FU;
  const bool known = (first & 0xE0U) == 0xA0 || (first == 0xD9 && length<std::uint8_t>(size)) ||
                     (first == 0xDA && length<std::uint16_t>(size)) || (first == 0xDB && length<std::uint32_t>(size));
  if (!known || size > rest_.size()) return false;
  value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

template <class T>
bool PlainReader::read(std::vector<T>& values) {
  std::size_t count = 0;
  if (!read_array(count)) return false;
  values.resize(count);
  for (T& value : values)
    if (!read(value)) return false;
  return true;
}

}  // namespace forkmill::detail
