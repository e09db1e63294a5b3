#include "broker/core/objects/kinds/values.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <msgpack.hpp>
#include <optional>
#include <string_view>
#include <variant>

namespace forkmill::broker {

using proto::Failure;
using proto::NumberType;
using proto::Payload;
using proto::Result;

namespace {

__extension__ using Integer = __int128;
using Number = std::variant<std::monostate, Integer, double>;

Number number(const Payload& payload) {
  // A packed number has at most nine bytes.
  if (payload.empty() || payload.size() > 9) return {};
  try {
    std::size_t offset = 0;
    const msgpack::unpack_limit limit{0, 0, 0, 0, 0, 0};
    const auto handle = msgpack::unpack(payload.view().data(), payload.size(), offset, nullptr, nullptr, limit);
    if (offset != payload.size()) return {};
    switch (handle->type) {
      case msgpack::type::POSITIVE_INTEGER:
        return Integer{handle->via.u64};
      case msgpack::type::NEGATIVE_INTEGER:
        return Integer{handle->via.i64};
      case msgpack::type::FLOAT32:
      case msgpack::type::FLOAT64:
        return handle->via.f64;
      default:
        return {};
    }
  } catch (const std::exception&) {
    return {};
  }
}

template <class T>
Payload packed(T value) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, value);
  return Payload::copy({buffer.data(), buffer.size()});
}

// msgpack-c packs −0.0 as the integer 0.
template <class T>
Payload packed_float(T value) {
  if (value != 0 || !std::signbit(value)) return packed(value);
  return Payload::copy(std::string_view{"\xCB\x80\0\0\0\0\0\0\0", 9});
}

double as_double(const Number& number) {
  const auto* integer = std::get_if<Integer>(&number);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(number);
}

struct Range {
  Integer least = 0;
  Integer most = 0;
};
template <class T>
constexpr Range range_of() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}
// Returns the range of the integers of this type. None: it is not a type of integers.
std::optional<Range> range_of(NumberType type) {
  switch (type) {
    case NumberType::any:
      return Range{INT64_MIN, UINT64_MAX};
    case NumberType::i8:
      return range_of<std::int8_t>();
    case NumberType::i16:
      return range_of<std::int16_t>();
    case NumberType::i32:
      return range_of<std::int32_t>();
    case NumberType::i64:
      return range_of<std::int64_t>();
    case NumberType::u8:
      return range_of<std::uint8_t>();
    case NumberType::u16:
      return range_of<std::uint16_t>();
    case NumberType::u32:
      return range_of<std::uint32_t>();
    case NumberType::u64:
      return range_of<std::uint64_t>();
    default:
      return std::nullopt;
  }
}

// `number` is in the range of 64 bits, signed or unsigned.
std::string digits(Integer number) {
  return number < 0 ? std::to_string(static_cast<std::int64_t>(number))
                    : std::to_string(static_cast<std::uint64_t>(number));
}

Result<Payload> sum_of_integers(Integer a, Integer b, const Range& range) {
  const Integer total = a + b;
  if (total > range.most || total < range.least)
    return Failure{Errc::value_differs, digits(a) + " + " + digits(b) + " is beyond the range of these numbers, " +
                                            digits(range.least) + " to " + digits(range.most)};
  return total < 0 ? packed(static_cast<std::int64_t>(total)) : packed(static_cast<std::uint64_t>(total));
}

}  // namespace

Result<Payload> sum(const Payload& a, const Payload& b, NumberType type) {
  const Number first = number(a);
  const Number second = number(b);
  if (std::holds_alternative<std::monostate>(first))
    return Failure{Errc::value_differs, "the present value is not a number"};
  if (std::holds_alternative<std::monostate>(second))
    return Failure{Errc::value_differs, "the value to add is not a number"};
  const auto* i = std::get_if<Integer>(&first);
  const auto* j = std::get_if<Integer>(&second);
  if (const auto range = range_of(type)) {
    if (i != nullptr && j != nullptr) return sum_of_integers(*i, *j, *range);
    if (type != NumberType::any) return Failure{Errc::value_differs, "one of the numbers is not an integer"};
  }
  if (type == NumberType::f32)
    return packed_float(static_cast<float>(as_double(first)) + static_cast<float>(as_double(second)));
  if (type == NumberType::f64 || type == NumberType::any) return packed_float(as_double(first) + as_double(second));
  return Failure{Errc::bad_request, "there is no such type of numbers"};
}

Result<Appended> append(const Payload& array, const Payload& element) {
  std::uint32_t length = 0;
  std::string_view rest;
  if (!array.empty()) {
    const std::string_view bytes = array.view();
    const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])); };
    if ((byte(0) & 0xF0U) == 0x90U) {
      length = byte(0) & 0x0FU;
      rest = bytes.substr(1);
    } else if (byte(0) == 0xDCU && bytes.size() >= 3) {
      length = byte(1) << 8 | byte(2);
      rest = bytes.substr(3);
    } else if (byte(0) == 0xDDU && bytes.size() >= 5) {
      length = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
      rest = bytes.substr(5);
    } else {
      return Failure{Errc::value_differs, "what is there is no list"};
    }
  }
  std::string grown;
  grown.reserve(rest.size() + element.size() + 5);
  struct Sink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
  } sink{grown};
  msgpack::packer<Sink>{sink}.pack_array(length + 1);
  grown.append(rest);
  grown.append(element.view());
  return Appended{Payload::own(std::move(grown)), length + 1};
}

}  // namespace forkmill::broker
