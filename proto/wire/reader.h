// Reader: decodes a message. Give it to `fields` of schema.h, then ask error(). The first value that does not fit stops
// it; all later calls do nothing.
#pragma once

#include <chrono>
#include <concepts>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "proto/wire/schema.h"
#include "proto/wire/tokens.h"

namespace forkmill::proto {

// Lowest number of an enumeration on the wire. 0 is not a number of one, except of Durability.
template <class E>
requires std::is_enum_v<E>
constexpr std::underlying_type_t<E> first_number(E) { return std::is_same_v<E, Durability> ? 0 : 1; }

class Reader {
 public:
  Reader(std::span<const Token> tokens, std::span<const Payload> frames) : tokens_{tokens}, frames_{frames} {}

  Errc error() const { return error_; }
  bool at_end() const { return next_ == tokens_.size(); }

  template <class... F>
  void record(std::size_t required, F&&... values) {
    const std::size_t count = open(Token::Kind::array);
    if (count < required) fail();
    std::size_t index = 0;
    ((index++ < count ? get(values) : static_cast<void>(0)), ...);
    for (; index < count && ok(); ++index) skip();
  }
  template <class... O>
  void options(O&&... entries) {
    for (std::size_t left = open(Token::Kind::map); left > 0 && ok(); --left) {
      std::uint64_t key = 0;
      get(key);
      const bool known = (get_option(key, entries) || ...);
      if (!known && ok()) skip();
    }
  }

  // Opens the next value, an array, and returns the number of its elements.
  std::size_t open_array() { return open(Token::Kind::array); }

  void get(bool& value) {
    if (const Token* token = take(Token::Kind::boolean)) value = token->number != 0;
  }
  // msgpack-c packs a double with a whole value as an integer.
  void get(double& value) {
    if (peek(Token::Kind::negative)) {
      value = static_cast<double>(tokens_[next_++].negative);
      return;
    }
    if (peek(Token::Kind::number))
      value = static_cast<double>(tokens_[next_++].number);
    else if (const Token* token = take(Token::Kind::real))
      value = token->real;
  }
  template <std::unsigned_integral T>
  void get(T& value) {
    const Token* token = take(Token::Kind::number);
    if (token == nullptr) return;
    if (token->number > std::numeric_limits<T>::max()) return fail();
    value = static_cast<T>(token->number);
  }
  template <std::signed_integral T>
  void get(T& value) {
    std::int64_t wide = 0;
    if (peek(Token::Kind::negative)) {
      wide = tokens_[next_++].negative;
    } else {
      std::uint64_t number = 0;
      get(number);
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return fail();
      wide = static_cast<std::int64_t>(number);
    }
    if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max()) return fail();
    value = static_cast<T>(wide);
  }
  void get(milliseconds& value) {
    std::int64_t count = 0;
    get(count);
    value = milliseconds{count};
  }
  void get(std::string& value) { get_string(value, limits::kMaxName); }
  template <class Tag, class Rep>
  void get(Strong<Tag, Rep>& value) {
    Rep number = 0;
    get(number);
    value = Strong<Tag, Rep>{number};
  }
  void get(Errc& value) {
    std::uint64_t number = 0;
    get(number);
    value = errc_from(number);
  }
  template <class E>
  requires std::is_enum_v<E>
  void get(E& value) {
    std::underlying_type_t<E> number = 0;
    get(number);
    if (number < first_number(value) || number > static_cast<std::underlying_type_t<E>>(last_of(value))) return fail();
    value = static_cast<E>(number);
  }
  template <class E>
  void get(const OpenNumber<E>& open) {
    std::underlying_type_t<E> number = 0;
    get(number);
    open.value = static_cast<E>(number);
  }
  template <class... A>
  void get(const NumberOf<std::variant<A...>>& number) {
    std::uint8_t wanted = 0;
    get(wanted);
    (choose<A>(wanted, number.choice) || ...);
  }
  template <class V>
  void get(const RecordOf<V>& record) {
    std::visit([&](auto& alternative) { get(alternative); }, record.choice);
  }
  void get(TaskId& id) {
    const Token* token = take(Token::Kind::binary);
    if (token == nullptr) return;
    if (token->size != 16) return fail();
    TaskId::Bytes bytes;
    std::copy_n(token->data, 16, reinterpret_cast<char*>(bytes.data()));
    id = TaskId{bytes};
  }
  void get(Payload& payload) {
    if (peek(Token::Kind::number)) {
      const std::uint64_t frame = tokens_[next_++].number;
      if (frame >= frames_.size()) return fail();
      if (frames_[frame].size() > limits::kMaxPayload) return fail(Errc::payload_too_large);
      payload = frames_[frame];
    } else if (const Token* token = take(Token::Kind::binary)) {
      payload = Payload::copy({token->data, token->size});
    }
  }
  void get(const Bounded<std::string>& bound) { get_string(bound.value, bound.most); }
  template <class T>
  void get(const Bounded<std::vector<T>>& bound) {
    get_vector(bound.value, bound.most);
  }
  template <class T>
  void get(std::vector<T>& values) {
    get_vector(values, limits::kMaxRecords);
  }
  template <class T>
  void get(std::optional<T>& value) {
    if (peek(Token::Kind::nil))
      ++next_;
    else
      get(value.emplace());
  }
  template <class T>
  requires requires(Reader& reader, T& value) { fields(reader, value); }
  void get(T& value) { fields(*this, value); }

 private:
  bool ok() const { return error_ == Errc::ok; }
  void fail(Errc code = Errc::malformed) {
    if (ok()) error_ = code;
  }
  bool peek(Token::Kind kind) const { return ok() && next_ < tokens_.size() && tokens_[next_].kind == kind; }
  const Token* take(Token::Kind kind) {
    if (peek(kind)) return &tokens_[next_++];
    fail();
    return nullptr;
  }
  std::size_t open(Token::Kind kind) {
    const Token* token = take(kind);
    return token == nullptr ? 0 : token->size;
  }
  // Skips one value with everything in it. tokenize() has bounded the depth.
  void skip() {
    for (std::uint64_t left = 1; left > 0 && ok(); --left) {
      if (next_ >= tokens_.size()) return fail();
      const Token& token = tokens_[next_++];
      if (token.kind == Token::Kind::array) left += token.size;
      if (token.kind == Token::Kind::map) left += 2ULL * token.size;
    }
  }
  void get_string(std::string& value, std::size_t most) {
    const Token* token = take(Token::Kind::string);
    if (token == nullptr) return;
    if (token->size > most) return fail(Errc::message_too_large);
    value.assign(token->data, token->size);
  }
  template <class T>
  void get_vector(std::vector<T>& values, std::size_t most) {
    const std::size_t count = open(Token::Kind::array);
    if (count > most) return fail(Errc::message_too_large);
    values.clear();
    values.reserve(count);
    for (std::size_t i = 0; i < count && ok(); ++i) get(values.emplace_back());
  }
  // Puts an A into `choice` if its number is the wanted one, or if it takes any number.
  template <class A, class V>
  static bool choose(std::uint8_t wanted, V& choice) {
    if constexpr (requires { A::kNumber; }) {
      if (wanted != A::kNumber) return false;
      choice.template emplace<A>();
    } else {
      choice.template emplace<A>().number = wanted;
    }
    return true;
  }
  template <class O>
  bool get_option(std::uint64_t key, O& entry) {
    if (key != entry.key || !ok()) return false;
    get(entry.value);
    return true;
  }

  std::span<const Token> tokens_;
  std::span<const Payload> frames_;
  std::size_t next_ = 0;
  Errc error_ = Errc::ok;
};

}  // namespace forkmill::proto
