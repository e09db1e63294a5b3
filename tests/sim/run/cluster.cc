#include "tests/sim/run/cluster.h"

#include <algorithm>

#include "proto/check.h"
#include "tests/sim/audits/require.h"
#include "tests/sim/run/faults.h"
#include "tests/sim/shards/sharded_cluster.h"
#include "tests/sim/world/paths.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

// Results that no client will ever fetch may fill a queue until their time is over; all else is far quicker.
constexpr Instant kPatience = 90min;
constexpr Instant kLook = 100ms;
constexpr Instant kSteering = 1s;  // how often what is paused is resumed at the end
// Operations on objects end with their waits, and those end early.
constexpr Instant kPatienceOfUsers = 5min;

class Cluster {
 public:
  Cluster(const Options& options, bool verbose) : world_{options, verbose} {
    broker_.start();
    for (std::size_t i = 0; i < options.workers; ++i)
      workers_.push_back(std::make_unique<WorkerNode>(world_, network_, history_, i, settler()));
    for (std::size_t i = 0; i < options.clients; ++i)
      clients_.push_back(make_client("client-" + std::to_string(i), {0, 0, principal_of(i)}));
  }

  void run() {
    const Instant begin = world_.now();
    const Instant end = begin + world_.options.safety;
    schedule_users(begin, end);
    faults_.begin(end);
    while (world_.step(end)) {
    }
    world_.at(end, [this] { faults_.mend(); });
    await_quiet(end);
    if (!history_.futures().all_ended() || !broker_idle())
      world_.trace.note(world_.now(), "broker", "is left with" + unfinished());
    history_.futures().check_all_ended();
    require(broker_idle(), "14", [&] { return "tasks are left that do not end:" + unfinished(); });
    if (!orders_done()) throw Violation{"invariant 15: a worker has not carried out an order of an operator"};
    survey();
    finish_objects();
  }

  Report report() const {
    return {{},      world_.trace.hash(),          world_.events(),  world_.trace.lines(), faults_.count(),
            visits_, world_.now() - World::kBegin, history_.counts()};
  }

 private:
  std::uint64_t principal_of(std::size_t client) const {
    const std::size_t principals = world_.options.principals;
    return principals == 1 ? 0 : 1 + client % principals;
  }
  std::unique_ptr<ClientNode> make_client(std::string name, ClientNode::Home home) {
    return std::make_unique<ClientNode>(world_, network_, history_, objects_, workload_, std::move(name), home);
  }
  // Clients that are gone stay in `families_`: events that they planned still find them.
  WorkerNode::Settler settler() {
    return [this](const std::string& worker, std::uint64_t instance, std::uint32_t pid) -> ClientNode* {
      constexpr std::size_t kMax = 40;
      if (families_.size() == kMax) return nullptr;
      families_.push_back(make_client(worker + "/" + std::to_string(pid), {instance, pid, 0}));
      families_.back()->users().act_both();
      return families_.back().get();
    };
  }

  // Users come at random; what is left of the tasks comes at the end.
  void schedule_users(Instant begin, Instant end) {
    const auto visits = 2 * world_.options.tasks / (world_.options.burst + 1) + 1;
    for (std::size_t i = 0; i < visits; ++i) schedule(begin, end, [](ClientNode& one) { one.users().act(); });
    for (std::size_t i = 0; i < world_.options.objects.visits; ++i)
      schedule(begin, end, [](ClientNode& one) { one.users().objects().act(); });
  }

  void schedule(Instant begin, Instant end, void (*visit)(ClientNode&)) {
    const Instant when = world_.random.between(begin, end);
    ClientNode& client = *world_.random.pick(clients_);
    if (!world_.options.no_visits.contains(++visits_)) world_.at(when, [&client, visit] { visit(client); });
  }

