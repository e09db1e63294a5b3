// Reasons in words: a case for every state and for every reason.
#include <algorithm>
#include <functional>
#include <set>

#include "broker/core/operators/why/reason.h"
#include "broker/core/operators/why/words.h"
#include "tests/unit/broker/process_kit.h"

namespace forkmill::broker::test::why_test {

namespace {

using Row = std::map<std::string, msgpack::object>;

// The answer to a query for reasons, each as "reason: text".
std::vector<std::string> findings(const msgpack::object& list) {
  std::vector<std::string> texts;
  for (const auto& one : list.as<std::vector<Row>>())
    texts.push_back(one.at("reason").as<std::string>() + ": " + one.at("text").as<std::string>());
  return texts;
}

struct Why {
  Broker broker;
  Broker::Peer client;
  std::uint64_t orders = 100;

  explicit Why(CoreOptions options = {}, MemoryStore* store = nullptr)
      : broker{std::move(options), store}, client{broker.client()} {}

  std::vector<std::string> task(std::uint64_t n, const std::string& state) {
    Answer answer = ask(broker, client, QueryKind::why_task, id(n).to_string());
    REQUIRE(answer.code == Errc::ok);
    CHECK(answer.body.at("state").as<std::string>() == state);
    return findings(answer.body.at("findings"));
  }
  // Lets the client fetch all results, and the broker forget them.
  void forget_results() {
    for (std::uint64_t seq = 1; seq < 100; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
    broker.advance_alive(10s, {client});
  }
  std::vector<std::string> first_row(QueryKind kind, const std::string& name, const char* list) {
    Answer answer = ask(broker, client, kind, name);
    REQUIRE(answer.code == Errc::ok);
    const auto rows = answer.body.at(list).as<std::vector<Row>>();
    return rows.empty() ? std::vector<std::string>{} : findings(rows[0].at("findings"));
  }
  std::vector<std::string> queue(const std::string& name = "default") {
    return first_row(QueryKind::why_queue, name, "queues");
  }
  std::vector<std::string> worker(const std::string& name = "worker") {
    return first_row(QueryKind::why_worker, name, "workers");
  }
};

bool tells(const std::vector<std::string>& found, const std::string& reason, const std::string& text) {
  const bool has = std::any_of(found.begin(), found.end(), [&](const std::string& one) {
    return one.starts_with(reason + ": ") && one.find(text) != std::string::npos;
  });
  std::string all;
  for (const auto& one : found) all += one + "\n";
  INFO(all);
  CHECK_MESSAGE(has, reason, ": ", text);
  return has;
}

TaskOptions with(const std::function<void(TaskOptions&)>& change) {
  TaskOptions options;
  change(options);
  return options;
}

std::string all_of(const std::vector<std::string>& found) {
  std::string all;
  for (const auto& one : found) all += one + "\n";
  return all;
}

CoreOptions with_history() {
  CoreOptions options;
  options.history = true;
  options.result_ttl = 1s;
  options.dead_letters = 0;
  return options;
}

// How a task gets into each state that an operator can see, and the first thing that is then told about it.
struct Case {
  State state;
  Reason reason;
  void (*arrange)(Why&);
};

const std::vector<Case> kCases{
    {State::scheduled, Reason::delayed,
     [](Why& why) { why.broker.submit(why.client, {task(1, with([](auto& o) { o.delay = 10min; }))}); }},
    {State::ready, Reason::unserved, [](Why& why) { why.broker.submit(why.client, {task(1)}); }},
    {State::running, Reason::runs,
     [](Why& why) {
       why.broker.worker(1);
       why.broker.submit(why.client, {task(1)});
     }},
    {State::succeeded, Reason::succeeded,
     [](Why& why) {
       const auto worker = why.broker.worker(1);
       why.broker.submit(why.client, {task(1)});
       why.broker.succeed(worker, why.broker.grants(worker).at(0).grant);
     }},
    {State::failed, Reason::failed,
     [](Why& why) {
       const auto worker = why.broker.worker(1);
       why.broker.submit(why.client, {task(1)});
       why.broker.fail(worker, why.broker.grants(worker).at(0).grant);
     }},
    {State::cancelled, Reason::cancelled,
     [](Why& why) {
       why.broker.submit(why.client, {task(1)});
       why.broker.send(why.client, Cancel{{id(1)}, {}});
     }},
    {State::expired, Reason::expired,
     [](Why& why) {
       why.broker.submit(why.client, {task(1, with([](auto& o) { o.expires = 1s; }))});
       why.broker.advance(2s);
     }},
};

}  // namespace

TEST_CASE("each state that a task can be in has a reason in words") {
  std::set<State> states;  // all that a transition leads to
  for (const Transition& row : kTransitions) states.insert(row.to);
  for (const State state : states) {
    const auto found = std::find_if(kCases.begin(), kCases.end(), [&](const Case& one) { return one.state == state; });
    INFO(state_name(state));
    REQUIRE(found != kCases.end());
    Why why;
    found->arrange(why);
    const auto told = why.task(1, std::string{state_name(state)});
    REQUIRE(!told.empty());
    CHECK(told[0].starts_with(std::string{reason_name(found->reason)} + ": "));
    CHECK(told[0].size() > reason_name(found->reason).size() + 5);
  }
}

TEST_CASE("each end of a task tells the same when only the history has the task, and that its result is gone") {
  for (const Case& one : kCases) {
    if (!is_terminal(one.state)) continue;
    INFO(state_name(one.state));
    Why why{with_history()};
    one.arrange(why);
    const std::string state{state_name(one.state)};
    const auto before = why.task(1, state);
    REQUIRE(!before.empty());
    why.forget_results();
    CHECK(why.broker.core().state().tasks.size() == 0);
    const auto after = why.task(1, state);
    REQUIRE(after.size() == before.size() + 1);
    CHECK(after[0] == before[0]);
    tells(after, "only_history", "its arguments, its result and its log are gone");
  }
}

TEST_CASE("a task that ran twice and that only the history has tells how each attempt ended") {
  Why why{with_history()};
  const auto first = why.broker.worker(1);
  why.broker.submit(why.client, {task(1)});
  why.broker.grants(first);
  why.broker.send(first, Goodbye{});
  const auto second = why.broker.worker(1);
  why.broker.fail(second, why.broker.grants(second).at(0).grant);
  why.forget_results();
  const auto told = why.task(1, "failed");
  CHECK(told[0].starts_with("failed: failed for good: attempt 2 of 3 failed on worker worker"));
  tells(told, "no_other_attempt", "what a handler throws is not tried again");
  tells(told, "ran_again", "attempt 1 of 3 was lost on worker worker");
  const Answer answer = ask(why.broker, why.client, QueryKind::why_task, id(1).to_string());
  CHECK(answer.body.at("history").as<bool>());
  CHECK(answer.body.at("attempts").as<std::vector<Row>>().size() == 2);
}

TEST_CASE("a task that must not run twice tells so when only the history has it") {
  Why why{with_history()};
  const auto worker = why.broker.worker(1);
  why.broker.submit(why.client, {task(1, with([](auto& o) { o.at_most_once = true; }))});
  why.broker.fail(worker, why.broker.grants(worker).at(0).grant, OutcomeKind::lost, Errc::worker_lost);
  why.forget_results();
  tells(why.task(1, "failed"), "no_other_attempt", "must not run twice");
}

TEST_CASE("each reason has a name of its own") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::processes_used); ++i) names.insert(reason_name(static_cast<Reason>(i)));
  CHECK(names.size() == static_cast<std::size_t>(Reason::processes_used) + 1);
}

