#include "broker/store/crc32c.h"

#include <array>

#include "broker/store/bytes.h"

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

namespace forkmill::broker {

namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // bit-reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? value >> 1 ^ kPolynomial : value >> 1;
    table[byte] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t so_far) {
  std::uint32_t crc = ~so_far;
  for (const char byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFFU];
  return ~crc;
}

#ifdef __x86_64__

bool crc32c_has_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::string_view bytes, std::uint32_t so_far) {
  std::uint64_t crc = static_cast<std::uint32_t>(~so_far);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) crc = _mm_crc32_u64(crc, get_number<std::uint64_t>(at));
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, static_cast<std::uint8_t>(*at));
  return ~narrow;
}

#else

bool crc32c_has_instruction() { return false; }
std::uint32_t crc32c_by_instruction(std::string_view bytes, std::uint32_t so_far) {
  return crc32c_by_table(bytes, so_far);
}

#endif

std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) {
  static const auto way = crc32c_has_instruction() ? crc32c_by_instruction : crc32c_by_table;
  return way(bytes, so_far);
}

}  // namespace forkmill::broker
