// Cursor: a place in the bytes of an envelope, from which msgpack values are read one after another. Every announced
// size is compared with the bytes that are left before it is believed, and nothing is allocated. msgpack-c's parser
// calls back for each value, so that values have to be kept before they can be put into the fields of a message:
// that took four times as many instructions (tests/cost, codec.decode).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace forkmill::proto {

struct Token {
  enum class Kind : std::uint8_t { none, nil, boolean, number, negative, real, string, binary, array, map, extension };
  Kind kind = Kind::none;  // none: the bytes are no msgpack value
  std::uint32_t size = 0;  // bytes of a string or binary; elements of an array; pairs of a map
  union {
    std::uint64_t number = 0;
    std::int64_t negative;
    double real;
    const char* data;  // points into the bytes
  };
};

class Cursor {
 public:
  // `bytes` must outlive the cursor.
  explicit Cursor(std::string_view bytes) : at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

  const char* position() const { return at_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }
  // The first byte of the next value, which says what it is; 0xc1, which begins no value, at the end.
  std::uint8_t head() const { return at_ == end_ ? kNoValue : static_cast<std::uint8_t>(*at_); }
  // Passes over `bytes` if they come next.
  bool skip_if(std::string_view bytes) {
    if (left() < bytes.size() || std::memcmp(at_, bytes.data(), bytes.size()) != 0) return false;
    at_ += bytes.size();
    return true;
  }
  void advance(std::size_t bytes) { at_ += bytes; }

  // Reads one value; of an array or a map, the head alone. After Kind::none, the cursor is where it was.
  Token next();

  static constexpr std::uint8_t kNoValue = 0xc1;

 private:
  template <class T>
  Token fixed(Token::Kind kind);
  Token counted(Token::Kind kind, std::size_t width);
  Token bytes(Token::Kind kind, std::size_t head, std::uint64_t size);

  const char* at_;
  const char* end_;
};

}  // namespace forkmill::proto
