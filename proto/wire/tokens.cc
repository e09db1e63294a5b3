#include "proto/wire/tokens.h"

#include <msgpack.hpp>

#include "proto/limits.h"

namespace forkmill::proto {

namespace {

class Visitor : public msgpack::null_visitor {
 public:
  Visitor(std::size_t bytes, std::vector<Token>& tokens) : bytes_{bytes}, tokens_{tokens} {}

  bool visit_nil() { return add(Token::Kind::nil); }
  bool visit_boolean(bool value) { return number(Token::Kind::boolean, value); }
  bool visit_positive_integer(std::uint64_t value) { return number(Token::Kind::number, value); }
  bool visit_negative_integer(std::int64_t value) {
    if (value >= 0) return number(Token::Kind::number, static_cast<std::uint64_t>(value));
    add(Token::Kind::negative);
    tokens_.back().negative = value;
    return true;
  }
  bool visit_float32(float value) { return visit_float64(value); }
  bool visit_float64(double value) {
    add(Token::Kind::real);
    tokens_.back().real = value;
    return true;
  }
  bool visit_str(const char* data, std::uint32_t size) { return bytes(Token::Kind::string, data, size); }
  bool visit_bin(const char* data, std::uint32_t size) { return bytes(Token::Kind::binary, data, size); }
  bool visit_ext(const char* data, std::uint32_t size) { return bytes(Token::Kind::extension, data, size); }
  bool start_array(std::uint32_t elements) { return enter(Token::Kind::array, elements, elements); }
  bool start_map(std::uint32_t pairs) { return enter(Token::Kind::map, pairs, 2ULL * pairs); }
  bool end_array() { return leave(); }
  bool end_map() { return leave(); }

 private:
  bool add(Token::Kind kind, std::uint32_t size = 0) {
    tokens_.emplace_back();
    tokens_.back().kind = kind;
    tokens_.back().size = size;
    return true;
  }
  bool number(Token::Kind kind, std::uint64_t value) {
    add(kind);
    tokens_.back().number = value;
    return true;
  }
  bool bytes(Token::Kind kind, const char* data, std::uint32_t size) {
    add(kind, size);
    tokens_.back().data = data;
    return true;
  }
  bool enter(Token::Kind kind, std::uint32_t size, std::uint64_t elements) {
    if (elements > bytes_ || ++depth_ > limits::kMaxDepth) return false;  // each element takes a byte at least
    return add(kind, size);
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::size_t bytes_;
  std::size_t depth_ = 0;
  std::vector<Token>& tokens_;
};

}  // namespace

bool tokenize(std::string_view bytes, std::vector<Token>& tokens) {
  tokens.clear();
  Visitor visitor{bytes.size(), tokens};
  std::size_t offset = 0;
  try {
    return msgpack::parse(bytes.data(), bytes.size(), offset, visitor) && offset == bytes.size();
  } catch (const std::exception&) {  // msgpack-c reports sizes over its own maxima by exceptions
    return false;
  }
}

}  // namespace forkmill::proto
