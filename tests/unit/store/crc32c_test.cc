#include "broker/store/crc32c.h"

#include <doctest/doctest.h>

#include <string>

namespace crc32c_test {

using namespace forkmill::broker;

TEST_CASE("both implementations of CRC32C give the values of RFC 3720") {
  std::string rising;
  std::string falling;
  for (int i = 0; i < 32; ++i) {
    rising += static_cast<char>(i);
    falling += static_cast<char>(31 - i);
  }
  const auto check = [](const std::string& bytes, std::uint32_t expected) {
    CHECK(crc32c(bytes) == expected);
    CHECK(crc32c_by_table(bytes, 0) == expected);
    if (crc32c_has_instruction()) CHECK(crc32c_by_instruction(bytes, 0) == expected);
  };
  check("", 0);
  check("123456789", 0xE3069283);
  check(std::string(32, '\0'), 0x8A9136AA);
  check(std::string(32, '\xFF'), 0x62A8AB43);
  check(rising, 0x46DD794E);
  check(falling, 0x113FDB5C);
}

TEST_CASE("CRC32C of parts equals that of the whole, and both implementations agree") {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += static_cast<char>(i * 37);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; size <= 64; ++size) {
      const std::string_view part = std::string_view{bytes}.substr(from, size);
      CHECK(crc32c_by_table(part, 5) == crc32c(part, 5));
      CHECK(crc32c(part.substr(size / 3), crc32c(part.substr(0, size / 3))) == crc32c(part));
    }
  }
}

}  // namespace crc32c_test
