#include "tests/chaos/cluster.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/transport/keys/key_files.h"
#include "tests/bench/measure/child.h"
#include "tests/processes.h"

namespace forkmill::chaos {

namespace {

constexpr std::int64_t kMemberRestartPause = 300'000;  // microseconds
constexpr int kMemberEndInOrder = 40'000;              // milliseconds

// Floods by a principal of its own need keys. Without them all peers are one principal, without quotas: then no names
// or tasks are poured in, which would take the room of others.
std::vector<std::string> floods(bool with_keys) {
  std::vector<std::string> names{"hellos", "slow", "garbage", "unread"};
  if (with_keys) names.insert(names.end(), {"submits", "names", "claims"});
  return names;
}

}  // namespace

Cluster::Cluster(std::string folder, bool isolated, std::uint64_t seed, const Setup& setup)
    : folder_{std::move(folder)},
      seed_{seed},
      setup_{setup},
      journal_{folder_ + "/ring.journal"},
      clock_{folder_ + "/clock", CHAOS_CLOCK_LIBRARY},
      listeners_{listeners(isolated, setup.brokers)} {
  std::filesystem::create_directory(data_folder());
  if (isolated) {
    own_disk_ = setup.brokers == 1 && mount_disk(data_folder(), kDiskBytes);
    far_.emplace();
  }
  if (far() != nullptr) make_keys();
  if (setup.brokers > 1) {
    std::filesystem::permissions(folder_, std::filesystem::perms{0711});
    database_ = std::make_unique<Database>(folder_ + "/database", setup.brokers, isolated);
  }
  make_members();
  brokers_ = std::make_unique<Brokers>(
      listeners_, [this](std::size_t number) { return broker_command(number); },
      [this](const std::string& text) { trouble(text); }, [this] { unsettle(0); });
  for (auto& member : members_) start(member);
  if (setup.hostile) start_hostile();
}

std::vector<Brokers::Listener> Cluster::listeners(bool isolated, std::size_t count) const {
  std::vector<Brokers::Listener> all;
  for (std::size_t i = 0; i < count; ++i) {
    constexpr int kFirst = 7117;
    constexpr int kApart = 100;  // shards have the ports above that of their broker
    const int above = setup_.shards > 1 ? static_cast<int>(setup_.shards) : 0;
    const auto port =
        static_cast<std::uint16_t>(isolated ? kFirst + kApart * static_cast<int>(i) : bench::free_port(above));
    all.push_back({port, folder_ + "/socket" + (i == 0 ? "" : "-" + std::to_string(i + 1))});
  }
  return all;
}

void Cluster::make_members() {
  for (int i = 0; i < kWorkers + kClients; ++i) {
    Member member;
    member.worker = i < kWorkers;
    member.number = member.worker ? i + 1 : i - kWorkers + 1;
    member.far = member.number == 2 && far() != nullptr;
    const bool is_proxied = member.number == 1 || (member.number == 2 && !member.far);
    for (const auto& listener : listeners_) {
      if (!is_proxied) break;
      proxies_.push_back(std::make_unique<Proxy>(listener.port));
      member.proxies.push_back(proxies_.back().get());
    }
    members_.push_back(std::move(member));
  }
}

// A broker that the far machine reaches needs keys: its own, one for all workers, one for all clients, and one for
// hostile peers, with quotas.
void Cluster::make_keys() {
  std::string authorized;
  for (const std::string role : {"broker", "worker", "client", "hostile"}) {
    const auto pair = proto::make_key_pair();
    if (!proto::write_key_pair(folder_ + "/" + role + ".key", pair).ok()) throw std::runtime_error{folder_};
    if (role == "worker" || role == "client")
      authorized += role + "s worker,client " + to_string(pair.public_key) + "\n";
    if (role == "hostile")
      authorized += "hostile client,worker " + to_string(pair.public_key) +
                    " serve=hostile* max-queued=1000 max-queued-bytes=1MiB max-objects=1000 max-object-bytes=1MiB "
                    "max-result-bytes=8MiB\n";
  }
  std::ofstream{folder_ + "/authorized_keys"} << authorized;
}

// `role`: "broker", "worker" or "client".
std::vector<std::string> Cluster::environment(const std::string& role) const {
  std::vector<std::string> variables = clock_.environment();
  if (role == "broker") {
    variables.push_back(far() == nullptr ? "FORKMILL_INSECURE=true" : "FORKMILL_SERVER_KEY=" + folder_ + "/broker.key");
    if (far() != nullptr) variables.push_back("FORKMILL_AUTHORIZED_KEYS=" + folder_ + "/authorized_keys");
  } else if (far() != nullptr) {
    variables.push_back("FORKMILL_KEY=" + folder_ + "/" + role + ".key");
    variables.push_back("FORKMILL_SERVER_PUBLIC_KEY=" + folder_ + "/broker.key.pub");
  }
  return variables;
}

Start Cluster::broker_command(std::size_t number) const {
  const std::string address = far() != nullptr ? "0.0.0.0" : "127.0.0.1";
  const auto& listener = listeners_[number];
  Start start{{FORKMILL_BROKER_PROGRAM, "--listen",
               "tcp://" + address + ":" + std::to_string(listener.port) + ",ipc://" + listener.socket,
               "--session-timeout", std::to_string(kSessionTimeout / 1000) + "ms", "--heartbeat", "1s", "--result-ttl",
               "240h", "--key-window", "240h", "--kept-results", "150000", "--kept-result-bytes", "128M",
               "--dead-letters", "1000"}};
  if (setup_.shards > 1) {
    const std::string reached = far() != nullptr ? far()->address() : address;
    start.argv.insert(start.argv.end(),
                      {"--shards", std::to_string(setup_.shards), "--advertise",
                       "tcp://" + reached + ":" + std::to_string(listener.port) + ",ipc://" + listener.socket});
  }
  if (database_)
    start.argv.insert(start.argv.end(), {"--store", database_->url(number)});
  else
    start.argv.insert(start.argv.end(), {"--data", data_folder(), "--disk-reserve", "24M"});
  // A grace of a minute would be an hour of the wall clocks.
  if (setup_.speed > 1) start.argv.insert(start.argv.end(), {"--timeout-grace", "3s"});
  if (setup_.hostile)
    start.argv.insert(start.argv.end(), {"--memory-limit", std::to_string(BrokerCost::kMemoryLimit >> 20) + "MiB"});
  start.environment = environment("broker");
  start.log = folder_ + "/broker" + (number == 0 ? "" : "-" + std::to_string(number + 1)) + ".log";
  return start;
}

pid_t Cluster::serving_process(sim::Random& random) {
  if (!broker().runs() || setup_.shards == 1) return broker().pid();
  const auto all = tests::children_of(broker().pid(), "forkmill-broker");
  return all.empty() ? 0 : random.pick(all);
}

void Cluster::unsettle(std::int64_t how_long) {
  journal_.append("R");
  out_of_reach(0, now_us(), now_us() + how_long + kSessionTimeout);
}

std::string Cluster::sockets() const {
  std::string all;
  for (const auto& listener : listeners_) all += (all.empty() ? "ipc://" : ",ipc://") + listener.socket;
  return all;
}

std::string Cluster::endpoint_of(const Member& member) const {
  if (!member.is_proxied() && !member.far) return sockets();
  std::string all;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    all += (all.empty() ? "" : ",") + (member.is_proxied()
                                           ? member.proxies[i]->endpoint()
                                           : "tcp://" + far()->address() + ":" + std::to_string(listeners_[i].port));
  }
  return all;
}

