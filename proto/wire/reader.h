// Reader: decodes a message. Give it to `fields` of schema.h, then ask error(). The first value that does not fit stops
// it; all later calls do nothing.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "proto/wire/cursor.h"
#include "proto/wire/schema.h"

namespace forkmill::proto {

// Lowest number of an enumeration on the wire. 0 is not a number of one, except of Durability.
template <class E>
requires std::is_enum_v<E>
constexpr std::underlying_type_t<E> first_number(E) { return std::is_same_v<E, Durability> ? 0 : 1; }

// ReadBefore: specs and a name that one thread has read last, with their bytes. Records that repeat them share them.
struct ReadBefore {
  struct Spec {
    std::string bytes;   // run of a submission or grant
    std::string extras;  // run of a grant behind its payload; an older peer leaves out fields
    std::size_t fields_of_extras = 0;
    SharedSpec spec;
  };
  // The most recent one comes first; the order of the others is nearly that of their use. Runs of many bytes, which
  // only keys, names and options of later versions can make, are not kept.
  class Specs {
   public:
    template <class Matches>
    const Spec* find(Matches&& matches) {
      for (std::size_t i = 0; i < specs_.size(); ++i) {
        if (specs_[i].spec == nullptr || !matches(specs_[i])) continue;
        if (i > 0) std::swap(specs_[i], specs_[0]);
        return &specs_[0];
      }
      return nullptr;
    }
    void add(Spec spec) {
      if (spec.bytes.size() + spec.extras.size() > kMaxKept) return;
      std::rotate(specs_.begin(), specs_.end() - 1, specs_.end());
      specs_[0] = std::move(spec);
    }

   private:
    static constexpr std::size_t kMaxKept = 4096;  // bytes of a run

    std::array<Spec, 4> specs_;
  };
  Specs submissions;
  Specs grants;
  SharedText text;
};

class Reader {
 public:
  // `bytes`, `frames` and `before` must outlive the reader. Null: nothing was read before.
  Reader(std::string_view bytes, std::span<const Payload> frames, ReadBefore* before = nullptr)
      : cursor_{bytes}, frames_{frames}, before_{before} {}

  Errc error() const { return error_; }
  bool at_end() const { return cursor_.at_end(); }

  template <class... F>
  void record(std::size_t required, F&&... values) {
    std::size_t left = open_array();
    if (left < required) fail();
    (get_field(values, left), ...);
    for (; left > 0 && ok(); --left) skip();
    close();
  }
  // The fields of a run.
  template <class... F>
  void list(F&&... values) {
    (get_field(values, left_of_run_), ...);
  }
  template <class... O>
  void options(O&&... entries) {
    for (std::size_t left = open(Token::Kind::map); left > 0 && ok(); --left) {
      std::uint64_t key = 0;
      get(key);
      const bool known = (get_option(key, entries) || ...);
      if (!known && ok()) skip();
    }
    close();
  }

  // Opens the next value, an array, and returns the number of its elements. close() follows its last element.
  std::size_t open_array() {
    const std::uint8_t head = cursor_.head();
    if ((head & 0xf0U) != 0x90 || !ok()) return open(Token::Kind::array);
    const std::size_t count = head & 15U;
    if (count >= cursor_.left() || ++depth_ > limits::kMaxDepth) {
      fail();
      return 0;
    }
    cursor_.advance(1);
    return count;
  }
  void close() { --depth_; }
  // Skips the next value with everything in it.
  void skip() {
    std::array<std::uint64_t, limits::kMaxDepth + 1> left{1};  // values left in each open array and map
    for (std::size_t level = 0; ok();) {
      if (left[level] == 0) {
        if (level-- == 0) return;
        continue;
      }
      --left[level];
      const Token token = cursor_.next();
      if (token.kind == Token::Kind::none) return fail();
      if (token.kind != Token::Kind::array && token.kind != Token::Kind::map) continue;
      if (depth_ + ++level > limits::kMaxDepth) return fail();
      left[level] = token.kind == Token::Kind::map ? 2ULL * token.size : token.size;
    }
  }

