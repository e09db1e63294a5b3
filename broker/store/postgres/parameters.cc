#include "broker/store/postgres/parameters.h"

namespace forkmill::broker {

namespace {

// The header of a one-dimensional array: dimensions, whether it has nulls, type, length, number of the first element.
constexpr std::size_t kArrayHeader = 20;
constexpr std::size_t kArrayLengthAt = 12;

}  // namespace

void put_big_endian(char* at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0; value >>= 8) at[i] = static_cast<char>(value & 0xFF);
}

std::uint64_t get_big_endian(const char* at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(at[i]);
  return value;
}

ArrayParameter::ArrayParameter(Of type) : bytes_(kArrayHeader, '\0') {
  put_big_endian(bytes_.data(), 1, 4);
  put_big_endian(bytes_.data() + 8, static_cast<std::uint32_t>(type), 4);
  put_big_endian(bytes_.data() + 16, 1, 4);
}

void ArrayParameter::add(std::uint64_t number) {
  char element[12];
  put_big_endian(element, 8, 4);
  put_big_endian(element + 4, number, 8);
  bytes_.append(element, sizeof element);
  count();
}

void ArrayParameter::add(std::string_view bytes) {
  char length[4];
  put_big_endian(length, bytes.size(), 4);
  bytes_.append(length, sizeof length).append(bytes);
  count();
}

void ArrayParameter::count() { put_big_endian(bytes_.data() + kArrayLengthAt, ++count_, 4); }

Parameters& Parameters::number(std::uint64_t value) {
  auto& number = numbers_.emplace_back();
  put_big_endian(number.data(), value, number.size());
  return bytes({number.data(), number.size()});
}

Parameters& Parameters::bytes(std::string_view value) {
  values_.push_back(value.data() == nullptr ? "" : value.data());
  lengths_.push_back(static_cast<int>(value.size()));
  formats_.push_back(1);
  return *this;
}

}  // namespace forkmill::broker
