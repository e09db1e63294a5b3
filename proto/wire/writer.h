// Writer: encodes a message. Give it to `fields` of schema.h. `frames` takes the large payloads; null: all payloads
// stand in `out`. Both must outlive the writer.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstring>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "proto/wire/byte_buffer.h"
#include "proto/wire/schema.h"

namespace forkmill::proto {

class Writer {
 public:
  Writer(ByteBuffer& out, std::vector<Payload>* frames) : sink_{out}, frames_{frames}, pack_{sink_} {}
  Writer(const Writer&) = delete;  // pack_ refers to sink_
  Writer& operator=(const Writer&) = delete;

  template <class... F>
  void record(std::size_t, const F&... values) {
    constexpr auto kElements = static_cast<std::uint32_t>((0 + ... + kElementsOf<F>));
    if constexpr ((kIsTail<F> || ...)) return put_with_tail(values...);
    if constexpr (kElements < 16)
      *sink_.out.extend(1) = static_cast<char>(0x90 | kElements);
    else
      pack_.pack_array(kElements);
    (put(values), ...);
  }
  // The fields of a run.
  template <class... F>
  void list(const F&... values) {
    (put(values), ...);
  }
  template <class... O>
  void options(const O&... entries) {
    const std::array<bool, sizeof...(O)> differ{(entries.value != entries.standard)...};
    const auto count = static_cast<std::uint32_t>(std::count(differ.begin(), differ.end(), true));
    if (count == 0) return put_byte(kEmptyMap);
    pack_.pack_map(count);
    std::size_t place = 0;
    ((differ[place++] ? put_option(entries) : static_cast<void>(0)), ...);
  }

  void put(bool value) { put_byte(value ? kTrue : kFalse); }
  void put(double value) { pack_.pack_double(value); }
  void put(std::unsigned_integral auto value) { put_number(value); }
  void put(std::signed_integral auto value) {
    constexpr std::int64_t kLeastOfOneByte = -32;
    if (value >= 0) return put_number(static_cast<std::uint64_t>(value));
    if (value >= kLeastOfOneByte) return put_byte(static_cast<std::uint8_t>(value));
    pack_.pack_int64(value);
  }
  void put(milliseconds value) { put(value.count()); }
  void put(const std::string& value) { put_string(value); }
  template <class Tag, class Rep>
  void put(const Strong<Tag, Rep>& value) {
    put_number(value.value());
  }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { put_number(static_cast<std::uint64_t>(value)); }
  template <class E>
  void put(const OpenNumber<E>& open) {
    put(open.value);
  }
  template <class V>
  void put(const NumberOf<V>& number) {
    std::visit([&](const auto& alternative) { put(number_of(alternative)); }, number.choice);
  }
  template <class V>
  void put(const RecordOf<V>& record) {
    std::visit([&](const auto& alternative) { put(alternative); }, record.choice);
  }
  void put(const SharedText& value) { put_string(value.str()); }
  void put(const TaskId& id) {
    constexpr std::size_t kHead = 2;
    char* at = sink_.out.extend(kHead + 16);
    at[0] = static_cast<char>(0xc4);
    at[1] = 16;
    std::memcpy(at + kHead, id.bytes().data(), 16);
  }
  void put(const Payload& payload) {
    if (frames_ != nullptr && payload.size() >= limits::kInlinePayload) {
      frames_->push_back(payload);
      put_number(frames_->size() - 1);
      return;
    }
    constexpr std::size_t kShort = 256;
    const std::string_view bytes = payload.view();
    if (bytes.size() < kShort) {
      char* at = sink_.out.extend(2 + bytes.size());
      at[0] = static_cast<char>(0xc4);
      at[1] = static_cast<char>(bytes.size());
      if (!bytes.empty()) std::memcpy(at + 2, bytes.data(), bytes.size());  // an empty view may point nowhere
      return;
    }
    pack_.pack_bin(static_cast<std::uint32_t>(bytes.size()));
    sink_.out.append(bytes.data(), bytes.size());
  }
  template <class T>
  void put(const Bounded<T>& bound) {
    put(bound.value);
  }
  template <class T>
  void put(const Tail<T>& one) {
    put(one.value);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    value ? put(*value) : put_byte(kNil);
  }
  template <class T>
  void put(const Boxed<T>& value) {
    value ? put(*value) : put_byte(kNil);
  }
  // A run of the same spec as the one before is copied.
  template <RunOf R, class Spec>
  void put(const Run<R, Spec>& run) {
    if constexpr (R == RunOf::grant_headers)
      if (run.spec->options.headers.empty()) return put_byte(kEmptyArray);
    Written& last = written_[static_cast<std::size_t>(R)];
    if (last.spec == run.spec.get()) return sink_.out.repeat(last.at, last.size);
    const std::size_t at = sink_.out.size();
    run_fields<R>(*this, *run.spec);
    last = {run.spec.get(), at, sink_.out.size() - at};
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put_list(values);
  }
  template <class T>
  void put(const ShortList<T>& values) {
    put_list(values);
  }
  template <class T>
  requires requires(Writer& writer, const T& value) { fields(writer, value); }
  void put(const T& value) { fields(*this, value); }

