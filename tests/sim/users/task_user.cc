#include "tests/sim/users/task_user.h"

#include <algorithm>
#include <csignal>
#include <iterator>

namespace forkmill::sim {

namespace {

proto::TaskFilter draw_filter(Random& random) {
  constexpr const char* kStates[] = {"scheduled", "ready", "running", "succeeded", "failed", "cancelled", "expired"};
  proto::TaskFilter filter;
  if (random.chance(0.5)) filter.state = kStates[random.below(std::size(kStates))];
  if (random.chance(0.2)) filter.queue = Workload::queue_name(0);
  if (random.chance(0.2)) filter.name = Workload::task_name(0);
  if (random.chance(0.5)) filter.most = static_cast<std::uint32_t>(random.between(1, 20));
  return filter;
}

}  // namespace

TaskUser::TaskUser(World& world, History& history, Workload& workload, std::string name, SessionHands& session)
    : world_{world},
      history_{history},
      workload_{workload},
      session_{session},
      cancels_{world, history.requests(), workload, std::move(name), session} {}

void TaskUser::act() {
  submit();
  const Options& options = world_.options;
  if (world_.random.chance(options.cancels)) cancel();
  if (world_.random.chance(options.attaches) && !workload_.known().empty())
    attach(world_.random.pick(workload_.known()));
  if (world_.random.chance(options.queries)) query();
  if (options.operators > 0 && world_.random.chance(options.operators)) look_after_dead();
  if (options.steering > 0 && world_.random.chance(options.steering)) operator_.act();
  if (options.signals > 0 && world_.random.chance(options.signals)) signal_a_process();
  if (options.watching > 0 && world_.random.chance(options.watching)) watcher_.act();
  session_.wake_soon();
}

void TaskUser::submit() {
  for (proto::Submission& task : workload_.next_burst(skew_)) {
    const Cookie cookie = history_.futures().invoke(task);
    outstanding_.emplace_back(cookie, task.id);
    if (world_.random.chance(world_.options.cancels / 4)) cancels_.cancel_soon(task.id);
    session_.handle(client::SubmitTask{std::move(task), cookie});
  }
  session_.carry_out_effects();  // a task of the same key may have been accepted
}

void TaskUser::cancel() {
  if (workload_.known().empty()) return;
  const bool own = !outstanding_.empty() && world_.random.chance(0.8);
  cancels_.cancel(own ? world_.random.pick(outstanding_).second : world_.random.pick(workload_.known()));
}

void TaskUser::attach(const TaskId& id) {
  const auto same = [&](const auto& one) { return one.second == id; };
  if (std::any_of(outstanding_.begin(), outstanding_.end(), same)) return;
  const Cookie cookie = history_.futures().invoke_attach(id);
  outstanding_.emplace_back(cookie, id);
  session_.handle(client::AttachTask{id, cookie});
  session_.carry_out_effects();
}

void TaskUser::query() {
  constexpr proto::QueryKind kKinds[] = {proto::QueryKind::ping,    proto::QueryKind::status, proto::QueryKind::queues,
                                         proto::QueryKind::workers, proto::QueryKind::task,   proto::QueryKind::task,
                                         proto::QueryKind::tasks};
  proto::Query query;
  query.kind = kKinds[world_.random.below(std::size(kKinds))];
  if (query.kind == proto::QueryKind::task) {
    if (workload_.known().empty()) return;
    query.argument = world_.random.pick(workload_.known()).to_string();
  }
  if (query.kind == proto::QueryKind::tasks) query.filter = draw_filter(world_.random);
  questions_.ask(std::move(query));
}

// Sends a signal to a process of this client.
void TaskUser::signal_a_process() {
  std::vector<TaskId> running;
  for (const auto& [cookie, id] : outstanding_)
    if (born_.contains(cookie)) running.push_back(id);
  if (running.empty()) return;
  constexpr int kSignals[] = {0, SIGUSR1, SIGTERM, SIGKILL};  // 0: asks for the state of the process
  const int signal = kSignals[world_.random.below(4)];
  const TaskId id = world_.random.pick(running);
  if (signal == 0) {
    proto::Query query;
    query.kind = proto::QueryKind::process;
    query.argument = id.to_string();
    return questions_.ask(std::move(query));
  }
  history_.requests().signal_asked(id);
  questions_.give(proto::SendSignal{id.to_string(), signal});
}

// Retries or drops a task as a dead letter. Most tasks are none, and the broker has to say so.
void TaskUser::look_after_dead() {
  if (workload_.known().empty()) return;
  const TaskId id = world_.random.pick(workload_.known());
  const bool retry = world_.random.chance(0.6);
  const TaskId new_id = retry ? workload_.next_id(skew_) : TaskId{};
  const std::string text = id.to_string();
  const Requests::DeadOrder order = history_.requests().dead_asked(id, new_id);
  const auto command =
      retry ? proto::AnyCommand{proto::RetryDeadLetter{text, new_id}} : proto::AnyCommand{proto::DropDeadLetter{text}};
  questions_.give(command, [this, order, life = lives_](const proto::Reply& reply) {
    // A broker that has forgotten this client meanwhile may carry out the repeated command a second time.
    const bool same = life == lives_;
    history_.requests().dead_answered({order.id, order.new_id, same ? order.asked_of : 0, same && order.certain},
                                      reply.code);
  });
}

void TaskUser::started(Cookie cookie, std::uint32_t pid) {
  history_.futures().born(cookie, pid);
  born_.insert(cookie);
}

void TaskUser::ended(Cookie cookie, const proto::Outcome& outcome, bool known_before) {
  born_.erase(cookie);
  std::erase_if(outstanding_, [&](const auto& one) { return one.first == cookie; });
  history_.futures().resolved(cookie, outcome, known_before);
}

void TaskUser::answered(Cookie cookie, const proto::Reply& reply) {
  questions_.answered(cookie, reply);
  cancels_.answered(cookie, reply);
}

void TaskUser::crash() {
  cancels_.clear();
  questions_.clear();
  watcher_.crash();
  born_.clear();
  for (const auto& [cookie, id] : std::exchange(outstanding_, {})) history_.futures().unknown(cookie);
}

}  // namespace forkmill::sim