TEST_CASE("a delayed task tells when it is due, by the wall clock and from now") {
  Why why;
  why.broker.submit(why.client, {task(1, with([](auto& o) { o.delay = 125s; }))});
  tells(why.task(1, "scheduled"), "delayed", "is delayed until 2023-11-14 22:15:25 UTC, in 2 min 5 s");
}

TEST_CASE("a task between two attempts tells when the next one is due, and how the last one ended") {
  Why why;
  const auto worker = why.broker.worker(1);
  why.broker.submit(why.client, {task(1, with([](auto& o) {
                                        o.retry_errors = true;
                                        o.backoff = {10s, 10s, 0};
                                      }))});
  why.broker.fail(worker, why.broker.grants(worker).at(0).grant);
  const auto told = why.task(1, "scheduled");
  tells(told, "next_attempt", "attempt 2 of 3 is due at 2023-11-14 22:13:30 UTC, in 10 s");
  tells(told, "ran_again", "attempt 1 of 3 failed on worker worker at 2023-11-14 22:13:20 UTC: it broke");
}

TEST_CASE("a task that no worker takes tells what is missing") {
  Why why;
  why.broker.submit(why.client, {task(1)});
  tells(why.task(1, "ready"), "unserved", "no worker serves queue default");
  tells(why.queue(), "unserved", "1 task t.echo waits: no worker serves queue default");
  Submission stranger = task(2);
  stranger.edit().name = "t.stranger";
  why.broker.worker(0);
  why.broker.submit(why.client, {stranger});
  tells(why.task(2, "ready"), "unserved", "no worker has task t.stranger");
  tells(why.worker(), "credit_used", "has asked for no more");
}

