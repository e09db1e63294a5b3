// The routes that change many tasks: those that a filter selects. The broker changes them, however many they are. A
// request takes kMaxTime at most; its answer says whether the broker still works on it.
#include <chrono>
#include <cstdint>
#include <random>
#include <semaphore>
#include <utility>

#include "client/cli/text/answers.h"
#include "client/cli/text/values.h"
#include "client/cli/views/changes.h"
#include "client/web/api/filters.h"
#include "client/web/api/route.h"

namespace forkmill::web {

namespace {

using Type = Parameter::Type;

constexpr std::chrono::seconds kMaxTime{20};

// The turn of a change of many tasks. A few at once leave threads for other requests.
class Turn {
 public:
  Turn() {
    if (!turns().try_acquire())
      throw Failure{429, "busy", "changes of many tasks are under way", "try again in some seconds"};
  }
  ~Turn() { turns().release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static constexpr int kMax = 2;
  static std::counting_semaphore<kMax>& turns() {
    static std::counting_semaphore<kMax> free{kMax};
    return free;
  }
};

TaskId new_id() {
  std::random_device entropy;
  const auto number = [&] { return std::uint64_t{entropy()} << 32 | entropy(); };
  const std::uint64_t high = number();
  return TaskId::make(static_cast<std::uint64_t>(unix_time().count()), high, number());
}

bool flag(const Call& call, const char* name) { return call.body.value(name, false); }

// Verb: the key of an answer with the number of changed tasks, for example "retried".
struct Verb {
  const char* done;
};

// The counts of the broker's answer; `more`: the change goes on.
Json counts_of(const Json& body, const Verb& verb, bool more) {
  Json answer{{"matched", cli::value_of(body, "matched")}, {"more", more}, {"dry_run", false}};
  answer["id"] = cli::value_of(body, "id");
  answer[verb.done] = cli::value_of(body, "changed");
  if (const auto requested = cli::number_of(body, "requested"); requested > 0) answer["requested"] = requested;
  answer["skipped"] = cli::value_of(body, "skipped");
  return answer;
}

// How far the change has come.
Json progress_of(Broker& broker, const TaskId& id, const Verb& verb) {
  for (const auto& row : cli::value_of(broker.ask(QueryKind::changes, id.to_string()), "changes"))
    return counts_of(row, verb, !cli::is_true(row, "done"));
  throw Failure{404, "change_unknown", "the broker does not know the change"};
}

// Throws Failure if the broker is too old to know a condition of the filter: it would change other tasks as well.
Json count(Broker& broker, ChangeTasks order) {
  order.dry_run = true;
  order.id = new_id();
  auto counted = cli::json_from_msgpack(broker.answer_within(broker.give(order), kMaxTime).bytes);
  if (cli::text_of(cli::value_of(counted, "filter"), "arguments") != order.filter.arguments)
    throw Failure{501, "no_arguments", "the broker is older than the search for arguments", "upgrade it"};
  return counted;
}

Json dry_answer(const Json& counted) {
  return {{"matched", cli::value_of(counted, "matched")}, {"more", false}, {"dry_run", true}};
}

// Gives the broker the order. Answers after kMaxTime at most, with how far it has come then.
Json change(Call& call, ChangeTasks order, const Verb& verb) {
  order.id = new_id();
  auto reply = call.broker.give(order);
  if (reply.wait_for(kMaxTime)) return counts_of(cli::json_from_msgpack(reply.get().bytes), verb, false);
  return progress_of(call.broker, order.id, verb);
}

// Counts the tasks, and changes them if there are no more than the request expects. Throws Failure otherwise.
Json change_counted(Call& call, const ChangeTasks& order, const Verb& verb) {
  const Turn turn;
  const auto counted = count(call.broker, order);
  if (flag(call, "dry_run")) return dry_answer(counted);
  const auto matched = static_cast<std::uint64_t>(cli::number_of(counted, "matched"));
  if (matched > call.body.value("confirm", std::uint64_t{0}))
    throw Failure{409, "not_confirmed", std::to_string(matched) + " tasks match",
                  "give their number, which \"dry_run\": true tells, as \"confirm\""};
  return change(call, order, verb);
}

ChangeTasks order_of(const Call& call, TaskAction action, bool with_state) {
  return {.action = action, .filter = read_filter(filter_of_body(call.body, with_state), unix_time())};
}

Json cancel_tasks(Call& call) {
  ChangeTasks order = order_of(call, TaskAction::cancel, true);
  order.running = true;
  return change_counted(call, order, {"cancelled"});
}

Json move_tasks(Call& call) {
  ChangeTasks order = order_of(call, TaskAction::move, true);
  order.queue = cli::text_of(call.body, "queue");
  return change_counted(call, order, {"moved"});
}

Json reprioritise_tasks(Call& call) {
  ChangeTasks order = order_of(call, TaskAction::reprioritise, true);
  const auto priority = call.body.at("priority").get<std::int64_t>();
  if (priority < -100 || priority > 100) throw Failure{400, "bad_parameter", "'priority' is not -100 to 100"};
  order.priority = static_cast<int>(priority);
  return change_counted(call, order, {"reprioritised"});
}

Json purge(Call& call) {
  const Turn turn;
  ChangeTasks order{.action = TaskAction::cancel, .running = flag(call, "running")};
  order.filter.queue = call.path.at("queue");
  if (flag(call, "dry_run")) {
    auto counted = count(call.broker, order);
    if (!order.running)
      counted["matched"] =
          cli::number_of(counted, "matched") - cli::number_of(cli::value_of(counted, "states"), "running");
    return dry_answer(counted);
  }
  if (cli::text_of(call.body, "confirm") != order.filter.queue)
    throw Failure{409, "not_confirmed", "purging cancels the waiting tasks of the queue",
                  "give the name of the queue as \"confirm\""};
  return change(call, order, {"cancelled"});
}

Json retry_letters(Call& call) {
  ChangeTasks order = order_of(call, TaskAction::retry, false);
  order.queue = cli::text_of(call.body, "queue");
  return change_counted(call, order, {"retried"});
}

Json drop_letters(Call& call) { return change_counted(call, order_of(call, TaskAction::drop, false), {"dropped"}); }

std::vector<Parameter> with(std::vector<Parameter> parameters, Parameter more) {
  parameters.push_back(more);
  return parameters;
}

Json list_changes(Call& call) {
  return Json::parse(
      cli::changes_table(call.broker.ask(QueryKind::changes), unix_time().count()).render(cli::Format::json, false));
}

Json show_change(Call& call) {
  auto shown =
      Json::parse(cli::changes_table(call.broker.ask(QueryKind::changes, call.path.at("id")), unix_time().count())
                      .render(cli::Format::json, false));
  if (shown.empty()) throw Failure{404, "change_unknown", "the broker does not know this change"};
  return shown.front();
}

std::vector<Parameter> bulk_parameters() {
  return {{"filter", Type::filter, "The tasks: an object with the parameters of the list. Without it, all of them"},
          {"dry_run", Type::boolean, "Count the tasks and change nothing"},
          {"confirm", Type::number, "The most tasks that may be changed"}};
}

}  // namespace

std::vector<Route> bulk_routes() {
  return {
      {false, "/api/v1/changes", "Changes of many tasks: those under way, and the latest done", {}, list_changes},
      {false, "/api/v1/changes/{id}", "How far a change of many tasks has come", {}, show_change},
      {true, "/api/v1/tasks/cancel", "Cancel the unfinished tasks that match", bulk_parameters(), cancel_tasks},
      {true, "/api/v1/tasks/move", "Put the waiting tasks that match into another queue",
       with(bulk_parameters(), {"queue", Type::text, "The new queue", true}), move_tasks},
      {true, "/api/v1/tasks/reprioritise", "Give the waiting tasks that match another priority",
       with(bulk_parameters(), {"priority", Type::integer, "The new priority, -100 to 100", true}), reprioritise_tasks},
      {true, "/api/v1/dead/retry", "Submit the dead letters that match again",
       with(bulk_parameters(), {"queue", Type::text, "The queue of the new tasks; without it, their own"}),
       retry_letters},
      {true, "/api/v1/dead/drop", "Delete the dead letters that match permanently", bulk_parameters(), drop_letters},
      {true,
       "/api/v1/queues/{queue}/purge",
       "Cancel the tasks of a queue that have not started",
       {{"running", Type::boolean, "Also request running tasks to stop"},
        {"dry_run", Type::boolean, "Count the tasks and change nothing"},
        {"confirm", Type::text, "The name of the queue"}},
       purge},
  };
}

}  // namespace forkmill::web
