#include "tests/chaos/client_load.h"

#include <fcntl.h>
#include <forkmill/process.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "tests/chaos/tasks.h"

namespace forkmill::chaos {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMaxUnderWay = 3000;  // outstanding tasks above which step() submits no more; waves have no limit
constexpr off_t kIdSize = 37;               // bytes of a line of the file of ids, newline included

// Returns an error in the words of a journal: kind, code and attempt, such as "failed handler_error 2".
std::string words_of(const Error& error) {
  const auto words = [&](const char* kind, std::uint32_t attempt) {
    return std::string{kind} + " " + std::string{errc_name(error.code())} + " " + std::to_string(attempt);
  };
  if (const auto* remote = dynamic_cast<const RemoteError*>(&error)) return words("failed", remote->attempt());
  if (const auto* lost = dynamic_cast<const WorkerLost*>(&error)) return words("lost", lost->attempt());
  if (dynamic_cast<const Timeout*>(&error) != nullptr) return words("timed_out", 0);
  if (dynamic_cast<const Cancelled*>(&error) != nullptr) return words("cancelled", 0);
  if (dynamic_cast<const Expired*>(&error) != nullptr) return words("expired", 0);
  if (dynamic_cast<const Rejected*>(&error) != nullptr) return words("rejected", 0);
  if (dynamic_cast<const Disconnected*>(&error) != nullptr) return words("forgotten", 0);
  return words("strange", 0);
}

// Returns a value in the words of a journal. The part of the value before the tail ends with the attempt's number.
std::string words_of(const std::string& value, const std::optional<std::string>& tail) {
  const auto end = std::min(value.find(';'), value.size());
  const std::string head = value.substr(0, end);
  if (tail && value.substr(end) != *tail) return "damaged ok 0";
  return "succeeded ok " + head.substr(head.rfind('-') + 1) + " " + head;
}

std::string submission(std::uint64_t number, const TaskId& id, const char* kind, const SubmitOptions& options) {
  const auto count = [](auto what) { return std::to_string(what) + " "; };
  return "S " + count(number) + id.to_string() + " " + kind + " " + count(options.max_attempts) +
         count(options.delay.count()) + count(options.expires.count()) + count(options.timeout.count()) +
         count(static_cast<int>(options.durability)) + count(options.retry_errors ? 1 : 0) +
         count(options.at_most_once ? 1 : 0) + count(options.result_ttl.count()) +
         (options.key.empty() ? "-" : options.key);
}

}  // namespace

Load::Load(Client& client, Journal& journal, std::uint64_t seed, std::string ids, Kinds kinds)
    : client_{client}, journal_{journal}, random_{seed}, kinds_{kinds}, ids_{std::move(ids)} {}

int Load::between(int least, int most) {
  return static_cast<int>(random_.between(static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most)));
}

void Load::step() {
  if (outstanding() > kMaxUnderWay) return;
  SubmitOptions options;
  options.backoff = Backoff{50ms, 500ms};
  options.max_attempts = 10;
  if (random_.chance(0.3)) options.priority = between(-2, 2);
  if (random_.chance(0.2) && !kinds_.durable_only) options.durability = Durability::memory;
  if (kinds_.spread && random_.chance(0.5)) options.queue = kSpreadQueue;
  bulk(options, between(1, 80));
  if (random_.chance(0.7)) odd_one();
  if (random_.chance(0.1)) cancel_one();
  if (random_.chance(0.1)) attach_to_another();
}

// ---- Submissions ----------------------------------------------------------------------------------------------------

void Load::wave(int count, milliseconds delay) {
  SubmitOptions options;
  options.backoff = Backoff{50ms, 500ms};
  options.max_attempts = 20;
  options.delay = delay;
  bulk(options, count);
  wave_end_ = begun_;
  wave_accepted_ = false;
}

void Load::bulk(const SubmitOptions& options, int count) {
  std::vector<int> arguments(static_cast<std::size_t>(count));
  std::iota(arguments.begin(), arguments.end(), 0);
  const auto when = now_us();
  auto futures = client_.with(options).map(kShort, arguments);
  std::string lines;
  for (std::size_t i = 0; i < futures.size(); ++i)
    lines += Journal::line(when, submission(begun_ + i + 1, futures[i].id(), "short", options));
  journal_.append_lines(lines);
  for (auto& future : futures) watch(std::move(future), ++begun_, std::string{});
}

SubmitOptions Load::draw_options() {
  SubmitOptions options;
  options.backoff = Backoff{50ms, 500ms};
  options.max_attempts = static_cast<std::uint32_t>(between(1, 6));
  if (random_.chance(0.15)) options.at_most_once = true;
  if (random_.chance(0.15)) options.delay = milliseconds{between(1, 3000)};
  if (random_.chance(0.1)) options.expires = milliseconds{between(1, 3000)};
  if (random_.chance(0.1)) options.timeout = milliseconds{between(100, 2000)};
  if (random_.chance(0.2)) options.result_ttl = 60s;
  if (kinds_.spread && random_.chance(0.5)) options.queue = kSpreadQueue;
  return options;
}

