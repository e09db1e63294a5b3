// The routes that pause, resume and limit queues and task names, and that steer workers and the shards of a cluster.
#include <cstdint>
#include <limits>

#include "client/cli/text/answers.h"
#include "client/cli/views/cluster.h"
#include "client/cli/views/division.h"
#include "client/web/api/filters.h"
#include "client/web/api/route.h"

namespace forkmill::web {

namespace {

using Type = Parameter::Type;

// Carries out PauseQueue, ResumeQueue, PauseName or ResumeName for the name that the path has as `variable`. Returns
// the state after the command, and whether the command has changed it.
template <class Order>
Json set_paused(Call& call, const char* variable, bool paused) {
  const auto& name = call.path.at(variable);
  const auto body = call.broker.carry_out(Order{name});
  return {{"name", name}, {"paused", paused}, {"changed", cli::value_of(body, "changed")}};
}

Json pause_queue(Call& call) { return set_paused<PauseQueue>(call, "queue", true); }
Json resume_queue(Call& call) { return set_paused<ResumeQueue>(call, "queue", false); }
Json pause_name(Call& call) { return set_paused<PauseName>(call, "name", true); }
Json resume_name(Call& call) { return set_paused<ResumeName>(call, "name", false); }

// The value of a limit in the body; 0 without it. Readers of the queues take limits for signed numbers.
std::uint64_t limit_of(const Json& body, const char* key) {
  const auto value = body.value(key, std::uint64_t{0});
  if (value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return value;
  throw Failure{400, "bad_parameter", std::string{"'"} + key + "' is larger than 2^63 - 1"};
}

Json limit_queue(Call& call) {
  LimitQueue command{.queue = call.path.at("queue"),
                     .reset = call.body.value("reset", false),
                     .max_tasks = limit_of(call.body, "max_tasks"),
                     .max_bytes = limit_of(call.body, "max_bytes"),
                     .max_running = limit_of(call.body, "max_running")};
  if (call.body.contains("log_bytes")) command.log_bytes = limit_of(call.body, "log_bytes");
  const bool has_limit =
      command.max_tasks > 0 || command.max_bytes > 0 || command.max_running > 0 || command.log_bytes.has_value();
  if (!command.reset && !has_limit)
    throw Failure{400, "bad_parameter", "the body has no limit",
                  "give max_tasks, max_bytes, max_running, log_bytes or reset"};
  const auto body = call.broker.carry_out(command);
  auto answer = Json::object();
  answer["name"] = command.queue;
  for (const char* key : {"max_tasks", "max_bytes", "max_running", "log_bytes"}) answer[key] = cli::value_of(body, key);
  return answer;
}

// Exactly one of name, host and all must be given.
Json steer(Call& call, SteerWorkers command) {
  command.name = cli::text_of(call.body, "name");
  command.host = cli::text_of(call.body, "host");
  const bool all = call.body.value("all", false);
  if (int{!command.name.empty()} + int{!command.host.empty()} + int{all} != 1)
    throw Failure{400, "bad_parameter", "the workers are missing or named twice", "give name, host or \"all\": true"};
  return Json::parse(cli::steered_table(call.broker.carry_out(command)).render(cli::Format::json, false));
}

Json drain(Call& call) { return steer(call, {.action = WorkerAction::drain}); }
Json restart(Call& call) { return steer(call, {.action = WorkerAction::restart}); }
Json pause(Call& call) { return steer(call, {.action = WorkerAction::pause}); }
Json resume(Call& call) { return steer(call, {.action = WorkerAction::resume}); }
Json scale(Call& call) {
  const auto children = call.body.at("children").get<std::uint64_t>();
  constexpr std::uint64_t kMax = 4096;
  if (children < 1 || children > kMax) throw Failure{400, "bad_parameter", "'children' is not a number from 1 to 4096"};
  return steer(call, {.action = WorkerAction::scale, .children = static_cast<std::uint32_t>(children)});
}

// Changes which broker owns which shard. Returns the shards as they are now: the moves follow.
Json divide(Call& call, const Command& command) {
  return Json::parse(cli::division_table(call.broker.carry_out(command)).render(cli::Format::json, false));
}

Json give_shard(Call& call, const std::string& broker) {
  constexpr std::uint64_t kMaxShard = 64;
  const auto shard = read_number(call.path, "shard", 1, kMaxShard, 0);
  return divide(call, MoveShard{.shard = static_cast<std::uint32_t>(shard), .broker = broker});
}

Json move_shard(Call& call) {
  const auto broker = cli::text_of(call.body, "broker");
  if (broker.empty()) throw Failure{400, "bad_parameter", "'broker' is empty", "use unpin to let the brokers choose"};
  return give_shard(call, broker);
}

Json unpin_shard(Call& call) { return give_shard(call, ""); }

Json drain_broker(Call& call) {
  return divide(call, DrainBroker{.broker = cli::text_of(call.body, "broker"), .undo = call.body.value("undo", false)});
}

std::vector<Parameter> worker_parameters() {
  return {{"name", Type::text, "The workers with this name"},
          {"host", Type::text, "All workers of this host"},
          {"all", Type::boolean, "All workers"}};
}

std::vector<Parameter> scale_parameters() {
  auto parameters = worker_parameters();
  parameters.push_back({"children", Type::number, "The number of processes", true});
  return parameters;
}

}  // namespace

std::vector<Route> steering_routes() {
  return {
      {true, "/api/v1/queues/{queue}/pause", "Start no further tasks of a queue", {}, pause_queue},
      {true, "/api/v1/queues/{queue}/resume", "Start tasks of a paused queue again", {}, resume_queue},
      {true,
       "/api/v1/queues/{queue}/limits",
       "Set limits of a queue in place of those of the broker's start",
       {{"max_tasks", Type::number, "The most tasks in the queue"},
        {"max_bytes", Type::number, "The most bytes of their arguments and results"},
        {"max_running", Type::number, "The most tasks of the queue that workers have at a time"},
        {"log_bytes", Type::number, "The most bytes of the log of one attempt, 16 MiB at most; 0: none are kept"},
        {"reset", Type::boolean, "First drop the limits that were set before"}},
       limit_queue},
      {true, "/api/v1/names/{name}/pause", "Start no further tasks with a name, in any queue", {}, pause_name},
      {true, "/api/v1/names/{name}/resume", "Start tasks with a paused name again", {}, resume_name},
      {true, "/api/v1/workers/drain", "Let workers finish what they run, and end", worker_parameters(), drain},
      {true, "/api/v1/workers/restart", "Let workers finish what they run, and start again", worker_parameters(),
       restart},
      {true, "/api/v1/workers/scale", "Set the number of processes of workers", scale_parameters(), scale},
      {true, "/api/v1/workers/pause", "Give workers no further tasks", worker_parameters(), pause},
      {true, "/api/v1/workers/resume", "Give paused workers tasks again", worker_parameters(), resume},
      {true,
       "/api/v1/shards/{shard}/move",
       "Give a shard of a cluster to a broker, and keep it there",
       {{"broker", Type::text, "The name of the broker, as /api/v1/brokers has it", true}},
       move_shard},
      {true, "/api/v1/shards/{shard}/unpin", "Let the brokers choose the owner of a shard again", {}, unpin_shard},
      {true,
       "/api/v1/brokers/drain",
       "Move all shards of a broker to others, until it starts again",
       {{"broker", Type::text, "The name of the broker", true}, {"undo", Type::boolean, "Ends that instead"}},
       drain_broker},
  };
}

}  // namespace forkmill::web
