#include "proto/wire/cursor.h"

#include <bit>
#include <type_traits>

namespace forkmill::proto {

namespace {

using Kind = Token::Kind;

// Reads a big-endian number of `width` bytes.
std::uint64_t number_at(const char* at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | static_cast<std::uint8_t>(at[i]);
  return value;
}

Token number_token(std::uint64_t value) {
  Token token;
  token.kind = Kind::number;
  token.number = value;
  return token;
}

Token head_token(Kind kind, std::uint32_t size) {
  Token token;
  token.kind = kind;
  token.size = size;
  return token;
}

}  // namespace

// A number of type T behind the head.
template <class T>
Token Cursor::fixed(Kind kind) {
  if (left() < 1 + sizeof(T)) return {};
  const std::uint64_t bits = number_at(at_ + 1, sizeof(T));
  at_ += 1 + sizeof(T);
  Token token = number_token(bits);
  if constexpr (std::is_same_v<T, float>) {
    token.real = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  } else if constexpr (std::is_same_v<T, double>) {
    token.real = std::bit_cast<double>(bits);
  } else if constexpr (std::is_signed_v<T>) {
    const T value = static_cast<T>(bits);
    if (value >= 0) return token;
    token.negative = value;  // NOLINT(bugprone-signed-char-misuse): a number, not a character
  } else {
    return token;
  }
  token.kind = kind;
  return token;
}

// A count of `width` bytes behind the head, of elements or pairs, each of which takes a byte at least.
Token Cursor::counted(Kind kind, std::size_t width) {
  if (left() < 1 + width) return {};
  const std::uint64_t count = number_at(at_ + 1, width);
  if (count > left() - 1 - width) return {};
  at_ += 1 + width;
  return head_token(kind, static_cast<std::uint32_t>(count));
}

// `size` bytes behind a head of `head` bytes.
Token Cursor::bytes(Kind kind, std::size_t head, std::uint64_t size) {
  if (left() < head || size > left() - head) return {};
  Token token = head_token(kind, static_cast<std::uint32_t>(size));
  token.data = at_ + head;
  at_ += head + size;
  return token;
}

// https://github.com/msgpack/msgpack/blob/master/spec.md, "Formats"
Token Cursor::next() {
  const std::uint8_t first = head();
  const auto sized = [&](Kind kind, std::size_t width, std::size_t extra = 0) {
    return left() < 1 + width ? Token{} : bytes(kind, 1 + width, number_at(at_ + 1, width) + extra);
  };
  if (first < 0x80) {
    ++at_;
    return number_token(first);
  }
  if (first >= 0xe0) {
    ++at_;
    Token token = head_token(Kind::negative, 0);
    token.negative = static_cast<std::int64_t>(first) - 0x100;
    return token;
  }
  if (first < 0xa0) {
    const std::uint32_t count = first & 15U;
    if (count > left() - 1) return {};
    ++at_;
    return head_token(first < 0x90 ? Kind::map : Kind::array, count);
  }
  if (first < 0xc0) return bytes(Kind::string, 1, first & 31U);
  switch (first) {
    case 0xc0:
      ++at_;
      return head_token(Kind::nil, 0);
    case 0xc2:
    case 0xc3: {
      ++at_;
      Token token = number_token(first & 1U);
      token.kind = Kind::boolean;
      return token;
    }
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return sized(Kind::binary, std::size_t{1} << (first - 0xc4));
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return sized(Kind::extension, std::size_t{1} << (first - 0xc7), 1);
    case 0xca:
      return fixed<float>(Kind::real);
    case 0xcb:
      return fixed<double>(Kind::real);
    case 0xcc:
      return fixed<std::uint8_t>(Kind::number);
    case 0xcd:
      return fixed<std::uint16_t>(Kind::number);
    case 0xce:
      return fixed<std::uint32_t>(Kind::number);
    case 0xcf:
      return fixed<std::uint64_t>(Kind::number);
    case 0xd0:
      return fixed<std::int8_t>(Kind::negative);
    case 0xd1:
      return fixed<std::int16_t>(Kind::negative);
    case 0xd2:
      return fixed<std::int32_t>(Kind::negative);
    case 0xd3:
      return fixed<std::int64_t>(Kind::negative);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return bytes(Kind::extension, 1, 1 + (std::uint64_t{1} << (first - 0xd4)));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return sized(Kind::string, std::size_t{1} << (first - 0xd9));
    case 0xdc:
    case 0xdd:
      return counted(Kind::array, std::size_t{2} << (first - 0xdc));
    case 0xde:
    case 0xdf:
      return counted(Kind::map, std::size_t{2} << (first - 0xde));
    default:
      return {};
  }
}

}  // namespace forkmill::proto
