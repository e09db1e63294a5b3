#include "client/shards/placement.h"

#include <string>
#include <variant>

#include "proto/mutants.h"
#include "proto/session/shards.h"
#include "proto/text.h"

namespace forkmill::client {

namespace {

constexpr std::size_t kIdText = 36;  // characters of an id in full

using Place = proto::Result<std::uint32_t>;

proto::Failure refused(std::string text) { return {Errc::bad_request, std::move(text)}; }

// The beginning of an id may be that of tasks on several shards, and the command would be done to each.
Place of_named(const std::string& task) {
  if (task.size() == kIdText) return Placement::kAll;
  return refused("'" + task + "': give the id in full, as this cluster has several shards");
}

struct OfCommand {
  Place operator()(const proto::RetryDeadLetter& one) const { return of_named(one.task); }
  Place operator()(const proto::RetryEdited& one) const { return of_named(one.task); }
  Place operator()(const proto::DropDeadLetter& one) const { return of_named(one.task); }
  Place operator()(const proto::SendSignal& one) const { return of_named(one.task); }
  Place operator()(const proto::RemoveObject&) const { return kShardOfObjects; }
  Place operator()(const proto::ReleaseObject&) const { return kShardOfObjects; }
  Place operator()(const proto::MoveShard&) const { return kShardOfCluster; }
  Place operator()(const proto::DrainBroker&) const { return kShardOfCluster; }
  Place operator()(const proto::WriteBackup&) const {
    return refused("this cluster has its tasks in PostgreSQL: back up the database there (pg_basebackup, pg_dump)");
  }
  template <class Other>
  Place operator()(const Other&) const {
    return Placement::kAll;
  }
};

struct OfRequest {
  Place operator()(const AskBroker& ask) const {
    const auto kind = ask.query.kind;
    if (kind == proto::QueryKind::shards) return kShardOfCluster;
    const bool is_about_objects = kind == proto::QueryKind::objects || kind == proto::QueryKind::object;
    return is_about_objects ? kShardOfObjects : Placement::kAll;
  }
  Place operator()(const CommandBroker& request) const { return std::visit(OfCommand{}, request.command); }
  Place operator()(const OperateObject&) const { return kShardOfObjects; }
  Place operator()(const GiveUp&) const { return kShardOfObjects; }
  template <class Other>
  Place operator()(const Other&) const {
    return Placement::kAll;
  }
};

}  // namespace

Place Placement::of(const SubmitTask& submit) {
  const proto::TaskSpec& spec = *submit.task.spec;
  std::uint32_t shard = submit.place.shard;
  if (submit.place.is_everywhere) {
    const std::string& key = spec.options.key;
    shard = key.empty() ? 1 + turn_ % shards_ : proto::shard_of(key, shards_);
    if (key.empty() && !proto::mutant(proto::Mutant::spread_to_one_shard)) ++turn_;
  } else if (shard == 0) {
    const bool is_wrong = proto::mutant(proto::Mutant::queue_on_any_shard);
    shard = is_wrong ? 1 + turn_++ % shards_ : proto::shard_of(spec.queue, shards_);
  }
  if (shard > shards_) {
    return refused("queue " + spec.queue + "@" + std::to_string(shard) + ": this cluster has " +
                   proto::format_count(shards_, "shard"));
  }
  if (submit.place.has_loans && shard != kShardOfObjects) {
    return refused("ends of pipes can be sent with tasks of shard " + std::to_string(kShardOfObjects) +
                   " only, where the pipes are, and queue " + spec.queue + " is on shard " + std::to_string(shard) +
                   ": submit to " + spec.queue + "@" + std::to_string(kShardOfObjects));
  }
  return shard;
}

Place Placement::of(const Request& request) const { return std::visit(OfRequest{}, request); }

}  // namespace forkmill::client
