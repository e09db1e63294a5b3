// The routes that change many tasks: those that a filter selects. A request handles at most kMaxTasks of them and takes
// kMaxTime at most; its answer says whether there are more.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <semaphore>
#include <utility>

#include "client/cli/text/answers.h"
#include "client/web/api/filters.h"
#include "client/web/api/route.h"
#include "client/web/api/task_ids.h"

namespace forkmill::web {

namespace {

using Clock = std::chrono::steady_clock;
using Type = Parameter::Type;

constexpr std::size_t kMaxTasks = 10'000;
constexpr std::chrono::seconds kMaxTime{20};
constexpr std::uint32_t kPage = 1000;
constexpr std::size_t kInFlight = 64;

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

struct Selection {
  std::vector<std::string> ids{};
  bool more = false;  // tasks match beyond kMaxTasks or kMaxTime
};

// Adds the tasks that match to `selection`, the newest first.
void select(Broker& broker, TaskFilter filter, Clock::time_point deadline, Selection& selection) {
  filter.most = kPage;
  do {
    const auto body = broker.ask(Query{.kind = QueryKind::tasks, .argument = "", .filter = filter});
    for (const auto& row : cli::value_of(body, "tasks")) {
      if (selection.ids.size() == kMaxTasks) {
        selection.more = true;
        return;
      }
      selection.ids.push_back(cli::text_of(row, "id"));
    }
    filter.before = body.value("next", std::uint64_t{0});
    selection.more = filter.before != 0 && Clock::now() > deadline;
  } while (filter.before != 0 && !selection.more);
}

Selection selection_in(Broker& broker, TaskFilter filter, const std::vector<std::string>& states,
                       Clock::time_point deadline) {
  Selection selection;
  for (const auto& state : states) {
    filter.state = state;
    if (!selection.more) select(broker, filter, deadline, selection);
  }
  return selection;
}

bool flag(const Call& call, const char* name) { return call.body.value(name, false); }

Json dry_answer(const Selection& selection) {
  return {{"matched", selection.ids.size()}, {"more", selection.more}, {"dry_run", true}};
}

// Throws Failure if more tasks match than the request expects.
void check_count(const Call& call, const Selection& selection) {
  const auto confirmed = call.body.value("confirm", std::uint64_t{0});
  if (selection.ids.size() > confirmed)
    throw Failure{409, "not_confirmed", std::to_string(selection.ids.size()) + " tasks match",
                  "give their number, which \"dry_run\": true tells, as \"confirm\""};
}

// Calls `start` for each task, several at a time, and counts the words that `finish` makes of the answers.
template <class Start, class Finish>
Json for_each(const Selection& selection, Clock::time_point deadline, Start start, Finish finish) {
  Json answer{{"matched", selection.ids.size()}, {"more", selection.more}, {"dry_run", false}};
  const auto& ids = selection.ids;
  for (std::size_t at = 0; at < ids.size(); at += kInFlight) {
    if (Clock::now() > deadline) {
      answer["more"] = true;
      return answer;
    }
    const auto end = std::min(at + kInFlight, ids.size());
    std::vector<decltype(start(ids[0]))> replies;
    for (auto i = at; i < end; ++i) replies.push_back(start(ids[i]));
    for (auto& reply : replies) {
      const std::string word = finish(std::move(reply));
      answer[word] = answer.value(word, 0) + 1;
    }
  }
  return answer;
}

Json cancel_all(Call& call, const Selection& selection, Clock::time_point deadline) {
  const auto cancel = [&](const std::string& id) { return call.broker.cancel(resolve_task(call.broker, id)); };
  return for_each(selection, deadline, cancel,
                  [&](Future<CancelState> reply) { return cancel_word(call.broker.answer(std::move(reply))); });
}

Json cancel_tasks(Call& call) {
  const Turn turn;
  const auto deadline = Clock::now() + kMaxTime;
  const auto filter = read_filter(filter_of_body(call.body, true), unix_time());
  std::vector<std::string> states{"scheduled", "ready", "running"};  // waiting tasks first: they must not start
  if (!filter.state.empty()) {
    if (std::find(states.begin(), states.end(), filter.state) == states.end())
      throw Failure{400, "bad_parameter", "only tasks that are scheduled, ready or running can be cancelled"};
    states = {filter.state};
  }
  const auto selection = selection_in(call.broker, filter, states, deadline);
  if (flag(call, "dry_run")) return dry_answer(selection);
  check_count(call, selection);
  return cancel_all(call, selection, deadline);
}

Json purge(Call& call) {
  const Turn turn;
  const auto deadline = Clock::now() + kMaxTime;
  TaskFilter filter;
  filter.queue = call.path.at("queue");
  std::vector<std::string> states{"scheduled", "ready"};
  if (flag(call, "running")) states.emplace_back("running");
  const auto selection = selection_in(call.broker, filter, states, deadline);
  if (flag(call, "dry_run")) return dry_answer(selection);
  if (cli::text_of(call.body, "confirm") != filter.queue)
    throw Failure{409, "not_confirmed", "purging cancels the waiting tasks of the queue",
                  "give the name of the queue as \"confirm\""};
  return cancel_all(call, selection, deadline);
}

template <class LetterCommand>
Json for_each_letter(Call& call, const char* done, bool oldest_first) {
  const Turn turn;
  const auto deadline = Clock::now() + kMaxTime;
  auto selection =
      selection_in(call.broker, read_filter(filter_of_body(call.body, false), unix_time()), {"failed"}, deadline);
  if (flag(call, "dry_run")) return dry_answer(selection);
  check_count(call, selection);
  if (oldest_first) std::reverse(selection.ids.begin(), selection.ids.end());
  const auto give = [&](const std::string& id) { return call.broker.give(LetterCommand{id}); };
  return for_each(selection, deadline, give, [&](Future<RawResult> reply) -> std::string {
    try {
      call.broker.answer(std::move(reply));
      return done;
    } catch (const Error& error) {
      return std::string{errc_name(error.code())};
    }
  });
}

Json retry_letters(Call& call) { return for_each_letter<RetryDeadLetter>(call, "retried", true); }
Json drop_letters(Call& call) { return for_each_letter<DropDeadLetter>(call, "dropped", false); }

std::vector<Parameter> bulk_parameters() {
  return {{"filter", Type::filter, "The tasks: an object with the parameters of the list. Without it, all of them"},
          {"dry_run", Type::boolean, "Count the tasks and change nothing"},
          {"confirm", Type::number, "The most tasks that may be changed"}};
}

}  // namespace

std::vector<Route> bulk_routes() {
  return {
      {true, "/api/v1/tasks/cancel", "Cancel the unfinished tasks that match", bulk_parameters(), cancel_tasks},
      {true, "/api/v1/dead/retry", "Submit the dead letters that match again", bulk_parameters(), retry_letters},
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
