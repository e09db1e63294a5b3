#include "client/pool/item_reader.h"

#include <forkmill/async_result.h>
#include <forkmill/errors.h>

#include <utility>

namespace forkmill::detail {

void ItemReader::open(std::string_view packed, std::size_t items) {
  position_ = count_ = failed_ = 0;  // empty, should this throw
  ChunkResult part = read_part(packed, items);
  try {
    items_ = unpack_bounded(part.results);
  } catch (const DecodeError& error) {
    throw_undecodable_results(error.what());
  }
  const auto& results = items_.get();
  if (results.type != msgpack::type::ARRAY || results.via.array.size != part.items - part.errors.size())
    throw_undecodable_results("the results of a chunk are not an array of all of them");
  is_part_ = is_part(packed);
  errors_ = std::move(part.errors);
  count_ = part.items;
}

void ItemReader::next(const UseItem& use) {
  try {
    is_part_ ? next_of_part(use) : next_outcome(use);
  } catch (const msgpack::type_error&) {
    throw_undecodable_results("a result does not have the expected type");
  }
}

void ItemReader::next_of_part(const UseItem& use) {
  const auto item = position_++;
  if (failed_ < errors_.size() && errors_[failed_].item == item) std::rethrow_exception(errors_[failed_++].error);
  use(items_.get().via.array.ptr[item - failed_]);
}

void ItemReader::next_outcome(const UseItem& use) {
  const auto& item = items_.get().via.array.ptr[position_++];
  const auto& parts = item.via.array;
  if (item.type != msgpack::type::ARRAY || (parts.size != 2 && parts.size != 5))
    throw_undecodable_results("an item of a chunk has no outcome");
  if (parts.size == 5) std::rethrow_exception(item_error(parts.ptr));
  use(parts.ptr[1]);
}

}  // namespace forkmill::detail
