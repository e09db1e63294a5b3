#include "worker/tasks/chunk_task.h"

#include <cxxabi.h>
#include <forkmill/registered.h>
#include <forkmill/serialize.h>

#include <string_view>
#include <utility>
#include <vector>

#include "worker/errors/handler_error.h"
#include "worker/errors/packed_error.h"
#include "worker/os/forked_copy.h"

namespace forkmill::worker {

namespace {

void pack_array_head(std::string& out, std::uint32_t size) {
  detail::StringSink sink{out};
  msgpack::packer<detail::StringSink>{sink}.pack_array(size);
}

class ChunkHandler final : public detail::Handler {
 public:
  explicit ChunkHandler(const Registry& registry) : registry_{registry} {}

  std::string run(Context& context, std::string_view arguments) override {
    const auto handle = detail::unpack_bounded(arguments);
    const Chunk chunk = chunk_of(handle.get());
    detail::Handler& handler = *function_of(registry_, chunk.name, chunk.signature).handler;
    std::string out;
    if (chunk.merged) {
      pack_array_head(out, 1);
      return out += handler.run_merged(context, payloads(chunk.items));
    }
    pack_array_head(out, chunk.items.size);
    for (std::uint32_t i = 0; i < chunk.items.size; ++i) {
      const std::string_view payload = payload_of(chunk.items.ptr[i]);
      if (chunk.each)
        append_outcome(handler, context, payload, out);
      else
        out += handler.run(context, payload);
      if (is_forked_copy()) return out;  // the rest is for the original; the child ends the copy
    }
    return out;
  }

 private:
  struct Chunk {
    std::string name;
    std::uint64_t signature;
    bool each;    // each item has an outcome of its own
    bool merged;  // one result of all items
    msgpack::object_array items;
  };

  static std::string_view payload_of(const msgpack::object& item) { return {item.via.str.ptr, item.via.str.size}; }
  static std::vector<std::string_view> payloads(const msgpack::object_array& items) {
    std::vector<std::string_view> all;
    all.reserve(items.size);
    for (std::uint32_t i = 0; i < items.size; ++i) all.push_back(payload_of(items.ptr[i]));
    return all;
  }

  static Chunk chunk_of(const msgpack::object& chunk) {
    using msgpack::type::ARRAY;
    if (chunk.type != ARRAY || chunk.via.array.size < 4) throw detail::BadArguments{"this is not a chunk"};
    const auto* parts = chunk.via.array.ptr;
    try {
      Chunk found{parts[0].as<std::string>(),
                  parts[1].as<std::uint64_t>(),
                  parts[2].as<bool>(),
                  chunk.via.array.size > 4 && parts[4].as<bool>(),
                  {}};
      if (parts[3].type != ARRAY) throw msgpack::type_error{};
      found.items = parts[3].via.array;
      if (found.merged && found.items.size == 0) throw msgpack::type_error{};
      for (std::uint32_t i = 0; i < found.items.size; ++i)
        if (found.items.ptr[i].type != msgpack::type::STR) throw msgpack::type_error{};
      return found;
    } catch (const msgpack::type_error&) {
      throw detail::BadArguments{"this is not a chunk"};
    }
  }

  static void append_outcome(detail::Handler& handler, Context& context, std::string_view payload, std::string& out) {
    try {
      const std::string result = handler.run(context, payload);
      pack_array_head(out, 2);
      out += '\0';  // the number 0 as msgpack: no error
      out += result;
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      const auto error = describe_current_exception();
      if (is_forked_copy()) end_forked_copy(error.type + ": " + error.message);
      pack_error(out, error);
    }
  }

  const Registry& registry_;
};

}  // namespace

const Registration& function_of(const Registry& registry, const std::string& name, std::uint64_t signature) {
  HandlerError error;
  const auto index = registry.find(name);
  if (!index) {
    error.code = Errc::unknown_task;
    error.message = "this worker has no function for " + name + "; see forkmill::Registered and Worker::on()";
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
