#include "tests/sim/postgres/trial/broker.h"

#include <cstdio>
#include <type_traits>
#include <utility>
#include <variant>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using broker::PostgresStore;

class PlayedLease final : public broker::LeaseHolder {
 public:
  PlayedLease(SimBroker& broker, broker::LeaseKeeper::Connect connect, broker::Tenure tenure)
      : broker_{broker}, lease_{[this, connect = std::move(connect)] { return connect(patience_); }, tenure} {
    broker_.lease_ = this;
  }
  ~PlayedLease() override {
    broker_.lease_ = nullptr;
    if (!broker_.is_dead_) lease_.release();
  }
  PlayedLease(const PlayedLease&) = delete;
  PlayedLease& operator=(const PlayedLease&) = delete;

  void renew() {
    broker_.is_renewing_ = true;
    if (!ended_) ended_ = !lease_.renew();
    broker_.is_renewing_ = false;
  }
  std::string deposed() const override { return lease_.deposed(); }

 private:
  SimBroker& broker_;
  const broker::Patience patience_{std::chrono::milliseconds{1000}};
  broker::Lease lease_;
  bool ended_ = false;
};

void TrialWorld::say(const std::string& text) const {
  if (verbose) std::printf("  %s\n", text.c_str());
}

void TrialWorld::complain(const std::string& text) {
  if (violation.empty()) violation = text;
}

namespace {

// A broker changes no task before it has put it.
bool is_possible(const broker::StoreOp& op, const StoreState& state) {
  return std::visit(
      [&](const auto& one) {
        using Op = std::decay_t<decltype(one)>;
        constexpr bool kOfTask = std::is_same_v<Op, broker::Reschedule> || std::is_same_v<Op, broker::Dispatch> ||
                                 std::is_same_v<Op, broker::Finish> || std::is_same_v<Op, broker::Forget> ||
                                 std::is_same_v<Op, broker::Requeue>;
        return !kOfTask || state.tasks.contains(one.seq);
      },
      op);
}

}  // namespace

// ---- One life after another -----------------------------------------------------------------------------------------

void SimBroker::run(bool last) {
  do {
    try {
      live(last);
    } catch (const Violation& violation) {
      world_.complain(name_ + ": " + violation.what());
    }
    world_.turns.yield();
  } while (!last && !world_.is_ending && world_.violation.empty());
}

broker::PostgresOptions SimBroker::options(bool last) {
  broker::PostgresOptions options;
  options.address = broker::ServerAddress::parse("postgresql:///forkmill").value();
  options.owner = name_ + "." + std::to_string(++lives_);
  options.endpoints = "tcp://" + name_;
  options.waits = world_.random.chance(world_.chances.waits);
  options.stopped = [this, last] { return world_.is_ending && !last; };
  options.warn = [this](const std::string& text) { world_.say(name_ + " warns: " + text); };
  options.surroundings.connect = [this](const broker::ServerAddress&, const broker::Patience&) {
    return std::make_unique<SimSession>(world_.servers, world_.random, world_.chances.connection,
                                        is_renewing_ ? nullptr : &world_.turns);
  };
  options.surroundings.sleep = [this](std::chrono::milliseconds) { world_.turns.yield(); };
  options.surroundings.hold_lease = [this](broker::LeaseKeeper::Connect connect, broker::Tenure tenure) {
    return std::make_unique<PlayedLease>(*this, std::move(connect), tenure);
  };
  return options;
}

void SimBroker::renew_lease() {
  if (lease_ != nullptr) lease_->renew();
}

void SimBroker::live(bool last) {
  PostgresStore store{options(last)};
  Opened opened;
  if (!open(store, opened)) return;
  for (auto steps = last ? 0 : world_.random.below(world_.chances.steps + 1); steps > 0; --steps) {
    if (!take_step(store, opened)) return;
    world_.turns.yield();
  }
  world_.say(name_ + " ends in order");
}

bool SimBroker::is_undisturbed(const Opened& opened) const {
  return world_.is_last(opened.epoch) && world_.lineage.restores() == opened.restores;
}

