// The routes that change one thing.
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "client/cli/text/answers.h"
#include "client/cli/text/label.h"
#include "client/cli/text/sealed.h"
#include "client/cli/text/values.h"
#include "client/web/api/route.h"
#include "client/web/api/task_ids.h"

namespace forkmill::web {

namespace {

using Type = Parameter::Type;

std::chrono::milliseconds time_of(const Json& body, const char* key) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50U;
  const auto value = body.value(key, std::uint64_t{0});
  if (value > kMost) throw Failure{400, "bad_parameter", std::string{"'"} + key + "' is too long a time"};
  return std::chrono::milliseconds{value};
}

SubmitOptions submit_options(const Json& body) {
  SubmitOptions options;
  options.queue = body.value("queue", options.queue);
  const auto priority = body.value("priority", std::int64_t{0});
  if (priority < -100 || priority > 100) throw Failure{400, "bad_parameter", "'priority' is not -100 to 100"};
  options.priority = static_cast<int>(priority);
  const auto attempts = body.value("max_attempts", std::uint64_t{options.max_attempts});
  if (attempts < 1 || attempts > 1000) throw Failure{400, "bad_parameter", "'max_attempts' is not 1 to 1000"};
  options.max_attempts = static_cast<std::uint32_t>(attempts);
  options.delay = time_of(body, "delay_ms");
  options.timeout = time_of(body, "timeout_ms");
  options.expires = time_of(body, "expires_ms");
  options.key = body.value("key", std::string{});
  options.label = body.value("label", std::string{});
  return options;
}

Json submit(Call& call) {
  const auto arguments = cli::msgpack_from_json(call.body.value("arguments", Json::array()));
  auto answer = Json::object();
  answer["id"] = call.broker.submit(cli::text_of(call.body, "task"), arguments, submit_options(call.body)).to_string();
  return answer;
}

Json cancel(Call& call) {
  const auto id = resolve_task(call.broker, call.path.at("id"));
  const auto state = call.broker.answer(call.broker.cancel(id));
  if (state == CancelState::unknown) throw Failure{404, "task_unknown", "there is no such task"};
  return {{"id", id.to_string()}, {"result", cancel_word(state)}};
}

// Returns the retry of a letter with other arguments. Throws Failure (409) if those of the letter are sealed.
RetryDeadLetter edited(Broker& broker, const std::string& id, const Json& arguments) {
  const auto bytes = broker.ask_packed({.kind = QueryKind::task, .argument = id, .filter = {}});
  const auto letter = cli::task_from_msgpack(bytes, "");
  if (cli::has_sealed_arguments(bytes))
    throw Failure{409, "arguments_sealed", "the arguments of the task are sealed: a gateway cannot seal other ones",
                  "submit a new task with a client that has the key"};
  auto packed = cli::msgpack_from_json(arguments);
  auto label = cli::label_of_task(cli::text_of(letter, "name"), packed);
  if (label.empty()) label = cli::text_of(letter, "label");
  return {.task = id, .arguments = std::move(packed), .label = std::move(label)};
}

Json retry(Call& call) {
  const auto& id = call.path.at("id");
  const auto given = call.body.find("arguments");
  const auto order = given == call.body.end() ? RetryDeadLetter{.task = id} : edited(call.broker, id, given.value());
  const auto body = call.broker.carry_out(order);
  return {{"id", id}, {"new_id", cli::value_of(body, "id")}};
}

Json drop(Call& call) {
  const auto body = call.broker.carry_out(DropDeadLetter{.task = call.path.at("id")});
  auto answer = Json::object();
  answer["id"] = cli::value_of(body, "id");
  return answer;
}

Json release(Call& call) {
  const auto body = call.broker.carry_out(ReleaseObject{.name = call.path.at("name")});
  return {{"name", call.path.at("name")}, {"released", cli::value_of(body, "released")}};
}

Json remove(Call& call) {
  const auto& name = call.path.at("name");
  if (call.body.at("confirm") != name)
    throw Failure{409, "not_confirmed", "removing '" + name + "' deletes its contents",
                  "give the name of the object as \"confirm\""};
  call.broker.carry_out(RemoveObject{.name = name});
  auto answer = Json::object();
  answer["name"] = name;
  return answer;
}

}  // namespace

std::vector<Route> change_routes() {
  return {
      {true,
       "/api/v1/tasks",
       "Submit a task",
       {{"task", Type::text, "The name of the task, as its workers register it", true},
        {"arguments", Type::list, "Its arguments, a JSON array; none without it"},
        {"queue", Type::text, "The queue; default without it"},
        {"priority", Type::integer, "-100 to 100, higher ones start first; 0 without it"},
        {"max_attempts", Type::number, "The most attempts, 1 to 1000; 3 without it"},
        {"delay_ms", Type::number, "Start the task only after this time"},
        {"timeout_ms", Type::number, "Stop an attempt that runs longer"},
        {"expires_ms", Type::number, "Drop the task if it has not started within this time"},
        {"key", Type::text, "Idempotency key: a second submission with the same key is the same task"},
        {"label", Type::text, "Text for people, which lists show"}},
       submit},
      {true, "/api/v1/tasks/{id}/cancel", "Cancel a task; a running one is requested to stop", {}, cancel},
      {true,
       "/api/v1/dead/{id}/retry",
       "Submit a dead letter again as a new task, and drop it",
       {{"arguments", Type::list, "Other arguments, a JSON array; without it, those of the letter"}},
       retry},
      {true, "/api/v1/dead/{id}/drop", "Delete a dead letter permanently", {}, drop},
      {true, "/api/v1/objects/{name}/release", "Release an object from all of its holders", {}, release},
      {true,
       "/api/v1/objects/{name}/remove",
       "Remove an object with its contents",
       {{"confirm", Type::text, "The name of the object", true}},
       remove},
  };
}

}  // namespace forkmill::web
