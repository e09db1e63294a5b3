#include "tests/chaos/client_objects.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include "tests/chaos/tasks.h"

namespace forkmill::chaos {

using std::chrono::milliseconds;

namespace {
constexpr double kPuts = 0.55;  // share of visits to a queue that put an item
}

ObjectLoad::ObjectLoad(Client& client, Journal& journal, std::uint64_t seed, std::string who, std::string folder)
    : client_{client}, journal_{journal}, random_{seed}, who_{std::move(who)}, folder_{std::move(folder)} {}

std::string ObjectLoad::name(const char* kind) const { return std::string{kind} + "-" + std::to_string(period_); }
std::string ObjectLoad::unique() { return who_ + "." + std::to_string(++values_); }
milliseconds ObjectLoad::wait() { return milliseconds{random_.chance(0.3) ? 0 : random_.between(1, 1500)}; }
// Sleeping is the load here: it makes holders overlap.
void ObjectLoad::hold() { std::this_thread::sleep_for(milliseconds{random_.chance(0.7) ? 0 : random_.between(1, 60)}); }

void ObjectLoad::step() {
  period_ = now_us() / kObjectPeriod;
  try {
    switch (random_.below(7)) {
      case 0:
        return use_lock();
      case 1:
        return use_semaphore();
      case 2:
        return use_barrier();
      case 3:
        return use_queue();
      case 4:
        return use_lent();
      case 5:
        return use_counter();
      default:
        return use_cell();
    }
  } catch (const Error& error) {  // not from ask(): from opening an object, or from reading a cell
    journal_.append("x opening " + std::string{errc_name(error.code())});
  }
}

std::uint64_t ObjectLoad::begin(const std::string& words) {
  journal_.append("o " + who_ + "." + std::to_string(++asked_) + " " + words);
  return asked_;
}

std::optional<Errc> ObjectLoad::ask(const std::string& words, const std::function<Answer()>& what) {
  const std::string head = "O " + who_ + "." + std::to_string(begin(words)) + " ";
  try {
    journal_.append(head + what());
    return std::nullopt;
  } catch (const Error& error) {
    journal_.append(head + std::string{errc_name(error.code())});
    return error.code();
  }
}

// ---- Visits ---------------------------------------------------------------------------------------------------------

void ObjectLoad::use_lock() {
  Lock lock{name("lock"), durable()};
  const auto limit = wait();
  bool held = false;
  ask(lock.name() + " acquire 0 0 " + std::to_string(limit.count()), [&] {
    held = lock.acquire(limit);
    return held ? "ok " + std::to_string(lock.token()) : "timeout";
  });
  if (!held) return;
  const auto token = lock.token();
  guard(token);
  hold();
  ask(lock.name() + " release " + std::to_string(token) + " 0 0", [&] {
    lock.release();
    return "ok 0";
  });
}

// Writes the guarded file, unless it has seen a newer token. The file holds "token count".
void ObjectLoad::guard(std::int64_t token) {
  const std::string path = folder_ + "/" + name("guarded");
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::flock(file, LOCK_EX) != 0) ::abort();
  char text[64]{};
  const auto size = ::pread(file, text, sizeof text - 1, 0);
  const std::string_view all{text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  const auto seen = number_in(all);
  const auto count = number_in(all.substr(std::min(all.find(' ') + 1, all.size())));
  if (token < seen) {
    journal_.append("g " + name("lock") + " refused");
  } else {
    const std::string now = std::to_string(token) + " " + std::to_string(count + 1) + " ";
    if (::pwrite(file, now.data(), now.size(), 0) < 0) ::abort();
    journal_.append("g " + name("lock") + " written " + std::to_string(count + 1));
  }
  ::close(file);
}

void ObjectLoad::use_semaphore() {
  Semaphore semaphore{name("semaphore"), kUnits, durable()};
  const auto limit = wait();
  bool held = false;
  ask(semaphore.name() + " acquire 0 0 " + std::to_string(limit.count()), [&] {
    held = semaphore.acquire(limit);
    return held ? "ok 0" : "timeout";
  });
  if (!held) return;
  hold();
  ask(semaphore.name() + " release 0 0 0", [&] {
    semaphore.release();
    return "ok 0";
  });
}

void ObjectLoad::use_barrier() {
  // The party that arrives last runs the action, if there is one, before all parties are released.
  const auto action = random_.chance(0.4) ? Barrier::Action{[this] { hold(); }} : Barrier::Action{};
  Barrier barrier{name("barrier"), 2, action, ObjectOptions{client_}};
  const milliseconds limit{random_.between(500, 2500)};
  const auto error = ask(barrier.name() + " wait 0 0 " + std::to_string(limit.count()),
                         [&] { return "ok " + std::to_string(barrier.wait(limit)); });
  if (error != Errc::barrier_broken) return;
  ask(barrier.name() + " reset 0 0 0", [&] {
    barrier.reset();
    return "ok 0";
  });
}

void ObjectLoad::use_queue() {
  Queue<std::string> queue{name("queue"), kRoom, durable()};
  const auto limit = wait();
  if (random_.chance(kPuts)) return put_one(queue, limit);
  ask(queue.name() + " get 1 0 " + std::to_string(limit.count()), [&] { return "ok 0 " + queue.get(limit); });
}

void ObjectLoad::put_one(Queue<std::string>& queue, milliseconds limit) {
  const auto value = unique();
  ask(queue.name() + " put 0 0 " + std::to_string(limit.count()) + " " + value, [&] {
    queue.put(value, limit);
    return "ok 0";
  });
}

void ObjectLoad::use_lent() {
  Queue<std::string> queue{name("lent"), kRoom, durable()};
  const auto limit = wait();
  if (random_.chance(kPuts)) return put_one(queue, limit);
  std::optional<Leased<std::string>> item;
  const std::string number = who_ + "." + std::to_string(asked_ + 1);
  ask(queue.name() + " get 1 1 " + std::to_string(limit.count()), [&] {
    item.emplace(queue.get_leased(limit));
    return "ok " + number + " " + item->value();
  });
  if (!item) return;
  hold();
  const bool done = random_.chance(0.75);
  ask(queue.name() + " settle " + number + (done ? " 1 0" : " 0 0"), [&] {
    done ? item->ack() : item->nack();
    return "ok 0";
  });
}

void ObjectLoad::use_counter() {
  Dict<std::string, std::int64_t> dict{name("counter"), durable()};
  ask(dict.name() + " add 1 0 0", [&] { return "ok " + std::to_string(dict.add(kKey, 1, 0)); });
}

void ObjectLoad::use_cell() {
  Dict<std::string, std::string> dict{name("cell"), durable()};
  const auto before = dict.get(kKey);
  const auto value = unique();
  ask(dict.name() + " exchange 0 0 0 " + value + (before ? " " + *before : ""),
      [&] { return dict.compare_and_set(kKey, before, value) ? "ok 0" : "value_differs"; });
}

// ---- The sweep at the end -------------------------------------------------------------------------------------------

void ObjectLoad::read_rest(std::int64_t from) {
  const auto last = now_us() / kObjectPeriod;
  for (period_ = from / kObjectPeriod; period_ <= last; ++period_) {
    for (const bool lent : {false, true}) {
      const Queue<std::string> queue{name(lent ? "lent" : "queue"), kRoom, durable()};
      while (!ask(queue.name() + " get 1 0 0", [&] { return "ok 0 " + queue.get_nowait(); })) continue;
    }
    const Dict<std::string, std::int64_t> counter{name("counter"), durable()};
    ask(counter.name() + " fetch 0 0 0", [&] { return "ok " + std::to_string(counter.at(kKey)); });
    const Dict<std::string, std::string> cell{name("cell"), durable()};
    ask(cell.name() + " fetch 0 0 0", [&] { return "ok 0 " + cell.at(kKey); });
    const Semaphore semaphore{name("semaphore"), kUnits, durable()};
    ask(semaphore.name() + " look 0 0 0", [&] { return "ok " + std::to_string(semaphore.value()); });
    const Lock lock{name("lock"), durable()};
    ask(lock.name() + " look 0 0 0", [&] { return std::string{lock.locked() ? "ok 1" : "ok 0"}; });
  }
}

}  // namespace forkmill::chaos