void Load::odd_one() {
  SubmitOptions options = draw_options();
  const int before = between(1, 4);
  switch (random_.below(10)) {
    case 0:
    case 1: {
      const int how_long = random_.chance(0.05) ? between(1000, 8000) : between(10, 300);
      return submit("long", options, [=](const Submitter& to) { return to.submit(kLong, how_long); });
    }
    case 2: {
      const int how_long = between(10, 400);
      options.timeout = milliseconds{between(50, 300)};
      if (random_.chance(0.5)) options.soft_timeout = options.timeout / 2;
      return submit("stubborn", options, [=](const Submitter& to) { return to.submit(kStubborn, how_long); });
    }
    case 3:
    case 4: {
      const int how = between(0, kDeaths - 1);
      return submit("die", options, [=](const Submitter& to) { return to.submit(kDie, how, before); });
    }
    case 5:
      options.retry_errors = random_.chance(0.7);
      return submit("throw", options, [=](const Submitter& to) { return to.submit(kThrow, before); });
    case 6:
      return submit("retry", options, [=](const Submitter& to) { return to.submit(kRetry, before); });
    case 7:
      return under_key();
    case 8:
      return process();
    default:
      if (random_.chance(0.2)) large();
  }
}

// Submits a task in a process of its own. A daemon process ends with this program.
void Load::process() {
  ProcessOptions how;
  how.daemon = random_.chance(0.5) && !kinds_.durable_only;
  const auto when = now_us();
  Process process{client_, how, kLong, between(10, 400)};
  process.start();
  SubmitOptions options;
  options.max_attempts = 1;
  if (*how.daemon) options.durability = Durability::memory;  // a daemon does not outlive its broker
  journal_.append(when, submission(++begun_, process.id(), "process", options));
  if (*how.daemon) journal_.append("c " + process.id().to_string());
  watch(client_.attach(kLong, process.id()), begun_, std::nullopt);
}

// Submits a task under a key that other clients of the same principal use in the same period. Clients on the broker's
// machine are the broker's own user, and those on the far one have a key: under one key their tasks would be different
// ones, and children would know some of them by other ids than their clients.
void Load::under_key() {
  constexpr std::int64_t kPeriod = 5'000'000;
  const int argument = between(0, 20);
  SubmitOptions options;
  options.backoff = Backoff{50ms, 500ms};
  options.max_attempts = 10;
  options.key = (client_.endpoint().starts_with("ipc") ? "own." : "key.") + std::to_string(now_us() / kPeriod) + "." +
                std::to_string(argument);
  submit("short", options, [=](const Submitter& to) { return to.submit(kShort, argument); });
}

void Load::large() {
  SubmitOptions options;
  options.backoff = Backoff{50ms, 500ms};
  options.max_attempts = 10;
  const auto size = random_.chance(0.2) ? random_.between(1'000'000, 6'000'000) : random_.between(10'000, 300'000);
  const std::string text(size, static_cast<char>('a' + between(0, 25)));
  submit(
      "large", options, [&](const Submitter& to) { return to.submit(kLarge, text); }, ";" + text);
}

void Load::submit(const char* kind, const SubmitOptions& options, const Maker& make, const std::string& tail) {
  const auto when = now_us();
  auto future = make(client_.with(options));
  journal_.append(when, submission(begun_ + 1, future.id(), kind, options));
  if (options.result_ttl.count() != 0) tell_others(future.id());
  watch(std::move(future), ++begun_, tail);
}

void Load::watch(Future<std::string> future, std::uint64_t number, const std::optional<std::string>& tail) {
  const auto ended = [this, number](const std::string& how) {
    journal_.append("T " + std::to_string(number) + " " + how);
    const std::lock_guard lock{mutex_};
    ++ended_;
    changed_.notify_one();
  };
  future.then([ended, tail](const std::string& value) { ended(words_of(value, tail)); });
  future.on_error([ended](const Error& error) { ended(words_of(error)); });
  watched_.push_back({std::move(future), number});
}

// ---- Cancellations, attaching, ends ---------------------------------------------------------------------------------

void Load::cancel_one() {
  if (watched_.empty()) return;
  const TaskId id = random_.pick(watched_).future.id();
  journal_.append("c " + id.to_string());
  client_.cancel(id).then([this, id](CancelState state) {
    journal_.append("C " + id.to_string() + " " + std::to_string(static_cast<int>(state)));
  });
}

void Load::attach(const TaskId& id) {
  journal_.append("H " + std::to_string(++begun_) + " " + id.to_string());
  watch(client_.attach(kShort, id), begun_, std::nullopt);
}

void Load::tell_others(const TaskId& id) const {
  const int file = ::open(ids_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string line = id.to_string() + "\n";
  if (::write(file, line.data(), line.size()) < 0) ::abort();
  ::close(file);
}

void Load::attach_to_another() {
  const int file = ::open(ids_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;  // no client has written an id yet
  struct stat facts {};
  ::fstat(file, &facts);
  constexpr off_t kYoungest = 50;
  const off_t lines = facts.st_size / kIdSize;
  const off_t at = lines == 0 ? 0 : lines - 1 - between(0, static_cast<int>(std::min(lines, kYoungest)) - 1);
  std::string line(kIdSize - 1, '\0');
  const auto got = ::pread(file, line.data(), line.size(), at * kIdSize);
  ::close(file);
  if (got != kIdSize - 1) return;
  if (const auto id = TaskId::parse(line)) attach(*id);
}

std::size_t Load::outstanding() const {
  const std::lock_guard lock{mutex_};
  return begun_ - ended_;
}

void Load::wait(std::chrono::milliseconds at_most) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, at_most, [this, before = ended_] { return ended_ != before; });
}

void Load::look() {
  wave_accepted_ = true;
  std::string lines;
  std::erase_if(watched_, [&](Watched& one) {
    const FutureState state = one.future.state();  // `running` does not tell whether the task was accepted
    if (state == FutureState::pending && one.number <= wave_end_) wave_accepted_ = false;
    if (!one.accepted && state == FutureState::accepted) {
      one.accepted = true;
      lines += Journal::line(now_us(), "A " + std::to_string(one.number));
    }
    return one.future.ready();
  });
  journal_.append_lines(lines);
}

}  // namespace forkmill::chaos