  void get(bool& value) { value = take(Token::Kind::boolean).number != 0; }
  // msgpack-c packs a double with a whole value as an integer.
  void get(double& value) {
    if (!ok()) return;
    const Token token = cursor_.next();
    if (token.kind == Token::Kind::negative)
      value = static_cast<double>(token.negative);
    else if (token.kind == Token::Kind::number)
      value = static_cast<double>(token.number);
    else if (token.kind == Token::Kind::real)
      value = token.real;
    else
      fail();
  }
  template <std::unsigned_integral T>
  void get(T& value) {
    const std::uint8_t head = cursor_.head();
    if (head < 0x80 && ok()) {
      cursor_.advance(1);
      value = static_cast<T>(head);
      return;
    }
    const Token token = take(Token::Kind::number);
    if (token.number > std::numeric_limits<T>::max()) return fail();
    if (ok()) value = static_cast<T>(token.number);
  }
  template <std::signed_integral T>
  void get(T& value) {
    if (!ok()) return;
    const Token token = cursor_.next();
    if (token.kind != Token::Kind::number && token.kind != Token::Kind::negative) return fail();
    if (token.kind == Token::Kind::number && token.number > std::numeric_limits<std::int64_t>::max()) return fail();
    const std::int64_t wide = token.negative;  // a number that is not negative has the same bits
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
    const Token token = take(Token::Kind::binary);
    if (!ok()) return;
    if (token.size != 16) return fail();
    TaskId::Bytes bytes;
    std::memcpy(bytes.data(), token.data, 16);
    id = TaskId{bytes};
  }
  void get(Payload& payload) {
    if (!ok()) return;
    const Token token = cursor_.next();
    if (token.kind == Token::Kind::binary) {
      payload = Payload::copy({token.data, token.size});
    } else if (token.kind == Token::Kind::number && token.number >= next_frame_ && token.number < frames_.size()) {
      next_frame_ = token.number + 1;
      if (frames_[token.number].size() > limits::kMaxPayload) return fail(Errc::payload_too_large);
      payload = frames_[token.number];
    } else {
      fail();
    }
  }
  void get(const Bounded<SharedText>& bound) {
    const Token token = take(Token::Kind::string);
    if (!ok()) return;
    if (token.size > bound.most) return fail(Errc::message_too_large);
    const std::string_view text{token.data, token.size};
    if (before_ == nullptr || before_->text.str() != text) {
      bound.value = SharedText{std::string{text}};
      if (before_ != nullptr) before_->text = bound.value;
    } else {
      bound.value = before_->text;
    }
  }
  template <class T>
  void get(const Tail<T>& one) {
    get(one.value);
  }
  void get(const Bounded<std::string>& bound) { get_string(bound.value, bound.most); }
  template <class T>
  void get(const Bounded<std::vector<T>>& bound) {
    get_list(bound.value, bound.most);
  }
  template <class T>
  void get(std::vector<T>& values) {
    get_list(values, limits::kMaxRecords);
  }
  template <class T>
  void get(ShortList<T>& values) {
    get_list(values, limits::kMaxRecords);
  }
  template <class T>
  void get(std::optional<T>& value) {
    if (!skip_nil()) get(value.emplace());
  }
  template <class T>
  void get(Boxed<T>& value) {
    if (!skip_nil()) get(value.emplace());
  }
  template <class T>
  requires requires(Reader& reader, T& value) { fields(reader, value); }
  void get(T& value) { fields(*this, value); }

 private:
  bool ok() const { return error_ == Errc::ok; }
  void fail(Errc code = Errc::malformed) {
    if (ok()) error_ = code;
  }
  // Reads the next value, which must be of that kind. After a failure the token is empty.
  Token take(Token::Kind kind) {
    if (!ok()) return {};
    const Token token = cursor_.next();
    if (token.kind == kind) return token;
    fail();
    return {};
  }
  std::size_t open(Token::Kind kind) {
    const Token token = take(kind);
    if (++depth_ > limits::kMaxDepth) fail();
    return ok() ? token.size : 0;
  }
  bool skip_nil() {
    constexpr std::uint8_t kNil = 0xc0;
    if (cursor_.head() != kNil || !ok()) return false;
    cursor_.advance(1);
    return true;
  }

