#pragma once

// Fields in the body of a REPLY, read without knowing all of them.

#include <cstdint>
#include <msgpack.hpp>
#include <string_view>

namespace forkmill::client {

// Empty if `value` is no text.
inline std::string_view field_text(const msgpack::object& value) {
  return value.type == msgpack::type::STR ? std::string_view{value.via.str.ptr, value.via.str.size}
                                          : std::string_view{};
}

// Null: there is no such key, or `map` is no map.
inline const msgpack::object* find_field(const msgpack::object& map, std::string_view key) {
  if (map.type != msgpack::type::MAP) return nullptr;
  for (std::uint32_t i = 0; i < map.via.map.size; ++i)
    if (field_text(map.via.map.ptr[i].key) == key) return &map.via.map.ptr[i].val;
  return nullptr;
}

}  // namespace forkmill::client
