#include "client/shards/placement.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "client/shards/object_numbers.h"
#include "proto/mutants.h"
#include "proto/session/rights.h"
#include "proto/session/shards.h"
#include "proto/text.h"

namespace forkmill::client {

namespace {

constexpr std::size_t kIdText = 36;  // characters of an id in full

constexpr std::string_view kQueueOfUnnamed = "default";  // objects without a name are most often sent with its tasks

using Place = proto::Result<std::uint32_t>;

proto::Failure refused(std::string text) { return {Errc::bad_request, std::move(text)}; }

proto::Failure away_from_pipes(const SubmitTask& submit, std::uint32_t shard) {
  const std::string& queue = submit.task.spec->queue;
  const std::string beside = " Pipes called '@" + queue + "' or NAME@" + queue + " are made beside the queue.";
  if (submit.place.loans_on == TaskPlace::kSeveral)
    return refused("ends of pipes on several shards cannot be sent with one task." + beside);
  return refused("ends of pipes can be sent with tasks of their own shard only: these are on shard " +
                 std::to_string(submit.place.loans_on) + ", and queue " + queue + " is on shard " +
                 std::to_string(shard) + "." + beside);
}

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
    return ask.query.kind == proto::QueryKind::shards ? kShardOfCluster : Placement::kAll;
  }
  Place operator()(const CommandBroker& request) const { return std::visit(OfCommand{}, request.command); }
  template <class Other>
  Place operator()(const Other&) const {
    return Placement::kAll;
  }
};

// The shard of a request about one named object.
struct OfObject {
  const std::uint32_t shards;
  std::uint32_t& turn;

  Place operator()(AskBroker& ask) const {
    return ask.query.kind == proto::QueryKind::object ? of_name(ask.query.argument) : Place{Placement::kAll};
  }
  Place operator()(CommandBroker& request) const {
    if (auto* remove = std::get_if<proto::RemoveObject>(&request.command)) return of_name(remove->name);
    if (auto* release = std::get_if<proto::ReleaseObject>(&request.command)) return of_name(release->name);
    return Placement::kAll;
  }
  Place operator()(OperateObject& operate) const {
    const proto::Operation& operation = operate.operation;
    auto shard = operation.verb == proto::Verb::open ? of_opened(operate) : Place{shard_of_object(operation.object)};
    if (!shard.ok()) return shard;
    for (const proto::LoanInValue& loan : operation.loans) {
      const std::uint32_t pipe = shard_of_object(loan.pipe);
      if (pipe != shard.value()) return spans("the end of a pipe", pipe, "the object that it is put in", shard.value());
    }
    return shard;
  }
  template <class Other>
  Place operator()(Other&) const {
    return Placement::kAll;
  }

 private:
  // A condition lives with its lock, and the lock of an object with that.
  Place of_opened(const OperateObject& open) const {
    if (proto::mutant(proto::Mutant::object_on_any_shard)) return 1 + turn++ % shards;
    auto stated = is_without_name(open) ? Place{home_of(open)} : of(open.place);
    if (!stated.ok() || !open.operation.spec || open.operation.spec->other == 0) return stated;
    const std::uint32_t shard = shard_of_object(open.operation.spec->other);
    if (!open.place.is_stated() || stated.value() == shard) return shard;
    return spans("'" + open.place.name + "'", stated.value(), "the object that it goes with", shard);
  }
  static bool is_without_name(const OperateObject& open) {
    return proto::is_unnamed(open.place.name) && !open.place.is_stated();
  }
  std::uint32_t home_of(const OperateObject& open) const {
    const bool is_there = open.home != 0 && open.home <= shards;
    return is_there ? open.home : proto::shard_of(kQueueOfUnnamed, shards);
  }
  Place of_name(std::string& name) const {
    auto place = proto::ObjectPlace::parse(name);
    if (!place.ok()) return std::move(place).failure();
    name = place->name;
    return of(place.value());
  }
  Place of(const proto::ObjectPlace& place) const {
    const std::uint32_t shard = place.in(shards);
    if (shard <= shards) return shard;
    return refused("object " + place.name + "@" + std::to_string(shard) + ": this cluster has " +
                   proto::format_count(shards, "shard"));
  }
  static Place spans(const std::string& one, std::uint32_t its, const std::string& other, std::uint32_t shard) {
    return refused(one + " is on shard " + std::to_string(its) + ", and " + other + " on shard " +
                   std::to_string(shard) + ": make both in one place, as NAME@" + std::to_string(shard) +
                   " or NAME@QUEUE does");
  }
};

}  // namespace

std::uint32_t Placement::of_spread(const SubmitTask& submit) {
  const std::string& key = submit.task.spec->options.key;
  if (!key.empty()) return proto::shard_of(key, shards_);
  if (submit.place.loans_on != 0 && submit.place.loans_on <= shards_) return submit.place.loans_on;
  const std::uint32_t shard = 1 + turn_ % shards_;
  if (!proto::mutant(proto::Mutant::spread_to_one_shard)) ++turn_;
  return shard;
}

Place Placement::of(const SubmitTask& submit) {
  const proto::TaskSpec& spec = *submit.task.spec;
  std::uint32_t shard = submit.place.shard;
  if (submit.place.is_everywhere) {
    shard = of_spread(submit);
  } else if (shard == 0) {
    const bool is_wrong = proto::mutant(proto::Mutant::queue_on_any_shard);
    shard = is_wrong ? 1 + turn_++ % shards_ : proto::shard_of(spec.queue, shards_);
  }
  if (shard > shards_) {
    return refused("queue " + spec.queue + "@" + std::to_string(shard) + ": this cluster has " +
                   proto::format_count(shards_, "shard"));
  }
  if (submit.place.loans_on != 0 && submit.place.loans_on != shard) return away_from_pipes(submit, shard);
  return shard;
}

Place Placement::of(const Request& request) const { return std::visit(OfRequest{}, request); }

Place Placement::of_object(Request& request) { return std::visit(OfObject{shards_, turn_}, request); }

}  // namespace forkmill::client
