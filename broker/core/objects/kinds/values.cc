#include "broker/core/objects/kinds/values.h"

#include <cstdint>
#include <msgpack.hpp>
#include <variant>

namespace forkmill::broker {

using proto::Failure;
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

double as_double(const Number& number) {
  const auto* integer = std::get_if<Integer>(&number);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(number);
}

}  // namespace

Result<Payload> sum(const Payload& a, const Payload& b) {
  const Number first = number(a);
  const Number second = number(b);
  if (std::holds_alternative<std::monostate>(first)) return Failure{Errc::value_differs, "what is there is no number"};
  if (std::holds_alternative<std::monostate>(second))
    return Failure{Errc::value_differs, "what is to be added is no number"};
  const auto* i = std::get_if<Integer>(&first);
  const auto* j = std::get_if<Integer>(&second);
  if (i == nullptr || j == nullptr) return packed(as_double(first) + as_double(second));
  const Integer total = *i + *j;
  if (total > Integer{UINT64_MAX} || total < Integer{INT64_MIN})
    return Failure{Errc::value_differs, "the sum is beyond 64 bits"};
  return total < 0 ? packed(static_cast<std::int64_t>(total)) : packed(static_cast<std::uint64_t>(total));
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
