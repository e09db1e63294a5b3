// Decodes any bytes. A message that is decoded must be the same after it was encoded and decoded again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proto/wire/codec.h"

using namespace forkmill::proto;

// The comparison is of bytes, because NaN is not equal to itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decoded = decode({reinterpret_cast<const char*>(data), size});
  if (!decoded.ok()) return 0;
  const Encoded first = encode(decoded.value());
  const auto again = decode(first.envelope, first.frames);
  if (!again.ok() || encode(again.value()).envelope != first.envelope) std::abort();
  return 0;
}