TEST_CASE("a task that no worker takes tells the signatures that workers of its queue have, and none of other queues") {
  Why why;
  Submission one = task(1);
  one.edit().signature = signature_hash("i32(i32)");
  why.broker.submit(why.client, {one});
  why.broker.connect(Broker::worker_hello({"other"}));  // has t.echo as str(str)
  Hello hello = Broker::worker_hello();
  hello.worker.tasks = {{"t.else", "f64(f64)"}};
  why.broker.connect(hello);
  CHECK(all_of(why.task(1, "ready")) == "unserved: no worker that has task t.echo serves queue default\n");
  hello.worker.tasks = {{"t.echo", "f64(f64)"}};
  why.broker.connect(hello);
  CHECK(all_of(why.task(1, "ready")) == "unserved: the workers have t.echo as f64(f64)\n");
  // The workers of another queue now have it as the task needs it.
  hello = Broker::worker_hello({"other"});
  hello.worker.tasks = {{"t.echo", "i32(i32)"}};
  why.broker.connect(hello);
  CHECK(all_of(why.task(1, "ready")) == "unserved: the workers have t.echo as f64(f64)\n");
}

TEST_CASE("a process whose task only workers without processes have tells so") {
  Why why;
  why.broker.submit(why.client, {process(1)});
  why.broker.worker(1);  // has t.echo, and takes no processes
  Hello hello = host(1);
  hello.worker.tasks = {{"t.else", "str(str)"}};
  why.broker.connect(hello);
  tells(why.task(1, "ready"), "unserved", "no worker that serves queue default and has task t.echo takes processes");
}

TEST_CASE("a task whose workers are busy tells what each of them does, and what is granted before it") {
  Why why;
  why.broker.worker(2, {"default"}, 2);
  const auto other = why.broker.client();
  why.broker.submit(why.client, {task(1), task(2), task(3), task(4)});
  why.broker.submit(other, {task(5)});
  why.broker.submit(why.client, {task(6, with([](auto& o) { o.priority = 5; }))});
  const auto told = why.task(4, "ready");
  tells(told, "workers_busy", "worker on host holds 2 tasks, 2 of its 2 processes are busy");
  tells(told, "behind",
        "1 task of higher priority, 1 task of its client, priority and name and tasks of 1 other client");
  CHECK(all_of(why.task(6, "ready")).find("behind") == std::string::npos);
  tells(why.queue(), "workers_busy", "4 tasks t.echo wait");
  tells(why.queue(), "runs", "2 tasks with workers");
}

