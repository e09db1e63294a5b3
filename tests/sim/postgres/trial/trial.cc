#include "tests/sim/postgres/trial/trial.h"

#include <algorithm>

#include "tests/sim/postgres/trial/broker.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

class ServerTrial {
 public:
  ServerTrial(std::uint64_t seed, const ServerFaults& faults, bool verbose) : world_{seed, faults} {
    world_.verbose = verbose;
    for (std::uint64_t i = 0; i < world_.chances.brokers; ++i) add("broker-" + std::to_string(i + 1), false);
  }

  // Threads use the brokers.
  ~ServerTrial() { world_.turns.end(); }
  ServerTrial(const ServerTrial&) = delete;
  ServerTrial& operator=(const ServerTrial&) = delete;

  ServerTrialReport run() {
    for (std::uint64_t round = 0; round < world_.chances.rounds; ++round) {
      go_wrong();
      go_on();
    }
    world_.say("all goes well from now on");
    world_.servers.heal();
    world_.chances.connection = {};
    world_.is_ending = true;
    await_end();
    // Epochs that no server shows any more were lost with a crash or promotion.
    world_.highest_epoch = 0;
    note_epochs();
    const std::uint64_t openings = world_.counts.openings;
    add("last", true);
    await_end();
    if (world_.counts.openings == openings) throw Violation{"the last broker did not open"};
    return {trace_ ^ world_.random.next(), world_.counts};
  }

 private:
  struct Place {
    std::unique_ptr<SimBroker> broker;
    std::size_t thread = 0;
    int paused = 0;  // rounds
  };

  void add(const std::string& name, bool last) {
    auto broker = std::make_unique<SimBroker>(world_, name);
    const std::size_t thread = world_.turns.add([its = broker.get(), last] { its->run(last); });
    places_.push_back({std::move(broker), thread});
  }

  void go_wrong() {
    Random& random = world_.random;
    const TrialChances& chances = world_.chances;
    SimServers& servers = world_.servers;
    if (random.chance(chances.kill)) kill(places_[random.below(places_.size())]);
    if (random.chance(chances.kill)) random.pick(places_).paused = static_cast<int>(random.between(5, 200));
    if (random.chance(chances.crash)) note("the primary crashes", world_.counts.crashes), servers.crash_primary();
    if (random.chance(chances.promote)) change_primary();
    if (random.chance(chances.cut)) servers.cut_standby(random.chance(0.5));
    if (--calm_ < 0 && random.chance(chances.unsafe)) change_standby_names();
    if (Backend* waiting = servers.some_waiting(); waiting != nullptr && random.chance(chances.end_wait))
      random.chance(0.5) ? waiting->cancel() : waiting->terminate();
    if (Backend* session = servers.some_session(); session != nullptr && random.chance(chances.end_session))
      session->terminate();
    if (random.chance(chances.restore)) restore();
    servers.pass_time(random.chance(chances.jump) ? static_cast<std::int64_t>(random.below(20'000)) - 10'000
                                                  : static_cast<std::int64_t>(random.below(60)));
  }

  // An operator does not take the names away and give them back within one commit.
  void change_standby_names() {
    constexpr int kLongest = 600;  // rounds of a commit
    calm_ = kLongest;
    bool& waits = world_.servers.primary().waits_for_standby;
    waits = !waits;
  }

  void change_primary() {
    if (world_.servers.has_standby())
      note("the standby is promoted", world_.counts.promotions), world_.servers.promote_standby();
    else
      world_.servers.join_standby();
  }

  void restore() {
    const std::uint64_t number = world_.servers.restore_backup();
    note("a backup is restored, of commit " + std::to_string(number), world_.counts.restores);
    world_.lineage.restored(number);
    world_.highest_epoch = 0;
  }

  void note(const std::string& text, std::uint64_t& count) {
    world_.say(text);
    ++count;
  }

  void kill(Place& place) {
    if (world_.turns.has_ended(place.thread)) return;
    world_.say("a broker is killed");
    ++world_.counts.kills;
    place.broker->die();
    world_.turns.kill(place.thread);
    world_.turns.run_one(place.thread);
    const std::string name = "broker-" + std::to_string(++names_ + world_.chances.brokers);
    place.broker = std::make_unique<SimBroker>(world_, name);
    place.thread = world_.turns.add([its = place.broker.get()] { its->run(false); });
  }

  // One turn of one broker, and what happens meanwhile.
  void go_on() {
    constexpr double kRenewal = 0.1;
    world_.servers.step();
    note_epochs();
    Place& place = world_.random.pick(places_);
    for (Place& one : places_)
      if (one.paused == 0 && world_.random.chance(kRenewal)) one.broker->renew_lease();
    if (place.paused > 0 && --place.paused > 0) return;
    if (world_.turns.has_ended(place.thread)) return;
    trace_ = trace_ * 31 + place.thread;
    world_.turns.run_one(place.thread);
    note_epochs();
    if (!world_.violation.empty()) throw Violation{world_.violation};
  }

  void note_epochs() {
    for (const SimServer* server : {&world_.servers.primary(), &world_.servers.other()})
      world_.highest_epoch = std::max(world_.highest_epoch, server->visible().epoch);
  }

  void await_end() {
    constexpr int kRounds = 200'000;
    for (Place& place : places_) place.paused = 0;
    for (int round = 0; round < kRounds; ++round) {
      if (std::all_of(places_.begin(), places_.end(),
                      [&](const Place& place) { return world_.turns.has_ended(place.thread); }))
        return;
      world_.servers.pass_time(30);
      go_on();
    }
    throw Violation{"a broker does not end although all goes well"};
  }

  TrialWorld world_;
  std::vector<Place> places_;
  std::uint64_t names_ = 0;
  int calm_ = 0;  // rounds until an operator may change the names of the standbys
  std::uint64_t trace_ = 0;
};

}  // namespace

ServerTrialReport run_server_trial(std::uint64_t seed, const ServerMutant* mutant, bool verbose) {
#ifdef FORKMILL_MUTANTS
  broker::chosen_postgres_mutant = mutant == nullptr ? broker::PostgresMutant::none : mutant->store;
#endif
  const ServerFaults faults = mutant == nullptr ? ServerFaults{} : mutant->faults;
  ServerTrial trial{seed, faults, verbose};
  return trial.run();
}

}  // namespace forkmill::sim