 private:
  template <class List>
  void put_list(const List& values) {
    if (values.empty()) return put_byte(kEmptyArray);
    pack_.pack_array(static_cast<std::uint32_t>(values.size()));
    for (const auto& value : values) put(value);
  }
  template <class F>
  static bool is_standard(const F& value) {
    if constexpr (kIsTail<F>)
      return value.value == value.standard;
    else
      return false;
  }
  // A record without runs.
  template <class... F>
  void put_with_tail(const F&... values) {
    std::uint32_t place = 0;
    std::uint32_t elements = 0;
    ((++place, elements = is_standard(values) ? elements : place), ...);
    pack_.pack_array(elements);
    place = 0;
    ((place++ < elements ? put(values) : static_cast<void>(0)), ...);
  }

  struct Sink {
    ByteBuffer& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
  };
  // The bytes of a run, by the spec that the record before has too.
  struct Written {
    const TaskSpec* spec = nullptr;
    std::size_t at = 0;
    std::size_t size = 0;
  };
  template <class F>
  static constexpr std::size_t elements_of() {
    if constexpr (requires { F::kFields; })
      return F::kFields;
    else
      return 1;
  }
  template <class F>
  static constexpr std::size_t kElementsOf = elements_of<F>();

  // Values of one byte.
  static constexpr std::uint8_t kEmptyMap = 0x80;
  static constexpr std::uint8_t kEmptyArray = 0x90;
  static constexpr std::uint8_t kNil = 0xc0;
  static constexpr std::uint8_t kFalse = 0xc2;
  static constexpr std::uint8_t kTrue = 0xc3;
  void put_byte(std::uint8_t value) { *sink_.out.extend(1) = static_cast<char>(value); }
  // As msgpack-c packs it: in as few bytes as there can be.
  void put_number(std::uint64_t value) {
    if (value < 0x80) return put_byte(static_cast<std::uint8_t>(value));
    put_longer(value);
  }
  // Apart from put_number(), which is small then: most numbers have one byte.
  [[gnu::noinline]] void put_longer(std::uint64_t value) {
    const unsigned log = value < 0x100         ? 0
                         : value < 0x10000     ? 1
                         : value < 0x100000000 ? 2
                                               : 3;  // binary logarithm of the number of bytes
    const std::size_t size = std::size_t{1} << log;
    char* at = sink_.out.extend(1 + size);
    at[0] = static_cast<char>(0xcc + log);
    const std::uint64_t big_endian = __builtin_bswap64(value << (64 - 8 * size));
    std::memcpy(at + 1, &big_endian, size);
  }
  void put_string(std::string_view value) {
    constexpr std::size_t kShort = 32;
    if (value.size() < kShort) {
      char* at = sink_.out.extend(1 + value.size());
      at[0] = static_cast<char>(0xa0 | value.size());
      if (!value.empty()) std::memcpy(at + 1, value.data(), value.size());
      return;
    }
    pack_.pack_str(static_cast<std::uint32_t>(value.size()));
    pack_.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
  }
  template <class O>
  void put_option(const O& entry) {
    pack_.pack_uint64(entry.key);
    put(entry.value);
  }

  Sink sink_;
  std::array<Written, 4> written_;
  std::vector<Payload>* frames_;
  msgpack::packer<Sink> pack_;
};

}  // namespace forkmill::proto