TEST_CASE("a worker that takes nothing tells why") {
  Why why;
  const auto worker = why.broker.worker(4);
  tells(why.worker(), "no_work", "nothing is ready in its queue default");
  Submission stranger = task(1);
  stranger.edit().name = "t.stranger";
  why.broker.submit(why.client, {stranger});
  tells(why.worker(), "other_names", "t.stranger");
  SUBCASE("it drains") {
    why.broker.send(worker, Drain{});
    tells(why.worker(), "draining", "is draining");
    why.broker.submit(why.client, {task(2)});
    tells(why.task(2, "ready"), "workers_busy", "is draining");
  }
  SUBCASE("it is short of something") {
    Return back;
    back.pause = 30s;
    back.shortage = "no memory is left";
    back.credit = 4;
    why.broker.send(worker, back);
    tells(why.worker(), "short_of_something", "no memory is left: it takes no tasks for 30 s");
  }
  SUBCASE("it is silent") {
    for (int i = 0; i < 6; ++i) {
      why.broker.advance(1s);
      why.broker.send(why.client, Heartbeat{});
    }
    tells(why.worker(), "worker_silent", "has not been heard for 6 s, and counts as lost after 10 s");
  }
  CHECK(why.worker("other").empty());
}

TEST_CASE("what an operator has paused or limited tells so, with the command that resumes it or the tasks that run") {
  Why why;
  why.broker.worker(10);
  const auto order = [&](AnyCommand command) {
    why.broker.send(why.client, Command{++why.orders, std::move(command)});
    REQUIRE(why.broker.take<Reply>(why.client).at(0).code == Errc::ok);
  };
  SUBCASE("a queue") {
    order(PauseQueue{"default"});
    CHECK(all_of(why.queue()) ==
          "empty: no task of the queue is unfinished\n"
          "paused: queue default is paused: forkmill queue resume default\n");
    why.broker.submit(why.client, {task(1)});
    tells(why.task(1, "ready"), "paused", "queue default is paused: forkmill queue resume default");
    tells(why.queue(), "paused", "1 task t.echo waits: queue default is paused");
    tells(why.worker(), "paused", "queue default is paused");
  }
  SUBCASE("a name") {
    order(PauseName{"t.echo"});
    why.broker.submit(why.client, {task(1)});
    tells(why.task(1, "ready"), "paused", "task t.echo is paused: forkmill name resume t.echo");
  }
  SUBCASE("a worker") {
    SteerWorkers steer;
    steer.action = WorkerAction::pause;
    steer.name = "worker";
    order(steer);
    why.broker.submit(why.client, {task(1)});
    tells(why.task(1, "ready"), "workers_busy", "is paused by an operator: forkmill worker resume worker");
    tells(why.worker(), "held", "is paused by an operator");
  }
  SUBCASE("a limit") {
    LimitQueue limit;
    limit.queue = "default";
    limit.max_running = 1;
    order(limit);
    why.broker.submit(why.client, {task(1), task(2)});
    tells(why.task(2, "ready"), "running_limit", "run as may (max_running 1): 1 in worker worker on host");
  }
}

TEST_CASE("a queue without tasks, one that is full, and one with tasks for later tell so") {
  CoreOptions options;
  options.queue.max_tasks = 1;
  Why why{options};
  CHECK(why.queue("unheard.of").empty());
  why.broker.worker(0, {"default", "other"});
  tells(why.queue("other"), "empty", "no task of the queue is unfinished");
  why.broker.submit(why.client, {task(1, with([](auto& o) { o.delay = 1h; }))});
  tells(why.queue(), "full", "it holds 1 task with 9 bytes of at most 1 tasks");
  tells(why.queue(), "scheduled", "1 task not due yet");
}

