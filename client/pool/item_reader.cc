#include "client/pool/item_reader.h"

#include <forkmill/async_result.h>
#include <forkmill/errors.h>

#include <tuple>
#include <utility>

namespace forkmill::detail {

namespace {

[[noreturn]] void throw_item(const msgpack::object& packed) {
  Failure failure;
  const auto [code, type, message, backtrace, cause] =
      packed.as<std::tuple<std::uint16_t, std::string, std::string, std::string, std::string>>();
  failure.code = errc_from(code);
  failure.type = type;
  failure.message = message;
  failure.backtrace = backtrace;
  failure.cause = cause;
  failure.attempt = 1;
  throw RemoteError{std::move(failure)};
}

}  // namespace

void ItemReader::open(const std::string& packed) {
  items_ = unpack_bounded(packed);
  if (items_.get().type != msgpack::type::ARRAY) throw_undecodable_results("the results of a chunk are not an array");
  position_ = 0;
  count_ = items_.get().via.array.size;
}

void ItemReader::next(const UseItem& use) {
  const auto& item = items_.get().via.array.ptr[position_++];
  try {
    const auto& parts = item.via.array;
    if (item.type != msgpack::type::ARRAY || (parts.size != 2 && parts.size != 5))
      throw_undecodable_results("an item of a chunk has no outcome");
    if (parts.size == 5) throw_item(item);
    use(parts.ptr[1]);
  } catch (const msgpack::type_error&) {
    throw_undecodable_results("a result does not have the expected type");
  }
}

}  // namespace forkmill::detail