  // Reads the next of `left` elements of a record, if there is one.
  template <class F>
  void get_field(F& value, std::size_t& left) {
    if (left == 0) return;
    --left;
    get(value);
  }
  template <class Spec>
  void get_field(Run<RunOf::submission, Spec>& run, std::size_t& left) {
    if (!ok()) return;
    left -= run.kFields;
    const auto comes_next = [&](const ReadBefore::Spec& one) { return cursor_.skip_if(one.bytes); };
    const auto* known = before_ == nullptr ? nullptr : before_->submissions.find(comes_next);
    if (known != nullptr) {
      run.spec = known->spec;
      return;
    }
    const char* begin = cursor_.position();
    auto spec = std::make_shared<TaskSpec>();
    read_run<RunOf::submission>(*spec, run.kFields);
    run.spec = std::move(spec);
    if (before_ != nullptr && ok()) before_->submissions.add({bytes_since(begin), {}, 0, run.spec});
  }
  // The run before the payload of a grant: passed over. The run behind the payload completes the spec.
  template <class Spec>
  void get_field(Run<RunOf::grant, Spec>& run, std::size_t& left) {
    if (!ok()) return;
    left -= run.kFields;
    const char* begin = cursor_.position();
    const auto comes_next = [&](const ReadBefore::Spec& one) { return cursor_.skip_if(one.bytes); };
    known_grant_ = before_ == nullptr ? nullptr : before_->grants.find(comes_next);
    if (known_grant_ == nullptr)
      for (std::size_t i = 0; i < run.kFields; ++i) skip();
    grant_ = {begin, static_cast<std::size_t>(cursor_.position() - begin)};
  }
  template <class Spec>
  void get_field(Run<RunOf::grant_extras, Spec>& run, std::size_t& left) {
    if (!ok()) return;
    const std::size_t count = std::min(left, run.kFields);
    left -= count;
    const auto is_same = [&](const ReadBefore::Spec& one) {
      return one.fields_of_extras == count && (&one == known_grant_ || one.bytes == grant_) &&
             cursor_.skip_if(one.extras);
    };
    const auto* known = before_ == nullptr ? nullptr : before_->grants.find(is_same);
    if (known != nullptr) {
      run.spec = known->spec;
      return;
    }
    const char* begin = cursor_.position();
    auto spec = std::make_shared<TaskSpec>();
    Reader grant{grant_, {}};
    grant.template read_run<RunOf::grant>(*spec, kFieldsOfRun<RunOf::grant>);
    if (grant.error() != Errc::ok) return fail(grant.error());
    read_run<RunOf::grant_extras>(*spec, count);
    run.spec = std::move(spec);
    if (before_ != nullptr && ok()) before_->grants.add({std::string{grant_}, bytes_since(begin), count, run.spec});
  }
  // Headers make the spec that of one task: specs that are kept for later grants have none.
  template <class Spec>
  void get_field(Run<RunOf::grant_headers, Spec>& run, std::size_t& left) {
    if (left == 0 || !ok()) return;
    --left;
    constexpr std::uint8_t kNone = 0x90;  // an empty array
    if (cursor_.head() == kNone) return cursor_.advance(1);
    TaskHeaders headers;
    get(headers);
    if (!headers.empty() && ok()) own_spec(run.spec).options.headers = std::move(headers);
  }
  template <RunOf R>
  void read_run(TaskSpec& spec, std::size_t fields) {
    left_of_run_ = fields;
    run_fields<R>(*this, spec);
  }
  std::string bytes_since(const char* begin) const { return {begin, cursor_.position()}; }

  void get_string(std::string& value, std::size_t most) {
    const Token token = take(Token::Kind::string);
    if (!ok()) return;
    if (token.size > most) return fail(Errc::message_too_large);
    value.assign(token.data, token.size);
  }
  template <class List>
  void get_list(List& values, std::size_t most) {
    const std::size_t count = open_array();
    if (count > most) return fail(Errc::message_too_large);
    values.clear();
    values.reserve(count);
    for (std::size_t i = 0; i < count && ok(); ++i) get(values.emplace_back());
    close();
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

  Cursor cursor_;
  std::span<const Payload> frames_;
  ReadBefore* before_;
  std::uint64_t next_frame_ = 0;                   // frames are referred to in order, each once at most
  std::string_view grant_;                         // the run of the grant that is being read
  const ReadBefore::Spec* known_grant_ = nullptr;  // the spec with that run, in `before_`
  std::size_t left_of_run_ = 0;                    // fields of the run that is being read
  std::size_t depth_ = 0;                          // open arrays and maps
  Errc error_ = Errc::ok;
};

}  // namespace forkmill::proto