std::string Cluster::journal_of(const Member& member, int life) const {
  return folder_ + "/" + member.name() + "." + std::to_string(life) + ".journal";
}

std::vector<std::string> Cluster::client_journals() const {
  std::vector<std::string> all;
  for (const auto& member : members_)
    for (int life = 1; !member.worker && life <= member.life; ++life) all.push_back(journal_of(member, life));
  return all;
}

void Cluster::start(Member& member) {
  ++member.life;
  due_.erase(member.name());
  excused_.erase(member.name());
  member.worker ? start_worker(member) : start_client(member);
}

void Cluster::start_worker(Member& member) {
  Start start{{CHAOS_WORKER_PROGRAM, "--broker", endpoint_of(member), "--name", member.name(), "--processes",
               std::to_string(member.number == 3 ? 2 : 3), "--kill-grace", "200ms", "--drain-timeout", "3s"}};
  if (setup_.shards > 1) start.argv.insert(start.argv.end(), {"--queues", std::string{"default,"} + kSpreadQueue});
  start.environment = environment("worker");
  start.environment.push_back("CHAOS_JOURNAL=" + folder_ + "/" + member.name() + ".journal");
  start.environment.push_back("CHAOS_WORKER=" + std::to_string(member.number));
  start.log = folder_ + "/" + member.name() + ".log";
  if (member.far) start.network = far()->network();
  member.program = Program{start};
}

void Cluster::start_client(Member& member) {
  Start start{{CHAOS_CLIENT_PROGRAM, "--endpoint", endpoint_of(member), "--name",
               member.name() + "." + std::to_string(member.life), "--folder", folder_, "--journal",
               journal_of(member, member.life), "--pace", std::to_string(setup_.pace.count()), "--seed",
               std::to_string(seed_ * 1000 + static_cast<std::uint64_t>(member.number * 100 + member.life))}};
  if (member.life > 1) {
    start.argv.push_back("--predecessor");
    start.argv.push_back(journal_of(member, member.life - 1));
  }
  if (database_) start.argv.push_back("--durable");  // tasks in memory end with an owner that is deposed
  if (setup_.shards > 1) start.argv.push_back("--spread");
  start.environment = environment("client");
  start.log = folder_ + "/" + member.name() + ".log";
  start.talks = true;
  if (member.far) start.network = far()->network();
  member.program = Program{start};
  if (calm_) member.program.tell("calm");
}

