// ItemReader: the items of one chunk whose items have their own outcomes (proto/pool_tasks.h), one after the other.
#pragma once

#include <forkmill/serialize.h>

#include <cstdint>
#include <functional>
#include <string>

namespace forkmill::detail {

class ItemReader {
 public:
  using UseItem = std::function<void(const msgpack::object&)>;

  // Throws Error{result_undecodable}.
  void open(const std::string& packed);
  bool empty() const { return position_ == count_; }
  // Hands the next item to `use`. Throws its error, and Error{result_undecodable} also when `use` throws a type_error.
  void next(const UseItem& use);

 private:
  msgpack::object_handle items_;
  std::uint32_t position_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace forkmill::detail