bool SimBroker::accept(const proto::Status& status, const Opened& opened) {
  if (status.ok()) return true;
  world_.say(name_ + " fails: " + status.failure().text);
  ++world_.counts.deposed;
  if (is_undisturbed(opened)) throw Violation{"the store fails without a reason: " + status.failure().text};
  return false;
}

bool SimBroker::open(PostgresStore& store, Opened& opened) {
  opened.restores = world_.lineage.restores();
  const auto turn = store.await();
  if (!turn.ok() || !turn.value()) return false;  // the server was out of reach from the start
  const auto identity = store.open();
  if (!identity.ok()) return false;
  opened.epoch = identity->epoch.value();
  opened.last = identity->last;
  world_.highest_epoch = std::max(world_.highest_epoch, opened.epoch);
  world_.say(name_ + " opens: epoch " + std::to_string(opened.epoch) + ", commit " +
             std::to_string(opened.last.value()));
  if (!find_base(store, opened)) return false;
  ++world_.counts.openings;
  world_.lineage.opened(opened.base, opened.epoch, identity->last_seq);
  opened.now = world_.lineage.state(opened.base);
  opened.now.last_seq = identity->last_seq;
  return true;
}

bool SimBroker::find_base(PostgresStore& store, Opened& opened) {
  std::string text = "commit " + std::to_string(opened.last.value()) + " was never tried";
  for (const Lineage::Id id : world_.lineage.candidates(opened.last)) {
    proto::Status status;
    const StoreState expected = world_.lineage.state(id);  // a copy: other brokers add commits meanwhile
    text = difference(expected, store, status);
    if (!accept(status, opened) || !is_undisturbed(opened)) return false;
    if (!text.empty()) continue;
    opened.base = id;
    return true;
  }
  if (is_undisturbed(opened)) throw Violation{"an opening finds what no commit left: " + text};
  return false;
}

// ---- Steps ----------------------------------------------------------------------------------------------------------

bool SimBroker::take_step(PostgresStore& store, Opened& opened) {
  const std::uint64_t roll = world_.random.below(20);
  if (roll < 8) return apply(store, opened);
  if (roll < 15) return commit(store, opened);
  if (roll < 18) return fetch(store, opened);
  return accept(store.still_owned(), opened);
}

bool SimBroker::apply(PostgresStore& store, Opened& opened) {
  std::vector<broker::StoreOp> ops;
  for (auto count = world_.random.between(1, world_.chances.batch); count > 0; --count) {
    auto op = world_.author.write(opened.now);
    if (!is_possible(op, opened.now)) continue;
    opened.now.apply(op);
    ops.push_back(std::move(op));
  }
  return accept(store.apply(ops), opened);
}

bool SimBroker::commit(PostgresStore& store, Opened& opened) {
  const proto::CommitSeq number{opened.last.value() + world_.random.between(1, 3)};
  const auto id = world_.lineage.attempt(opened.base, opened.epoch, number, opened.now, opened.restores);
  if (!accept(store.commit(number), opened)) return false;
  world_.say(name_ + " acknowledges commit " + std::to_string(number.value()));
  world_.lineage.acknowledged(id);
  ++world_.counts.commits;
  opened.base = id;
  opened.last = number;
  return true;
}

bool SimBroker::fetch(PostgresStore& store, Opened& opened) {
  std::vector<proto::TaskSeq> wanted;
  std::vector<broker::StoredTask> expected;
  const auto& tasks = opened.now.tasks;
  const std::uint64_t first = world_.author.some_task(opened.now).value();
  for (std::uint64_t at = first; at < first + 5; ++at) {
    wanted.emplace_back(at);
    if (const auto found = tasks.find(proto::TaskSeq{at}); found != tasks.end()) expected.push_back(found->second);
  }
  std::vector<broker::StoredTask> found;
  const auto status = store.fetch(wanted, [&](broker::StoredTask task) { found.push_back(std::move(task)); });
  if (!accept(status, opened)) return false;
  if (!(found == expected) && is_undisturbed(opened)) throw Violation{"fetched tasks differ from the model"};
  return true;
}

}  // namespace forkmill::sim
