// Rows of the history <-> finished tasks. A row is a BLOB: a CRC32C over its number and the rest, then the fields as
// one msgpack array (as on the wire: fields are only appended, a reader skips those that it does not know).
// FinishedRowCoder keeps its buffers; one thread owns it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/store/finished_task.h"
#include "proto/wire/byte_buffer.h"

namespace forkmill::broker {

class FinishedRowCoder {
 public:
  // Returns the row of the task under that number; the view is valid until the next call.
  std::string_view encode(const FinishedTask& task, proto::TaskSeq number);
  // None: the row is damaged.
  static std::optional<FinishedTask> decode(proto::TaskSeq number, std::string_view row);

 private:
  proto::ByteBuffer fields_;
  std::string row_;
};

}  // namespace forkmill::broker
