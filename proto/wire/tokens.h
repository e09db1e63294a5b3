// The bytes of an envelope as a flat list of tokens: msgpack-c parses, nothing is allocated per object, and no
// announced count is believed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace forkmill::proto {

struct Token {
  enum class Kind : std::uint8_t { nil, boolean, number, negative, real, string, binary, array, map, extension };
  Kind kind = Kind::nil;
  std::uint32_t size = 0;  // bytes of a string or binary; elements of an array; pairs of a map
  union {
    std::uint64_t number = 0;
    std::int64_t negative;
    double real;
    const char* data;  // into the bytes parsed
  };
};

// Fills `tokens` (cleared first; reuse it to reuse its memory) from exactly one msgpack value. False when the bytes are
// not one, when something is left behind it, or when it nests deeper than limits::kMaxDepth. The tokens point into
// `bytes`.
bool tokenize(std::string_view bytes, std::vector<Token>& tokens);

}  // namespace forkmill::proto