  // Reads what the broker tells people at the end.
  void survey() {
    clients_.front()->users().tasks().survey().begin();
    const Instant begin = world_.now();
    const auto answered = [this] {
      return std::all_of(clients_.begin(), clients_.end(),
                         [](const auto& one) { return one->users().tasks().cancels_answered(); });
    };
    const auto over = [&] { return clients_.front()->users().tasks().survey().done() && answered(); };
    for (Instant look = begin; !over() && look < begin + kPatienceOfUsers; look += kLook) run_until(look);
    if (!clients_.front()->users().tasks().survey().done())
      throw Violation{"invariant 14: a list of tasks does not come to its end"};
    if (!answered()) throw Violation{"invariant 14: a client still waits for the answer to a cancellation"};
  }

  bool broker_idle() const { return broker_.up() && StateAudit::idle(broker_.core().state()); }
  // Whether workers have carried out all orders of operators.
  bool orders_done() const {
    return std::ranges::all_of(broker_.core().state().workers, [](const auto& worker) {
      return !worker.second->orders.drain && worker.second->orders.children == 0;
    });
  }
  std::string unfinished() const { return broker_.up() ? StateAudit::unfinished(broker_.core().state()) : ""; }

  bool users_idle() {
    return objects_.all_ended() &&
           std::all_of(clients_.begin(), clients_.end(), [](const auto& one) { return one->users().objects().idle(); });
  }

  void run_until(Instant end) {
    while (world_.step(end)) {
    }
  }

  // Waits until the holds of gone clients have come back; then a client reads what is left.
  void finish_objects() {
    if (world_.options.objects.shared.empty()) return;
    run_until(world_.now() + 3 * world_.options.core.session_timeout + 10s);
    ObjectAudit::nothing_held(broker_.core());
    clients_.front()->users().objects().finish();
    const Instant begin = world_.now();
    for (Instant look = begin; !users_idle() && look < begin + kPatienceOfUsers; look += kLook) run_until(look);
    if (!users_idle()) throw Violation{"objects: what is left of them cannot be read"};
    objects_.check();
    leave();
  }

  // Objects are removed, and all clients leave: nothing may be left of them.
  void leave() {
    clients_.front()->users().objects().remove_all();
    const Instant begin = world_.now();
    for (Instant look = begin; !users_idle() && look < begin + kPatienceOfUsers; look += kLook) run_until(look);
    if (!users_idle()) throw Violation{"objects: they cannot be removed"};
    for (const auto& client : clients_) client->crash();
    for (const auto& client : families_) client->crash();
    run_until(world_.now() + 3 * world_.options.core.session_timeout + 10s);
    ObjectAudit::nothing_left(broker_.core());
  }

  // Ends what operators have paused and limited, also by commands that arrive late.
  void end_steering() {
    if (broker_.up()) clients_.front()->users().tasks().steering().end_all(broker_.core().state().controls);
  }

  void await_quiet(Instant from) {
    for (Instant look = from; look < from + kPatience; look += kLook) {
      run_until(look);
      if ((look - from) % kSteering == Instant{0}) end_steering();
      if (look > from + kPatienceOfUsers && !users_idle()) throw Violation{"objects: an operation does not end"};
      if (look > from && history_.futures().all_ended() && broker_idle() && users_idle() && orders_done()) return;
    }
  }

  World world_;
  ForcedPaths paths_{world_.options};
  History history_{world_};
  ObjectHistory objects_{world_};
  Network network_{world_};
  BrokerNode broker_{world_, network_, history_, objects_};
  Workload workload_{world_};
  std::vector<std::unique_ptr<ClientNode>> families_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
  std::vector<std::unique_ptr<ClientNode>> clients_;
  Faults faults_{world_, {network_, broker_, clients_, workers_}};
  std::uint64_t visits_ = 0;
};

#ifdef FORKMILL_MUTANTS
void throw_violation(const char* what, const char* file, int line) {
  throw Violation{"broken assumption: " + std::string{what} + " in " + file + ":" + std::to_string(line)};
}
#endif

}  // namespace

Report simulate(const Options& options, bool verbose) {
#ifdef FORKMILL_MUTANTS
  proto::on_check_failed = throw_violation;
#endif
  if (options.sharding.shards > 1) return simulate_sharded(options, verbose);
  return report_of(*std::make_unique<Cluster>(options, verbose));
}

}  // namespace forkmill::sim
