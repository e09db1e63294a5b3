// Reads payloads of any bytes as values and as arguments of the types that programs use. Each is refused by
// DecodeError or read; a value that was read and is written again is read as the same value.
#include <forkmill/serialize.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/feed.h"
#include "tests/fuzz/require.h"

namespace {

using namespace forkmill;

template <class T>
void value(std::string_view bytes) {
  try {
    const T read = unpack_value<T>(bytes);
    const std::string packed = pack_value(read);
    // The comparison is of bytes, because NaN is not equal to itself.
    fuzz::require(pack_value(unpack_value<T>(packed)) == packed, "values are read as written");
  } catch (const DecodeError&) {
  }
}

template <class... T>
void arguments(std::string_view bytes) {
  try {
    (void)unpack_arguments<std::tuple<T...>>(bytes);
  } catch (const DecodeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  forkmill::fuzz::Feed feed{data, size};
  const std::size_t kind = feed.below(10);
  const std::string_view bytes = feed.rest();
  switch (kind) {
    case 0:
      value<int>(bytes);
      value<std::uint8_t>(bytes);
      break;
    case 1:
      value<double>(bytes);
      value<bool>(bytes);
      break;
    case 2:
      value<std::string>(bytes);
      break;
    case 3:
      value<std::vector<std::string>>(bytes);
      break;
    case 4:
      value<std::map<std::string, std::vector<std::int64_t>>>(bytes);
      break;
    case 5:
      value<std::optional<std::pair<int, std::string>>>(bytes);
      break;
    case 6:
      value<std::vector<std::vector<std::vector<std::uint32_t>>>>(bytes);
      break;
    case 7:
      value<std::tuple<int, std::string, std::vector<char>>>(bytes);
      break;
    case 8:
      arguments<int, std::string>(bytes);
      break;
    default:
      arguments<std::vector<double>, std::map<int, std::string>>(bytes);
  }
  return 0;
}