void Cluster::start_hostile() {
  const std::string port = std::to_string(listeners_.front().port);
  Start start{{FORKMILL_HOSTILE_PROGRAM, "--pause", "20", "--endpoint", "tcp://127.0.0.1:" + port, "--strangers",
               "ipc://" + listeners_.front().socket}};
  if (far() != nullptr)
    start.argv.insert(start.argv.end(),
                      {"--key", folder_ + "/hostile.key", "--server-public-key", folder_ + "/broker.key.pub"});
  std::ranges::copy(floods(far() != nullptr), std::back_inserter(start.argv));
  start.log = folder_ + "/hostile.log";
  hostile_ = Program{start};
  cost_.emplace();
}

void Cluster::end_hostile() {
  if (!cost_) return;
  if (const auto status = hostile_.ended()) trouble("the hostile peers ended by themselves: " + describe_end(*status));
  hostile_ = {};
  std::ifstream log{folder_ + "/hostile.log"};
  const std::string said{std::istreambuf_iterator<char>{log}, {}};
  for (const std::string& flood : floods(far() != nullptr))
    if (said.find(flood + " has reached the broker") == std::string::npos)
      trouble(flood + " has never reached the broker");
  for (const std::string& text : cost_->too_much(broker_log())) trouble(text);
  cost_.reset();
}

void Cluster::out_of_reach(int worker, std::int64_t from, std::int64_t until) {
  journal_.append("K " + std::to_string(worker) + " " + std::to_string(from) + " " + std::to_string(until));
}

void Cluster::trouble(const std::string& text) {
  std::fprintf(stderr, "chaos: %s\n", text.c_str());
  troubles_.push_back(text);
}

// The ring kills with SIGKILL only; a SIGTERM that comes before a program has begun to wait for it kills as well. A
// program that is excused may exit, cleanly or because it can not go on, but must not crash.
bool Cluster::has_reason(int status, std::int64_t excused_until) {
  const bool is_excused = now_us() <= excused_until;
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL || (WTERMSIG(status) == SIGTERM && is_excused);
  return is_excused;
}

// ---- While the ring runs --------------------------------------------------------------------------------------------

void Cluster::tend() {
  if (database_) database_->tend();
  brokers_->tend();
  if (cost_) cost_->look(broker().pid());
  for (auto& member : members_) {
    reap(member);
    if (const auto due = due_.find(member.name()); due != due_.end() && now_us() >= due->second) start(member);
  }
}

void Cluster::wait(std::int64_t until, std::vector<int> signs) const {
  constexpr std::int64_t kLook = 500'000;  // microseconds: a signal may have arrived just before poll()
  until = std::min(until, now_us() + kLook);
  until = brokers_->due(until);
  for (const auto& [name, due] : due_) until = std::min(until, due);
  for (const auto& member : members_) signs.push_back(member.program.handle());
  for (const int sign : brokers_->signs()) signs.push_back(sign);
  std::vector<pollfd> all;
  for (const int sign : signs)
    all.push_back({sign, POLLIN, 0});  // a program that does not run has −1, which poll() ignores
  const std::int64_t left = std::max<std::int64_t>(until - now_us(), 0);
  ::poll(all.data(), all.size(), static_cast<int>((left + 999) / 1000));
}

void Cluster::reap(Member& member) {
  const auto status = member.program.ended();
  if (!status) return;
  if (!has_reason(*status, excused_[member.name()]) && (!calm_ || *status != 0))
    trouble(member.name() + " ended by itself: " + describe_end(*status));
  if (member.worker) out_of_reach(member.number, now_us() - kSessionTimeout, now_us() + kSessionTimeout);
  if (!member.worker && *status != 0) journal_.append("D " + member.name() + "." + std::to_string(member.life));
  if (!calm_ || member.worker || *status != 0) due_[member.name()] = now_us() + kMemberRestartPause;
}

// ---- The end --------------------------------------------------------------------------------------------------------

void Cluster::calm() {
  calm_ = true;
  for (auto& member : members_)
    if (!member.worker) member.program.tell("calm");
}

bool Cluster::clients_ended() const {
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    return member.worker || (!member.program.runs() && !due_.contains(member.name()));
  });
}

bool Cluster::sweep(int seconds) {
  Start start{{CHAOS_CLIENT_PROGRAM, "--endpoint", sockets(), "--name", "sweep", "--folder", folder_, "--journal",
               folder_ + "/sweep.journal", "--sweep", std::to_string(began_)}};
  start.log = folder_ + "/sweep.log";
  Program program{start};
  const auto end = now_us() + std::int64_t{seconds} * 1'000'000;
  while (now_us() < end && !asked_to_end()) {
    tend();
    if (const auto status = program.ended()) return *status == 0;
    wait(end, {program.handle()});
  }
  return false;
}

void Cluster::stop() {
  for (auto& member : members_) {
    if (!member.program.runs()) continue;
    member.program.signal(SIGTERM);
    const int status = member.program.end_within(kMemberEndInOrder);
    if (status != 0) trouble(member.name() + " did not end cleanly: " + describe_end(status));
  }
  brokers_->stop();
}

}  // namespace forkmill::chaos
