// The routes that change one thing.
#include "client/cli/text/answers.h"
#include "client/web/api/route.h"
#include "client/web/api/task_ids.h"

namespace forkmill::web {

namespace {

using Type = Parameter::Type;

Json cancel(Call& call) {
  const auto id = resolve_task(call.broker, call.path.at("id"));
  const auto state = call.broker.answer(call.broker.cancel(id));
  if (state == CancelState::unknown) throw Failure{404, "task_unknown", "there is no such task"};
  return {{"id", id.to_string()}, {"result", cancel_word(state)}};
}

Json retry(Call& call) {
  const auto& id = call.path.at("id");
  const auto body = call.broker.carry_out(RetryDeadLetter{.task = id});
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
      {true, "/api/v1/tasks/{id}/cancel", "Cancel a task; a running one is requested to stop", {}, cancel},
      {true, "/api/v1/dead/{id}/retry", "Submit a dead letter again as a new task, and drop it", {}, retry},
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