TEST_CASE("a task that waits in its worker, or was asked to stop, tells so") {
  Why why;
  why.broker.worker(2, {"default"}, 1);
  why.broker.submit(why.client, {task(1), task(2)});
  tells(why.task(2, "running"), "in_worker",
        "waits in worker worker for a free process: it holds 2 tasks for 1 process");
  why.broker.send(why.client, Cancel{{id(2)}, {}});
  tells(why.task(2, "running"), "cancel_requested", "it was asked to stop");
}

TEST_CASE("a task whose worker is silent tells so") {
  Why why;
  why.broker.worker(1);
  why.broker.submit(why.client, {task(1)});
  for (int i = 0; i < 6; ++i) {
    why.broker.advance(1s);
    why.broker.send(why.client, Heartbeat{});
  }
  const auto told = why.task(1, "running");
  tells(told, "runs", "attempt 1 of 3 runs in worker worker on host for 6 s");
  tells(told, "worker_silent", "its worker has not been heard for 6 s");
}

TEST_CASE("a task that ran twice tells how each attempt ended") {
  Why why;
  const auto first = why.broker.worker(1);
  why.broker.submit(why.client, {task(1)});
  why.broker.grants(first);
  why.broker.send(first, Goodbye{});
  const auto second = why.broker.worker(1);
  why.broker.fail(second, why.broker.grants(second).at(0).grant);
  const auto told = why.task(1, "failed");
  tells(told, "failed", "failed for good: attempt 2 of 3 failed on worker worker");
  tells(told, "no_other_attempt", "what a handler throws is not tried again");
  tells(told, "ran_again", "attempt 1 of 3 was lost on worker worker");
  const Answer answer = ask(why.broker, why.client, QueryKind::why_task, id(1).to_string());
  const auto attempts = answer.body.at("attempts").as<std::vector<Row>>();
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].at("outcome").as<std::string>() == "lost");
  CHECK(attempts[1].at("message").as<std::string>() == "it broke");
}

TEST_CASE("a failed task tells why no other attempt followed") {
  Why why;
  const auto worker = why.broker.worker(2);
  why.broker.submit(why.client, {task(1, with([](auto& o) { o.max_attempts = 1; })),
                                 task(2, with([](auto& o) { o.at_most_once = true; }))});
  const auto grants = why.broker.grants(worker);
  REQUIRE(grants.size() == 2);
  why.broker.fail(worker, grants[0].grant, OutcomeKind::timed_out, Errc::timed_out);
  why.broker.fail(worker, grants[1].grant, OutcomeKind::lost, Errc::worker_lost);
  tells(why.task(1, "failed"), "failed", "ran over its time limit on worker worker");
  tells(why.task(1, "failed"), "no_other_attempt", "the task has one attempt");
  tells(why.task(2, "failed"), "no_other_attempt", "must not run twice");
}

TEST_CASE("a task tells that its grant waits for the disk, at once") {
  MemoryStore store{"s", true};
  Why why{{}, &store};
  const auto worker = why.broker.worker(1);
  why.broker.hold_commits();
  why.broker.submit(why.client, {task(1, with([](auto& o) { o.at_most_once = true; }))});
  CHECK(why.broker.grants(worker).empty());
  tells(why.task(1, "running"), "commit_awaited", "attempt 1 of 3 is for worker worker");
  why.broker.release_commits();
  tells(why.task(1, "running"), "runs", "attempt 1 of 3 runs");
}

TEST_CASE("after a restart of the broker, its tasks tell that it waits for workers, and what is not known") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.restart_grace = 5s;
  Why why{options, &store};
  const auto worker = why.broker.worker(1);
  why.broker.submit(why.client, {task(1)});
  why.broker.fail(worker, why.broker.grants(worker).at(0).grant, OutcomeKind::lost, Errc::worker_lost);
  why.broker.restart();
  why.client = why.broker.client();
  why.broker.worker(1);
  const auto told = why.task(1, "ready");
  tells(told, "restart_grace", "grants nothing for another 5 s");
  tells(told, "ran_again", "1 earlier attempt ended before this broker started");
  tells(why.queue(), "restart_grace", "the broker has just started");
}

