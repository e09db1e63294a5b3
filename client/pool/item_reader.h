// ItemReader: the items of one chunk whose items have their own outcomes (proto/pool_tasks.h), one after the other.
#pragma once

#include <forkmill/serialize.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "client/pool/chunk_result.h"

namespace forkmill::detail {

class ItemReader {
 public:
  using UseItem = std::function<void(const msgpack::object&)>;

  // items: number of items of the chunk. Throws Error{result_undecodable}.
  void open(std::string_view packed, std::size_t items);
  bool empty() const { return position_ == count_; }
  // Hands the next item to `use`. Throws its error, and Error{result_undecodable} also when `use` throws a type_error.
  void next(const UseItem& use);

 private:
  void next_of_part(const UseItem& use);
  void next_outcome(const UseItem& use);

  bool is_part_ = false;
  msgpack::object_handle items_;  // results of a part, or outcomes
  std::vector<ChunkResult::ItemError> errors_;
  std::size_t position_ = 0;
  std::size_t count_ = 0;
  std::size_t failed_ = 0;  // errors that have been thrown
};

}  // namespace forkmill::detail
