#include "worker/tasks/chunk_task.h"

#include <cxxabi.h>
#include <forkmill/registered.h>
#include <forkmill/serialize.h>

#include <stdexcept>
#include <string_view>
#include <utility>

#include "proto/os/real_env.h"
#include "worker/errors/handler_error.h"
#include "worker/errors/packed_error.h"
#include "worker/os/forked_copy.h"
#include "worker/tasks/chunk.h"
#include "worker/tasks/chunk_items.h"
#include "worker/tasks/chunk_part.h"

namespace forkmill::worker {

namespace {

void pack_array_head(std::string& out, std::size_t size) {
  detail::StringSink sink{out};
  msgpack::packer<detail::StringSink>{sink}.pack_array(static_cast<std::uint32_t>(size));
}

class ChunkHandler final : public detail::Handler {
 public:
  explicit ChunkHandler(const Registry& registry) : registry_{registry} {}

  std::string run(Context& context, std::string_view arguments) override {
    const Chunk chunk = read_chunk(arguments);
    const Calls calls{*function_of(registry_, chunk.name, chunk.signature).handler, chunk.merged, context};
    ChunkItems items{chunk};
    if (chunk.budget != proto::kNever) return run_part(calls, chunk, items);
    return chunk.merged ? run_merged(calls, items) : run_all(calls, chunk, items);
  }

 private:
  // The function of a chunk, to be called for one item, or from one item on.
  class Calls {
   public:
    Calls(detail::Handler& handler, bool merged, Context& context)
        : handler_{handler}, merger_{merged ? merger_of(handler) : nullptr}, context_{context} {}
    std::string operator()(ChunkItems& items) const {
      return merger_ != nullptr ? merger_->run_merged(context_, items) : handler_.run(context_, items.item());
    }

   private:
    static detail::Merger* merger_of(detail::Handler& handler) {
      if (auto* merger = handler.merger()) return merger;
      throw std::logic_error{
          "this function was registered without a merge function; give one to Worker::on() or forkmill::Registered"};
    }

    detail::Handler& handler_;
    detail::Merger* const merger_;  // null: results are not merged
    Context& context_;
  };

  static std::string run_merged(const Calls& calls, ChunkItems& items) {
    std::string out;
    pack_array_head(out, 1);
    items.next();
    return out += calls(items);
  }

  static std::string run_all(const Calls& calls, const Chunk& chunk, ChunkItems& items) {
    std::string out;
    pack_array_head(out, chunk.count);
    while (items.next()) {
      if (chunk.each)
        append_outcome(calls, items, out);
      else
        out += calls(items);
      if (is_forked_copy()) break;  // the rest is for the original; the child ends the copy
    }
    return out;
  }

  std::string run_part(const Calls& calls, const Chunk& chunk, ChunkItems& items) {
    const auto started = env_.now().steady;
    ChunkPart part{chunk.each};
    while (!part.is_full() && items.next()) {
      try {
        part.add(items.begun() - 1, calls(items));
      } catch (const abi::__forced_unwind&) {
        throw;
      } catch (...) {
        add_error(part, items.begun() - 1);
      }
    }
    return part.packed(items.begun(), env_.now().steady - started);
  }

  static void append_outcome(const Calls& calls, ChunkItems& items, std::string& out) {
    try {
      const std::string result = calls(items);
      pack_array_head(out, 2);
      out += '\0';  // the number 0 as msgpack: no error
      out += result;
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      pack_error(out, current_error());
    }
  }

  static void add_error(ChunkPart& part, std::size_t item) {
    if (part.wants_error() || is_forked_copy()) part.fail(item, current_error());
  }

  // The exception that is handled. Ends a forked copy.
  static HandlerError current_error() {
    auto error = describe_current_exception();
    if (is_forked_copy()) end_forked_copy(error.type + ": " + error.message);
    return error;
  }

  const Registry& registry_;
  proto::RealEnv env_;
};

}  // namespace

const Registration& function_of(const Registry& registry, const std::string& name, std::uint64_t signature) {
  HandlerError error;
  const auto index = registry.find(name);
  if (!index) {
    error.code = Errc::unknown_task;
    error.message = "no function is registered for " + name;
    throw Relayed{error};
  }
  const Registration& found = registry.at(*index);
  if (signature != 0 && signature != found.hash) {
    error.code = Errc::signature_mismatch;
    error.message = name + " is " + found.signature + " here";
    throw Relayed{error};
  }
  return found;
}

std::unique_ptr<detail::Handler> make_chunk_handler(const Registry& registry) {
  return std::make_unique<ChunkHandler>(registry);
}

}  // namespace forkmill::worker