TEST_CASE("a task on disk tells so, and how many are granted before it") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.resident.tasks = 4;
  options.resident.page = 2;
  Why why{options, &store};
  for (std::uint64_t n = 1; n <= 20; ++n) why.broker.submit(why.client, {task(n)});
  why.broker.worker(0);
  const auto told = why.task(18, "ready");
  tells(told, "paged_out", "it is on disk");
  tells(told, "behind", "17 tasks of its client, priority and name");
  CHECK(why.broker.core().state().tasks.resident() == 4);  // the query has not moved it
}

TEST_CASE("a process beyond the number that its worker may have tells so") {
  Why why;
  const auto worker = why.broker.connect(host(1));
  why.broker.submit(why.client, {process(1), process(2)});
  REQUIRE(why.broker.grants(worker).size() == 1);
  tells(why.task(2, "ready"), "workers_busy", "as many as it may (1, --max-processes)");
  tells(why.queue(), "runs", "1 task with workers");
  why.broker.submit(why.client, {task(3)});
  tells(why.worker(), "processes_used", "runs 1 tasks with a process of their own");
}

TEST_CASE("a queue whose children wait for its own tasks tells so") {
  Why why;
  Hello hello = host(0);
  hello.worker.children = 1;
  const auto worker = why.broker.connect(hello);
  why.broker.send(worker, Credit{1});
  const auto child = why.broker.connect(child_client(11));
  why.broker.submit(why.client, {task(1)});
  REQUIRE(why.broker.grants(worker).size() == 1);
  why.broker.submit(child, {task(2)});
  why.broker.advance_alive(5s, {worker, why.client, child});
  tells(why.task(2, "ready"), "nested_wait", "every process of its workers waits");
  tells(why.queue(), "nested_wait", "give nested tasks another queue");
}

TEST_CASE("an unknown task is refused, and the history of attempts is bounded") {
  Why why;
  CHECK(ask(why.broker, why.client, QueryKind::why_task, id(1).to_string()).code == Errc::task_unknown);
  RecentAttempts history;
  AttemptEnd end;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    end.attempt = Attempt{i};
    history.add(TaskSeq{1}, end);
  }
  CHECK(history.of(TaskSeq{1}).size() == RecentAttempts::kMaxEnds);
  CHECK(history.of(TaskSeq{1}).back().attempt == Attempt{20});
  for (std::uint64_t n = 2; n <= RecentAttempts::kMaxTasks + 1; ++n) history.add(TaskSeq{n}, end);
  CHECK(history.of(TaskSeq{1}).empty());
  CHECK(history.of(TaskSeq{2}).size() == 1);
  history.forget(TaskSeq{2});
  CHECK(history.of(TaskSeq{2}).empty());
}

TEST_CASE("durations, times and lists are written as sentences have them") {
  CHECK(in_words(350ms) == "350 ms");
  CHECK(in_words(-1s) == "0 ms");
  CHECK(in_words(59s) == "59 s");
  CHECK(in_words(185s) == "3 min 5 s");
  CHECK(in_words(2h + 5min) == "2 h 5 min");
  CHECK(in_words(76h) == "3 d 4 h");
  CHECK(at_utc(1'700'000'000'999ms) == "2023-11-14 22:13:20 UTC");
  CHECK(listed({"a"}) == "a");
  CHECK(listed({"a", "b", "c"}) == "a, b and c");
  CHECK(listed({"a", "b", "c"}, 2) == "a, b and 1 more");
}

}  // namespace forkmill::broker::test::why_test
