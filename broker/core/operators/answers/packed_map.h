// PackedMap: writes a msgpack map key by key without knowing beforehand how many there will be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <msgpack.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::broker {

class PackedMap {
 public:
  template <class T>
  PackedMap& add(std::string_view key, const T& value) {
    begin(key);
    msgpack::pack(sink_, value);
    return *this;
  }
  PackedMap& add(std::string_view key, const PackedMap& value) {
    begin(key);
    body_ += value.bytes();
    return *this;
  }
  PackedMap& add(std::string_view key, const std::vector<PackedMap>& values) {
    begin(key);
    msgpack::packer<Sink>{sink_}.pack_array(static_cast<std::uint32_t>(values.size()));
    for (const PackedMap& value : values) body_ += value.bytes();
    return *this;
  }

  // Adds an array of `count` values, which are packed already.
  PackedMap& add_packed(std::string_view key, std::size_t count, const std::string& values) {
    begin(key);
    msgpack::packer<Sink>{sink_}.pack_array(static_cast<std::uint32_t>(count));
    body_ += values;
    return *this;
  }

  std::string bytes() const {
    std::string bytes;
    Sink sink{&bytes};
    msgpack::packer<Sink>{sink}.pack_map(count_);
    return bytes += body_;
  }

  PackedMap() = default;
  PackedMap(const PackedMap& other) : body_{other.body_}, count_{other.count_} {}
  PackedMap& operator=(const PackedMap& other) {
    body_ = other.body_;
    count_ = other.count_;
    return *this;
  }
  ~PackedMap() = default;

 private:
  struct Sink {
    std::string* out;
    void write(const char* data, std::size_t size) { out->append(data, size); }
  };

  void begin(std::string_view key) {
    msgpack::pack(sink_, key);
    ++count_;
  }

  std::string body_;
  Sink sink_{&body_};
  std::uint32_t count_ = 0;
};

}  // namespace forkmill::broker
