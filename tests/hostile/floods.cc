#include "tests/hostile/floods.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "proto/os/real_env.h"
#include "tests/e2e/security/raw_peer.h"
#include "tests/hostile/peer.h"

namespace forkmill::hostile {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using tests::RawPeer;

constexpr std::size_t kBatch = 256;  // tasks or operations of one message

void rest(milliseconds pause) {
  if (pause > 0ms) ::poll(nullptr, 0, static_cast<int>(pause.count()));
}

// Ends with its submitter's session, so that nothing of it stays at a broker that is left alone.
proto::Submission task(proto::RealEnv& env, std::string queue, std::string name) {
  proto::TaskSpec spec{std::move(queue), std::move(name), 0, {}};
  spec.options.durability = proto::Durability::memory;
  spec.options.daemon = true;
  const auto now = static_cast<std::uint64_t>(env.now().unix_time.count());
  return {TaskId::make(now, env.random(), env.random()), std::make_shared<const proto::TaskSpec>(std::move(spec)),
          proto::Payload::copy(std::string(64, 'x'))};
}

// Sends what `make` returns over one session, as fast as it is taken, until the broker or the way to it ends that.
template <class Make>
void pour(const Target& target, bool reads, Make make) {
  Peer peer{target};
  if (!peer.greet()) return rest(100ms);
  target.reached();
  auto heard = std::chrono::steady_clock::now();
  for (;;) {
    if (peer.send(make())) {
      heard = std::chrono::steady_clock::now();
      rest(target.pause);
    } else if (std::chrono::steady_clock::now() - heard > 15s) {
      return;
    } else {
      rest(std::max(target.pause, milliseconds{1}));
    }
    if (!(reads ? peer.read() : peer.is_up())) return;
  }
}

void submits(const Target& target) {
  proto::RealEnv env;
  pour(target, true, [&] {
    proto::Submit submit;
    for (std::size_t i = 0; i < kBatch; ++i) submit.tasks.push_back(task(env, "hostile", "hostile.none"));
    return submit;
  });
}

void names(const Target& target) {
  proto::RealEnv env;
  std::uint64_t number = 0;
  const auto unheard = [&] { return "hostile-" + std::to_string(env.random()); };
  pour(target, true, [&]() -> proto::Message {
    proto::Submit submit;
    proto::Operate operate;
    const bool of_objects = env.random() % 2 == 0;
    for (std::size_t i = 0; i < kBatch; ++i) {
      if (!of_objects) {
        submit.tasks.push_back(task(env, unheard(), unheard()));
        continue;
      }
      proto::Operation& open = operate.operations.emplace_back();
      open.number = ++number;
      open.verb = proto::Verb::open;
      open.spec = proto::ObjectSpec{unheard(), proto::ObjectKind::lock,  0, 0, proto::kObjectOwned,
                                    0,         proto::Durability::memory};
    }
    operate.answered = number < 2 * kBatch ? 0 : number - 2 * kBatch;
    if (of_objects) return operate;
    return submit;
  });
}

void unread(const Target& target) {
  std::uint64_t number = 0;
  pour(target, false, [&] { return proto::Query{++number, proto::QueryKind::queues, "", {}}; });
}

void hellos(const Target& target) {
  constexpr int kOverOne = 200;
  Peer peer{target};
  if (!peer.greet()) return rest(100ms);
  target.reached();
  for (int i = 0; i < kOverOne; ++i) {
    if (!peer.hello() || !peer.read()) return;
    rest(target.pause);
  }
}

// Ends attempts that it guesses: those of this epoch and of the one before, up to the last number that it knows.
proto::Outcomes outcomes_of(const std::vector<proto::Grant>& grants, std::uint64_t credit) {
  proto::Outcomes outcomes;
  outcomes.credit = credit;
  for (const proto::Grant& grant : grants) {
    proto::Outcome outcome;
    outcome.attempt = grant.attempt;
    outcome.value = proto::Payload::copy("forged");
    outcomes.outcomes.push_back({grant, std::move(outcome), proto::milliseconds{-1}, 1});
  }
  return outcomes;
}

std::vector<proto::Grant> grants_up_to(const proto::Grant& last) {
  constexpr std::uint64_t kMost = 2000;
  std::vector<proto::Grant> all;
  for (std::uint64_t back = 0; back < std::min(last.seq.value(), kMost); ++back) {
    const proto::TaskSeq seq{last.seq.value() - back};
    for (const std::uint32_t attempt : {1U, 2U}) all.push_back({last.epoch, seq, proto::Attempt{attempt}});
    if (last.epoch.value() > 1) all.push_back({proto::Epoch{last.epoch.value() - 1}, seq, proto::Attempt{1}});
  }
  return all;
}

// Each round is another worker. Tasks of its own principal, which it is granted, tell it the numbers of the last tasks.
void claims(const Target& target) {
  constexpr std::uint32_t kProcesses = 1000;
  constexpr std::uint64_t kCredit = 16;
  proto::RealEnv env;
  Peer client{target};
  if (!client.greet()) return rest(100ms);
  proto::Grant last;
  for (;;) {
    proto::Hello hello;
    hello.role = proto::Role::worker;
    hello.worker.queues = {"hostile"};
    hello.worker.tasks = {{"hostile.none", ""}};
    hello.worker.holding = grants_up_to(last);
    hello.worker.holding_store = client.welcome().store;
    Peer worker{target, std::move(hello)};
    if (!worker.greet()) return rest(100ms);
    target.reached();
    worker.send(proto::Credit{worker.welcome().granted + kCredit});
    client.send(proto::Submit{{task(env, "hostile", "hostile.none")}});
    const proto::Grant before = last;
    const auto hear = [&](const proto::Message& message) {
      if (const auto* granted = std::get_if<proto::Grants>(&message))
        for (const auto& one : granted->tasks) last = one.grant;
    };
    for (const auto end = std::chrono::steady_clock::now() + 1s;
         last == before && std::chrono::steady_clock::now() < end; worker.wait(100ms))
      if (!worker.read(hear)) break;
    worker.send(outcomes_of(grants_up_to(last), worker.welcome().granted + kCredit));
    worker.send(proto::Return{grants_up_to(last), 0, {}, {}});
    proto::ChildrenGone gone;
    for (std::uint32_t i = 0; i < kProcesses; ++i)
      gone.pids.push_back(static_cast<std::uint32_t>(env.random() % (std::uint64_t{1} << 22)));
    worker.send(std::move(gone));
    worker.send(proto::Goodbye{});
    worker.wait(100ms);
    if (!client.read()) return;
    rest(target.pause);
  }
}

const std::string& strangers_of(const Target& target) {
  return target.strangers.empty() ? target.endpoint : target.strangers;
}

void garbage(const Target& target) {
  proto::RealEnv env;
  RawPeer peer{strangers_of(target)};
  if (!peer.greet()) return rest(target.pause);
  target.reached();
  for (;;) {
    std::string bytes;
    for (std::size_t i = 0; i < kBatch; ++i) {
      std::string content(env.random() % 300, '\0');
      std::generate(content.begin(), content.end(), [&] { return static_cast<char>(env.random()); });
      bytes += tests::zmtp_frame(content, env.random() % 4 == 0);
    }
    if (!peer.send(bytes, 1s)) return;
    rest(target.pause);
  }
}

void slow(const Target& target) {
  constexpr std::size_t kMany = 100;
  const std::string greeting = std::string{"\xFF\0\0\0\0\0\0\0\1\x7F\3\1NULL", 16};
  struct Loris {
    RawPeer peer;
    std::size_t sent = 0;
  };
  std::deque<std::unique_ptr<Loris>> all;
  for (;;) {
    while (all.size() < kMany) all.push_back(std::make_unique<Loris>(Loris{RawPeer{strangers_of(target)}, 0}));
    for (auto& one : all) {
      const char byte = one->sent < greeting.size() ? greeting[one->sent] : '\0';
      ++one->sent;
      if (one->peer.send({&byte, 1}, 1ms))
        target.reached();
      else
        one.reset();
    }
    std::erase(all, nullptr);
    rest(std::max(target.pause, milliseconds{20}));
  }
}

}  // namespace

const std::vector<Flood>& floods() {
  static const std::vector<Flood> all{{"submits", "valid tasks over their quota", submits},
                                      {"hellos", "HELLO storms", hellos},
                                      {"garbage", "garbage", garbage},
                                      {"slow", "slow loris", slow},
                                      {"unread", "peers that never read", unread},
                                      {"names", "names over their quota", names},
                                      {"claims", "claims of the tasks of others", claims}};
  return all;
}

}  // namespace forkmill::hostile
