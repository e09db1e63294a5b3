// Tokens: the bytes of an envelope as a flat list. msgpack-c parses them; tokenize() allocates nothing per object, and
// checks each announced count against the bytes that are there.
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
    const char* data;  // points into the parsed bytes
  };
};

// Fills `tokens` from exactly one msgpack value; clears it first, so that its memory can be reused. Returns false if
// the bytes are not one value, if bytes follow it, or if it nests deeper than limits::kMaxDepth. The tokens point into
// `bytes`.
bool tokenize(std::string_view bytes, std::vector<Token>& tokens);

}  // namespace forkmill::proto
