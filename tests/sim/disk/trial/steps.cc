#include "tests/sim/disk/trial/steps.h"

#include <algorithm>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

bool Steps::apply() {
  Subject& s = subject_;
  std::vector<broker::StoreOp> ops;
  for (std::uint64_t count = s.random.between(1, s.life.batch); count > 0; --count) {
    ops.push_back(s.author.write(s.model.now()));
    s.model.apply(ops.back());
  }
  return !s.failed(s.store->apply(ops));
}

bool Steps::commit() {
  Subject& s = subject_;
  s.last = s.next_commit();
  s.say("commit " + std::to_string(s.last.value()));
  s.model.commit(s.last);
  if (s.failed(s.store->commit(s.last))) return false;
  s.acknowledged = s.last;
  ++s.counts.commits;
  return true;
}

bool Steps::fetch() {
  Subject& s = subject_;
  Random& random = s.random;
  std::vector<proto::TaskSeq> wanted;
  std::vector<broker::StoredTask> expected;
  const auto& tasks = s.model.now().tasks;
  const std::uint64_t near = s.author.some_task(s.model.now()).value();
  std::uint64_t at = near - random.below(std::min<std::uint64_t>(near, 4));
  for (std::uint64_t count = random.between(1, 12); count > 0; --count) {
    wanted.emplace_back(at);
    if (const auto found = tasks.find(proto::TaskSeq{at}); found != tasks.end()) expected.push_back(found->second);
    at += random.chance(0.8) ? 1 : random.between(1, 20);
  }
  std::vector<broker::StoredTask> found;
  if (s.failed(s.store->fetch(wanted, [&](broker::StoredTask task) { found.push_back(std::move(task)); })))
    return false;
  if (!(found == expected)) throw Violation{"fetched tasks differ from the model"};
  return true;
}

bool Steps::prepare() {
  const auto more = subject_.store->prepare();
  return more.ok() || !subject_.failed(more.failure());
}

}  // namespace forkmill::sim
