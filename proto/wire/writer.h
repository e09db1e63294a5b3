// Writer: encodes a message. Give it to `fields` of schema.h. `frames` takes the large payloads; null: all payloads
// stand in `out`.
#pragma once

#include <chrono>
#include <concepts>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "proto/wire/schema.h"

namespace forkmill::proto {

class Writer {
 public:
  Writer(std::string& out, std::vector<Payload>* frames) : sink_{out}, frames_{frames}, pack_{sink_} {}

  template <class... F>
  void record(std::size_t, const F&... values) {
    pack_.pack_array(sizeof...(values));
    (put(values), ...);
  }
  template <class... O>
  void options(const O&... entries) {
    pack_.pack_map((0U + ... + static_cast<std::uint32_t>(entries.value != entries.standard)));
    (put_option(entries), ...);
  }

  void put(bool value) { value ? pack_.pack_true() : pack_.pack_false(); }
  void put(double value) { pack_.pack_double(value); }
  void put(std::unsigned_integral auto value) { pack_.pack_uint64(value); }
  void put(std::signed_integral auto value) { pack_.pack_int64(value); }
  void put(milliseconds value) { pack_.pack_int64(value.count()); }
  void put(const std::string& value) { put_string(value); }
  template <class Tag, class Rep>
  void put(const Strong<Tag, Rep>& value) {
    pack_.pack_uint64(value.value());
  }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { pack_.pack_uint64(static_cast<std::uint64_t>(value)); }
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
  void put(const TaskId& id) {
    pack_.pack_bin(16);
    pack_.pack_bin_body(reinterpret_cast<const char*>(id.bytes().data()), 16);
  }
  void put(const Payload& payload) {
    if (frames_ != nullptr && payload.size() >= limits::kInlinePayload) {
      frames_->push_back(payload);
      pack_.pack_uint64(frames_->size() - 1);
      return;
    }
    pack_.pack_bin(static_cast<std::uint32_t>(payload.size()));
    pack_.pack_bin_body(payload.view().data(), static_cast<std::uint32_t>(payload.size()));
  }
  template <class T>
  void put(const Bounded<T>& bound) {
    put(bound.value);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    value ? put(*value) : static_cast<void>(pack_.pack_nil());
  }
  template <class T>
  void put(const std::vector<T>& values) {
    pack_.pack_array(static_cast<std::uint32_t>(values.size()));
    for (const auto& value : values) put(value);
  }
  template <class T>
  requires requires(Writer& writer, const T& value) { fields(writer, value); }
  void put(const T& value) { fields(*this, value); }

 private:
  struct Sink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
  };

  void put_string(std::string_view value) {
    pack_.pack_str(static_cast<std::uint32_t>(value.size()));
    pack_.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
  }
  template <class O>
  void put_option(const O& entry) {
    if (entry.value == entry.standard) return;
    pack_.pack_uint64(entry.key);
    put(entry.value);
  }

  Sink sink_;
  std::vector<Payload>* frames_;
  msgpack::packer<Sink> pack_;
};

}  // namespace forkmill::proto
