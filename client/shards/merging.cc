#include "client/shards/merging.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/shards/body_fields.h"

namespace forkmill::client {

namespace {

using msgpack::object;
using Type = msgpack::type::object_type;
using Objects = std::vector<const object*>;
using Packer = msgpack::packer<msgpack::sbuffer>;

bool all_are(const Objects& values, Type type) {
  return std::ranges::all_of(values, [&](const object* value) { return value->type == type; });
}

// ListRule: which rows of a list are of the same thing, by the values of these keys. Other lists are joined.
struct ListRule {
  std::string_view list;
  std::vector<std::string_view> keys;
  bool is_repeated = false;                   // each shard says the same of the thing
  std::vector<std::string_view> maxima = {};  // numbers of which each shard has that of all
};
const ListRule* rule_of(std::string_view list) {
  static const std::vector<ListRule> rules{
      {"queues", {"name", "shard"}}, {"workers", {"name", "host", "pid"}, false, {"running", "waiting"}},
      {"times", {"queue", "task"}},  {"processes", {"host", "pid"}, true},
      {"changes", {"id"}},           {"unserved", {"queue", "name"}},
      {"principals", {"name"}}};
  const auto found = std::ranges::find(rules, list, &ListRule::list);
  return found == rules.end() ? nullptr : &*found;
}

// Numbers of which the highest counts. All others but those that name something are added up.
bool is_maximum(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"epoch",     "uptime_ms",    "clients",         "workers",
                                               "children",  "max_children", "processes",       "max_processes",
                                               "silent_ms", "max_attempts", "oldest_ready_ms", "finished_at_ms"};
  return std::ranges::find(kKeys, key) != std::end(kKeys);
}
bool names_something(std::string_view key) {
  return key == "pid" || key == "session" || key == "shard" || key == "id" || key == "seq" || key == "priority" ||
         key == "sum" || (key.ends_with("_at_ms") && key != "finished_at_ms");
}

std::string_view name_of(const object* row) {
  const object* name = find_field(*row, "name");
  return name == nullptr ? std::string_view{} : field_text(*name);
}

// A key in the status of each shard that that of all does not have.
constexpr std::string_view kOfOneShard = "broker";

class Merger {
 public:
  explicit Merger(Packer& out) : out_{out} {}

  // `more`: entries that the caller adds.
  void map(const Objects& maps, std::uint32_t more = 0, const ListRule* rule = nullptr) {
    std::vector<std::string_view> keys;
    for (const object* one : maps)
      for (std::uint32_t i = 0; i < one->via.map.size; ++i)
        if (const auto key = field_text(one->via.map.ptr[i].key);
            std::ranges::find(keys, key) == keys.end() && (more == 0 || key != kOfOneShard))
          keys.push_back(key);
    out_.pack_map(static_cast<std::uint32_t>(keys.size()) + more);
    for (const auto key : keys) {
      put_text(key);
      Objects values;
      for (const object* one : maps)
        if (const object* value = find_field(*one, key)) values.push_back(value);
      merge(key, values, rule);
    }
  }
  void put_text(std::string_view text) {
    out_.pack_str(static_cast<std::uint32_t>(text.size()));
    out_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
  }

 private:
  void merge(std::string_view key, const Objects& values, const ListRule* rule) {
    if (all_are(values, Type::MAP)) return map(values);
    if (all_are(values, Type::ARRAY)) return list(key, values);
    if (all_are(values, Type::BOOLEAN)) {
      const auto is_true = [](const object* value) { return value->via.boolean; };
      // A worker is draining, and a change is done, when that is so on all shards.
      const bool needs_all = key == "done" || key == "draining" || key == "paused";
      const bool value = needs_all ? std::ranges::all_of(values, is_true) : std::ranges::any_of(values, is_true);
      value ? out_.pack_true() : out_.pack_false();
      return;
    }
    if (all_are(values, Type::POSITIVE_INTEGER) && !names_something(key)) {
      const bool is_of_all = rule != nullptr && std::ranges::find(rule->maxima, key) != rule->maxima.end();
      return number(values, is_of_all || is_maximum(key));
    }
    out_.pack(*values.front());
  }

  void number(const Objects& values, bool is_maximum) {
    std::uint64_t result = 0;
    for (const object* value : values) result = is_maximum ? std::max(result, value->via.u64) : result + value->via.u64;
    out_.pack_uint64(result);
  }

  void list(std::string_view key, const Objects& lists) {
    if (key == "bounds_us") return static_cast<void>(out_.pack(*lists.front()));
    if (key == "counts") return counts(lists);
    Objects rows;
    for (const object* one : lists)
      for (std::uint32_t i = 0; i < one->via.array.size; ++i) rows.push_back(&one->via.array.ptr[i]);
    if (all_are(rows, Type::STR)) return texts(rows);
    if (key == "objects") std::ranges::stable_sort(rows, {}, name_of);
    const ListRule* rule = rule_of(key);
    if (rule == nullptr || !all_are(rows, Type::MAP)) {
      out_.pack_array(static_cast<std::uint32_t>(rows.size()));
      for (const object* row : rows) out_.pack(*row);
      return;
    }
    grouped(*rule, rows);
  }

