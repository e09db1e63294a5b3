#include "client/pool/chunk_result.h"

#include <forkmill/async_result.h>
#include <forkmill/detail/plain_reader.h>
#include <forkmill/errors.h>

#include <cstdint>
#include <string>
#include <utility>

namespace forkmill::detail {

namespace {

constexpr char kMapOfFour = '\x84';  // msgpack

void decode_view(std::string_view bytes, void* optional_value) {
  static_cast<std::optional<std::string_view>*>(optional_value)->emplace(bytes);
}

[[noreturn]] void throw_no_part() { throw_undecodable_results("this is not a part of a chunk"); }

// The value of the next entry of a map, whose key is given.
template <class Value>
void read_entry(PlainReader& reader, int key, Value& value) {
  int found = -1;
  if (!reader.read(found) || found != key || !reader.read(value)) throw_no_part();
}

std::vector<ChunkResult::ItemError> item_errors(std::string_view packed, std::size_t items) {
  std::vector<ChunkResult::ItemError> errors;
  if (packed.empty()) return errors;
  try {
    const auto handle = unpack_bounded(packed);
    for (const auto& error : handle.get().as<std::vector<msgpack::object>>()) {
      if (error.type != msgpack::type::ARRAY || error.via.array.size != 6) throw_no_part();
      const auto item = error.via.array.ptr[0].as<std::size_t>();
      if (item >= items || (!errors.empty() && item <= errors.back().item)) throw_no_part();
      errors.push_back({item, item_error(error.via.array.ptr + 1)});
    }
  } catch (const DecodeError& error) {
    throw_undecodable_results(error.what());
  } catch (const msgpack::type_error&) {
    throw_no_part();
  }
  return errors;
}

}  // namespace

std::string_view bytes_of(State& done) { return read<std::string_view>(done, false); }

void read_as_bytes(RemoteState& state) { state.decode_by(&decode_view); }

bool is_part(std::string_view packed) { return !packed.empty() && packed.front() == kMapOfFour; }

ChunkResult read_part(std::string_view packed, std::size_t sent) {
  ChunkResult part;
  if (!is_part(packed)) {
    part.items = sent;
    part.results = packed;
    return part;
  }
  PlainReader reader{packed.substr(1)};
  std::int64_t run_time = 0;
  std::string_view errors;
  read_entry(reader, 0, run_time);
  read_entry(reader, 1, part.items);
  read_entry(reader, 2, errors);
  int key = 0;
  if (!reader.read(key) || key != 3 || part.items == 0 || part.items > sent) throw_no_part();
  part.run_time = std::chrono::microseconds{run_time};
  part.errors = item_errors(errors, part.items);
  part.results = reader.rest();
  return part;
}

std::exception_ptr item_error(const msgpack::object* parts) {
  Failure failure;
  failure.code = errc_from(parts[0].as<std::uint16_t>());
  failure.type = parts[1].as<std::string>();
  failure.message = parts[2].as<std::string>();
  failure.backtrace = parts[3].as<std::string>();
  failure.cause = parts[4].as<std::string>();
  failure.attempt = 1;
  return std::make_exception_ptr(RemoteError{std::move(failure)});
}

}  // namespace forkmill::detail
