#include "tests/sim/shards/shard_user.h"

#include <algorithm>
#include <utility>

namespace forkmill::sim {

namespace {

constexpr client::Cookie kCancels = client::Cookie{1} << 40;  // cookies of cancels are above, those of futures below

// Cookies of waiters are even (client/shards/gatherings.h).
client::Cookie to_client(Cookie cookie) { return 2 * cookie; }
Cookie to_history(client::Cookie cookie) { return cookie / 2; }

proto::QueuePlace place_of(const Options& options, const std::string& queue) {
  for (const std::string& text : options.sharding.queues) {
    const auto place = proto::QueuePlace::parse(text);
    if (place.ok() && place.value().name == queue) return place.value();
  }
  return {queue};
}

}  // namespace

ShardUser::ShardUser(World& world, History& history, Routing& routing, Workload& workload, Ask ask)
    : world_{world}, history_{history}, routing_{routing}, workload_{workload}, ask_{std::move(ask)} {}

void ShardUser::act() {
  for (proto::Submission& task : workload_.next_burst({})) submit(std::move(task));
  const auto& known = workload_.known();
  if (known.empty()) return;
  if (world_.random.chance(world_.options.attaches)) attach(known[world_.random.below(known.size())]);
  if (world_.random.chance(world_.options.cancels)) cancel(known[world_.random.below(known.size())]);
}

void ShardUser::submit(proto::Submission task) {
  const auto place = place_of(world_.options, task.spec->queue);
  routing_.submits(life_, task, place);
  const client::Cookie cookie = to_client(history_.futures().invoke(task));
  futures_[cookie] = {task.id};
  ask_(client::SubmitTask{std::move(task), cookie, {static_cast<std::uint8_t>(place.shard), place.is_everywhere}});
}

void ShardUser::attach(const TaskId& id) {
  if (std::ranges::any_of(futures_, [&](const auto& one) { return one.second.id == id; })) return;
  const client::Cookie cookie = to_client(history_.futures().invoke_attach(id));
  futures_[cookie] = {id, true, routing_.is_safe(id), world_.now()};
  ask_(client::AttachTask{id, cookie});
}

// A task that is cancelled before it is sent would leave a gap in the turns of the shards.
void ShardUser::cancel(const TaskId& id) {
  if (routing_.takes_turns(id)) return;
  static_cast<void>(history_.requests().cancel_asked(id));
  const client::Cookie cookie = kCancels + 2 * ++last_cancel_;
  cancels_[cookie] = id;
  ask_(client::CancelTask{id, cookie});
}

void ShardUser::accepted(client::Cookie cookie, proto::SessionId session) {
  const auto found = futures_.find(cookie);
  if (found == futures_.end() || found->second.is_attached) return;
  history_.futures().acknowledged(to_history(cookie), session);
  routing_.acknowledged(found->second.id);
}

void ShardUser::ended(const client::Effects::Ended& ended) {
  const auto found = futures_.find(ended.cookie);
  if (found == futures_.end()) throw Violation{"shards: a future ended twice, or was never asked for"};
  const Awaited awaited = found->second;
  futures_.erase(found);
  const bool is_unknown = ended.outcome.kind == proto::OutcomeKind::rejected && ended.outcome.error &&
                          ended.outcome.error->code == Errc::task_unknown;
  if (awaited.must_be_there && is_unknown && !routing_.has_deposed_run_since(awaited.id, awaited.asked))
    violated("1", awaited.id, "was acknowledged, but a client that attached to it was told that it is unknown");
  history_.futures().resolved(to_history(ended.cookie), ended.outcome, ended.known_before);
}

void ShardUser::crash() {
  cancels_.clear();
  for (const auto& one : std::exchange(futures_, {})) history_.futures().unknown(to_history(one.first));
}

}  // namespace forkmill::sim