  void counts(const Objects& lists) {
    std::vector<std::uint64_t> sums;
    for (const object* one : lists) {
      sums.resize(std::max<std::size_t>(sums.size(), one->via.array.size));
      for (std::uint32_t i = 0; i < one->via.array.size; ++i)
        if (one->via.array.ptr[i].type == Type::POSITIVE_INTEGER) sums[i] += one->via.array.ptr[i].via.u64;
    }
    out_.pack(sums);
  }

  void texts(const Objects& rows) {
    std::vector<std::string_view> different;
    for (const object* row : rows)
      if (std::ranges::find(different, field_text(*row)) == different.end()) different.push_back(field_text(*row));
    out_.pack_array(static_cast<std::uint32_t>(different.size()));
    for (const auto text : different) put_text(text);
  }

  void grouped(const ListRule& rule, const Objects& rows) {
    std::vector<Objects> groups;
    std::map<std::string, std::size_t> place_of;
    for (const object* row : rows) {
      msgpack::sbuffer identity;
      for (const auto key : rule.keys)
        if (const object* value = find_field(*row, key)) msgpack::pack(identity, *value);
      const auto [place, is_new] = place_of.try_emplace({identity.data(), identity.size()}, groups.size());
      if (is_new) groups.emplace_back();
      groups[place->second].push_back(row);
    }
    out_.pack_array(static_cast<std::uint32_t>(groups.size()));
    for (const Objects& group : groups) map(rule.is_repeated ? Objects{group.front()} : group, 0, &rule);
  }

  Packer& out_;
};

proto::Reply nonsense() { return {0, Errc::malformed, "the answers of the shards cannot be merged", {}}; }

}  // namespace

proto::Reply merged(proto::QueryKind kind, const std::vector<ShardReply>& replies) {
  std::vector<ShardReply> good;
  std::ranges::copy_if(replies, std::back_inserter(good),
                       [](const ShardReply& one) { return one.reply.code == Errc::ok; });
  std::ranges::sort(good, {}, &ShardReply::shard);
  try {
    std::vector<msgpack::object_handle> bodies;
    Objects maps;
    for (const ShardReply& one : good) {
      const auto bytes = one.reply.body.view();
      bodies.push_back(msgpack::unpack(bytes.data(), bytes.size()));
      if (bodies.back().get().type != Type::MAP) return nonsense();
    }
    for (const auto& body : bodies) maps.push_back(&body.get());
    msgpack::sbuffer buffer;
    Packer out{buffer};
    Merger merger{out};
    const bool lists_shards = kind == proto::QueryKind::status;
    merger.map(maps, lists_shards ? 1 : 0);
    if (lists_shards) {
      merger.put_text("shards");
      out.pack_array(static_cast<std::uint32_t>(maps.size()));
      for (std::size_t i = 0; i < maps.size(); ++i) {
        out.pack_map(maps[i]->via.map.size + 1);
        merger.put_text("shard");
        out.pack(good[i].shard);
        for (std::uint32_t entry = 0; entry < maps[i]->via.map.size; ++entry) {
          out.pack(maps[i]->via.map.ptr[entry].key);
          out.pack(maps[i]->via.map.ptr[entry].val);
        }
      }
    }
    return {0, Errc::ok, {}, proto::Payload::copy({buffer.data(), buffer.size()})};
  } catch (const std::exception&) {  // bytes that are not msgpack
    return nonsense();
  }
}

namespace {

constexpr unsigned kPlaceBits = 56;

std::uint64_t next_page(std::uint64_t next, std::uint32_t shard, std::uint32_t shards) {
  if (next != 0) return std::uint64_t{shard} << kPlaceBits | next;
  return shard < shards ? std::uint64_t{shard + 1} << kPlaceBits : 0;
}

}  // namespace

std::uint32_t shard_of_page(proto::TaskSeq before) {
  return std::max(1U, static_cast<std::uint32_t>(before.value() >> kPlaceBits));
}

proto::TaskSeq place_in_page(proto::TaskSeq before) {
  return proto::TaskSeq{before.value() & ((std::uint64_t{1} << kPlaceBits) - 1)};
}

proto::Reply page_of(const ShardReply& page, std::uint32_t shards) {
  if (page.reply.code != Errc::ok) return page.reply;
  try {
    const auto bytes = page.reply.body.view();
    const auto body = msgpack::unpack(bytes.data(), bytes.size());
    const object& map = body.get();
    if (map.type != Type::MAP) return nonsense();
    msgpack::sbuffer buffer;
    Packer out{buffer};
    out.pack_map(map.via.map.size);
    for (std::uint32_t i = 0; i < map.via.map.size; ++i) {
      const auto& [key, value] = map.via.map.ptr[i];
      out.pack(key);
      if (field_text(key) == "next" && value.type == Type::POSITIVE_INTEGER)
        out.pack(next_page(value.via.u64, page.shard, shards));
      else
        out.pack(value);
    }
    return {0, Errc::ok, {}, proto::Payload::copy({buffer.data(), buffer.size()})};
  } catch (const std::exception&) {
    return nonsense();
  }
}

}  // namespace forkmill::client
