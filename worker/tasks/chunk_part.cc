#include "worker/tasks/chunk_part.h"

#include <forkmill/serialize.h>

#include "proto/pool_tasks.h"

namespace forkmill::worker {

void ChunkPart::add(std::size_t item, std::string_view result) {
  if (result.size() <= proto::kMaxItemResult) {
    results_ += result;
    ++result_count_;
    return;
  }
  HandlerError error;
  error.code = Errc::result_too_large;
  error.message = "the result has " + std::to_string(result.size()) + " bytes; the limit is " +
                  std::to_string(proto::kMaxItemResult) + " for an item of a chunk";
  fail(item, error);
}

void ChunkPart::fail(std::size_t item, const HandlerError& error) {
  if (!wants_error()) return;
  ++error_count_;
  detail::StringSink sink{errors_};
  msgpack::packer<detail::StringSink> packer{sink};
  packer.pack_array(6);
  packer.pack(item);
  packer.pack(static_cast<std::uint16_t>(error.code));
  for (const std::string* text : {&error.type, &error.message, &error.backtrace, &error.cause}) packer.pack(*text);
}

bool ChunkPart::is_full() const { return results_.size() + errors_.size() >= proto::kMaxPartBytes; }

std::string ChunkPart::packed(std::size_t items, proto::Instant run_time) const {
  constexpr std::size_t kHead = 64;  // more than the numbers take
  std::string out;
  out.reserve(kHead + errors_.size() + results_.size());
  detail::StringSink sink{out};
  msgpack::packer<detail::StringSink> packer{sink};
  packer.pack_map(4);
  packer.pack(0);
  packer.pack(static_cast<std::uint64_t>(run_time.count()));
  packer.pack(1);
  packer.pack(items);
  packer.pack(2);
  std::string errors;
  if (error_count_ > 0) {
    detail::StringSink head{errors};
    msgpack::packer<detail::StringSink>{head}.pack_array(error_count_);
    errors += errors_;
  }
  packer.pack(errors);
  packer.pack(3);
  packer.pack_array(result_count_);
  return out += results_;
}

}  // namespace forkmill::worker
