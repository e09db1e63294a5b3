#include "client/shards/event_merging.h"

#include <cstdint>
#include <deque>
#include <exception>
#include <msgpack.hpp>
#include <string_view>
#include <utility>

#include "client/shards/body_fields.h"

namespace forkmill::client {

namespace {

using msgpack::object;
using Type = msgpack::type::object_type;
using Packer = msgpack::packer<msgpack::sbuffer>;

std::uint64_t number_in(const object& map, std::string_view key) {
  const object* value = find_field(map, key);
  return value != nullptr && value->type == Type::POSITIVE_INTEGER ? value->via.u64 : 0;
}

void pack_text(Packer& out, std::string_view text) {
  out.pack_str(static_cast<std::uint32_t>(text.size()));
  out.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}

// The events of one shard that are not merged yet.
struct Stream {
  std::uint32_t shard;
  std::string run;
  std::deque<const object*> rows;  // the first may be what was missed
  bool begins_with_missed = false;
};

Stream stream_of(std::uint32_t shard, const object& body) {
  Stream stream{shard, {}, {}};
  if (const object* run = find_field(body, "run")) stream.run = field_text(*run);
  if (const object* missed = find_field(body, "missed"); missed != nullptr && missed->type == Type::MAP) {
    stream.rows.push_back(missed);
    stream.begins_with_missed = true;
  }
  if (const object* events = find_field(body, "events"); events != nullptr && events->type == Type::ARRAY)
    for (std::uint32_t i = 0; i < events->via.array.size; ++i) stream.rows.push_back(&events->via.array.ptr[i]);
  return stream;
}

// The row of what a shard has missed comes before its events, and at once.
std::uint64_t time_of(const Stream& stream) {
  return stream.begins_with_missed ? 0 : number_in(*stream.rows.front(), "time_ms");
}

Stream* next_of(std::vector<Stream>& streams) {
  Stream* next = nullptr;
  for (Stream& one : streams)
    if (!one.rows.empty() && (next == nullptr || time_of(one) < time_of(*next))) next = &one;
  return next;
}

std::string joined(const std::vector<std::string>& cursors) {
  std::string text;
  for (const std::string& cursor : cursors) {
    if (&cursor != &cursors.front()) text += ',';
    text += cursor;
  }
  return text;
}

class EventMerger {
 public:
  EventMerger(Packer& out, std::vector<std::string> cursors) : out_{out}, cursors_{std::move(cursors)} {}

  void add(Stream& stream) {
    const object& row = *stream.rows.front();
    const bool is_missed = std::exchange(stream.begins_with_missed, false);
    stream.rows.pop_front();
    const std::uint64_t behind = is_missed ? number_in(row, "to") : number_in(row, "at") + 1;
    set_cursor(stream.shard, stream.run + "-" + std::to_string(behind));
    const std::uint32_t size = row.type == Type::MAP ? row.via.map.size : 0;
    out_.pack_map(size + (is_missed ? 2 : 1));
    for (std::uint32_t i = 0; i < size; ++i) {
      out_.pack(row.via.map.ptr[i].key);
      out_.pack(row.via.map.ptr[i].val);
    }
    if (is_missed) {
      pack_text(out_, "kind");
      pack_text(out_, "missed");
    }
    pack_text(out_, "cursor");
    pack_text(out_, joined(cursors_));
  }
  void set_cursor(std::uint32_t shard, std::string cursor) { cursors_.at(shard - 1) = std::move(cursor); }
  std::string cursor() const { return joined(cursors_); }

 private:
  Packer& out_;
  std::vector<std::string> cursors_;
};

}  // namespace

proto::Reply merged_events(const std::vector<ShardReply>& replies, std::vector<std::string> cursors) {
  try {
    std::vector<msgpack::object_handle> bodies;
    std::vector<Stream> streams;
    std::size_t count = 0;
    for (const ShardReply& one : replies) {
      const auto bytes = one.reply.body.view();
      bodies.push_back(msgpack::unpack(bytes.data(), bytes.size()));
      streams.push_back(stream_of(one.shard, bodies.back().get()));
      count += streams.back().rows.size();
    }
    msgpack::sbuffer buffer;
    Packer out{buffer};
    EventMerger merger{out, std::move(cursors)};
    out.pack_map(2);
    pack_text(out, "events");
    out.pack_array(static_cast<std::uint32_t>(count));
    while (Stream* next = next_of(streams)) merger.add(*next);
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (const object* cursor = find_field(bodies[i].get(), "cursor"))
        merger.set_cursor(replies[i].shard, std::string{field_text(*cursor)});
    pack_text(out, "cursor");
    pack_text(out, merger.cursor());
    return {0, Errc::ok, {}, proto::Payload::copy({buffer.data(), buffer.size()})};
  } catch (const std::exception&) {  // bytes that are not msgpack
    return {0, Errc::malformed, "the answers of the shards about events cannot be merged", {}};
  }
}

}  // namespace forkmill::client
