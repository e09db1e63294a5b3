// Little-endian encoding of numbers, the same on every machine. Pure functions.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace forkmill::broker {

static_assert(std::endian::native == std::endian::little, "this machine needs a byte swap here");

template <std::integral T>
void put_number(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <std::integral T>
T get_number(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace forkmill::broker
